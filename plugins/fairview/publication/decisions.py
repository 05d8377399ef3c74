"""How the rules met become a row, told as sentences of arithmetic that a reader can check with a pencil.

Knows: the three ways a service decides: points and bands, the first rule of a decision table, the strongest rule.
Refuses to know: where rows and rule packs come from. Works from the rows and packs given, and computes nothing the mart
does not say: what is told here must agree with the row, and tests hold it to that.
"""

from __future__ import annotations

from typing import Any

from fairview.contracts.service import ServiceCard

Found = dict[str, list[dict[str, Any]]]
Packs = dict[str, list[dict[str, str]]]


def told(card: ServiceCard, found: Found, rules: list[dict[str, Any]], packs: Packs) -> list[str]:
    """The sentences, by the way the card says its rows are decided."""
    way = {"points": _by_points, "first_rule": _by_first_rule, "strongest_rule": _by_strongest_rule}
    return way[card.explanation.decided_by](card, found, rules, packs)


def pounds(pence: int) -> str:
    """£1,234.50 from whole pence."""
    return f"{'-' if pence < 0 else ''}£{abs(pence) // 100:,}.{abs(pence) % 100:02}"


def _listed(card: ServiceCard, found: Found) -> dict[str, Any]:
    rows = [row for table in card.tables if table.role == "list" for row in found[table.name]]
    return rows[0] if rows else {}


def _by_points(card: ServiceCard, found: Found, rules: list[dict[str, Any]], packs: Packs) -> list[str]:
    sentences = []
    if rules:
        added = " + ".join(f"{rule['points']} ({rule['rule_id']})" for rule in rules)
        total = sum(rule["points"] for rule in rules)
        sentences.append(f"{added} = {total} points.")
        sentences += _band(
            total, [rule for rule in rules if rule["is_direct_referral"]], packs[f"{card.service}_bands"]
        )
    row = _listed(card, found)
    if row:
        sentences.append(
            f"Place {row['list_rank']} of the list: direct referrals first, then most points, most rules met, most weeks of rent owed."
        )
        sentences += _offer(card, found, rules, packs)
    elif any(rule["is_open_case"] for rule in rules):
        sentences.append("Already open to the service, so not listed as new.")
    elif any(
        reason["place_code"] == "TAIL"
        for table in card.tables
        if table.role == "reasons"
        for reason in found[table.name]
    ):
        sentences.append(
            "Above the threshold, in the tail beyond the officers' capacity: counted in the totals, not listed."
        )
    elif rules:
        sentences.append("Below the threshold, so not listed.")
    return sentences


def _band(total: int, direct: list[dict[str, Any]], bands: list[dict[str, str]]) -> list[str]:
    if direct:
        named = ", ".join(rule["rule_id"] for rule in direct)
        return [f"{named} refers directly, whatever the points: take a homelessness application."]
    for band in sorted(bands, key=lambda band: -int(band["minimum_points"])):
        if total >= int(band["minimum_points"]):
            return [f"{total} is {band['minimum_points']} or more: {band['label']} ({band['band_code']})."]
    return [f"{total} is under {min(int(band['minimum_points']) for band in bands)}: no band."]


def _offer(card: ServiceCard, found: Found, rules: list[dict[str, Any]], packs: Packs) -> list[str]:
    """The first line of the table of offers whose fact holds and whose hindrance does not."""
    facts = {f"{rule['rule_id']}_{rule['tier_code']}" for rule in rules} | {"ANY"}
    facts |= {gap["gap_code"] for gap in found.get("entitlement_gaps", ())}
    facts |= {row["figure_code"] for row in found[card.explanation.workings] if row["rule_id"] == "OFFER"}
    for line in sorted(packs[f"{card.service}_offers"], key=lambda line: int(line["offer_order"])):
        if line["fits_fact_code"] in facts and line["unless_fact_code"] not in facts:
            hindrance = f", and {line['unless_fact_code']} does not" if line["unless_fact_code"] else ""
            return [
                f"Offer, by line {line['offer_order']} of the table of offers: {line['label']}, since {line['fits_fact_code']} holds{hindrance}."
            ]
    return []


def _by_first_rule(card: ServiceCard, found: Found, rules: list[dict[str, Any]], packs: Packs) -> list[str]:
    pack = {rule["rule_id"]: rule for rule in packs[card.explanation.pack]}
    placed = sorted(
        (int(pack[rule["rule_id"]]["position"]), rule["rule_id"])
        for rule in rules
        if pack.get(rule["rule_id"], {}).get("position")
    )
    sentences = []
    if placed:
        position, first = placed[0]
        table = ", ".join(f"{rule} at {place}" for place, rule in placed)
        lane = next(lane for lane in packs[f"{card.service}_lanes"] if lane["lane_code"] == pack[first]["lane_code"])
        sentences.append(f"Places of the rules met in the decision table: {table}.")
        sentences.append(
            f"The first one decides, {first} at {position}: {lane['label']} (severity {lane['severity']} of 5, 0 the gentlest)."
        )
    debts = found["debts"]
    for label, column, chosen in (
        ("Owed in all", "balance_pence", [debt for debt in debts if debt["balance_pence"] > 0]),
        ("Overdue", "overdue_pence", [debt for debt in debts if debt["overdue_pence"] > 0]),
        ("Recoverable now (what is overdue and neither frozen nor waiting for an officer)", "recoverable_now_pence",
         [debt for debt in debts if debt["overdue_pence"] > 0]),
    ):  # fmt: skip
        added = " + ".join(pounds(debt[column]) for debt in chosen) or pounds(0)
        total = pounds(sum(debt[column] for debt in chosen))
        sentences.append(f"{label}: {added} = {total}." if len(chosen) > 1 else f"{label}: {total}.")
    if any(debt["is_joint"] for debt in debts):
        sentences.append("A joint debt stands in full on everybody who owes it and is asked for once.")
    row = _listed(card, found)
    if not row:
        sentences.append("Nothing is overdue and nothing frozen, so not listed.")
    elif row["list_position"] is None:
        sentences.append(
            "No case for this month: left alone, in the statutory process, or beyond the officers' capacity."
        )
    else:
        sentences.append(
            f"Case {row['list_position']} of this month: agents at work first, then open court steps, then by lane, then most overdue."
        )
    return sentences


def _by_strongest_rule(card: ServiceCard, found: Found, rules: list[dict[str, Any]], packs: Packs) -> list[str]:
    pack = {rule["rule_id"]: rule for rule in packs[card.explanation.pack]}
    ranked = sorted(
        (int(pack[rule["rule_id"]]["strength_rank"]), rule["rule_id"]) for rule in rules if rule["rule_id"] in pack
    )
    sentences = []
    reports = found["victim_reports"]
    counting = {report["event_id"] for report in reports if report["is_qualifying"]}
    hate = {
        report["event_id"] for report in reports if report["is_hate_motivated"] and report["is_within_6m"]
    } & counting
    sentences.append(
        f"For a case review {len(counting)} separate event{'' if len(counting) == 1 else 's'} count, {len(hate)} of them hate-motivated; "
        f"{pack['A1']['threshold_value']} are needed, or {pack['A1H']['threshold_value']} hate-motivated."
    )
    row = _listed(card, found)
    if row:
        strengths = ", ".join(f"{rule} {rank}" for rank, rule in ranked)
        sentences.append(f"Strength of the rules met, 1 the strongest: {strengths}.")
        sentences.append(f"{ranked[0][1]} is the strongest: {row['priority_label']}. {row['next_step_label']}.")
        sentences.append(
            f"Place {row['list_rank']} of the list: strongest reason first, then most reasons, then the latest report."
        )
    else:
        sentences.append("Not on the list: nothing to act on, or beyond the officers' capacity.")
    return sentences
