"""What follows from an explanation's facts and the rule packs' words, reckoned in plain Python: not a line of the marts' SQL.

Knows: an explanation as `fairview explain --json` prints it, and rule packs as files. Each service's `…_differences` lists
where what is published does not follow from what is printed; an empty list means a reader with a pencil gets the same.
Refuses to know: any mart, database or model.
"""

from __future__ import annotations

import calendar
import csv
import itertools
import re
from datetime import date, timedelta
from functools import cache

from fairview.contracts.catalogue import HOUSE

COMPARE = {
    ">=": lambda value, threshold: value >= threshold,
    ">": lambda value, threshold: value > threshold,
    "<=": lambda value, threshold: value <= threshold,
    "<": lambda value, threshold: value < threshold,
}
COMPARE |= {"at least": COMPARE[">="], "more than": COMPARE[">"], "at most": COMPARE["<="]}


@cache
def pack(service: str, name: str, on: date) -> tuple[dict[str, str], ...]:
    """The rows of a rule pack in force on a day."""
    with (HOUSE / "dbt_project" / "seeds" / service / f"{service}_{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    day = on.isoformat()
    return tuple(r for r in rows if (r.get("valid_from") or "0001-01-01") <= day <= (r.get("valid_to") or "9999-12-31"))


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def spoken(on: date) -> str:
    """31 October 2026."""
    return f"{on.day} {on:%B %Y}"


def counted(number: int, word: str) -> str:
    """1 day, 2 days."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def distant(on: date | None, as_at: date) -> str:
    """A day and how far it is: 1 November 2026, in 1 day."""
    if on is None:
        return NO_DAY
    days = (on - as_at).days
    far = "today" if days == 0 else f"in {counted(days, 'day')}" if days > 0 else f"{counted(-days, 'day')} ago"
    return f"{spoken(on)}, {far}"


NO_DAY = "a day not on record"


def pounds(pence: int) -> str:
    """£1,234.50; -£1.00 for a credit."""
    return f"{'-' if pence < 0 else ''}£{abs(pence) // 100:,}.{abs(pence) % 100:02}"


def months_after(on: date, months: int) -> date:
    """The same day some calendar months on (or back), the last of a shorter month standing in."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def months_completed(earlier: date, later: date) -> int:
    """Whole calendar months; the last of a shorter month completes one."""
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    is_month_end = later.day == calendar.monthrange(later.year, later.month)[1]
    return months - (1 if later.day < earlier.day and not is_month_end else 0)


def months_begun(earlier: date, later: date) -> int:
    """Calendar months, one begun counted as one."""
    months = months_completed(earlier, later)
    return months + (1 if months_after(later, -months) > earlier else 0)


def unlike(differences: list[str], what: str, published, reckoned) -> None:
    """Note a difference; never its values, which could be a resident's."""
    if published != reckoned:
        differences.append(what)


# ── Homelessness prevention ──────────────────────────────────────────────────────────────────────────────────────────


def _prevention_value(rule: dict, figures: dict[str, list[dict]], as_at: date) -> float | None:
    """The value of a rule from its figures, by the words of its `working`."""
    on = {code: day(rows[0]["figure_on"]) for code, rows in figures.items() if rows[0]["figure_on"]}
    pence = {code: rows[0]["amount_pence"] for code, rows in figures.items()}
    step = {row["stage_code"]: int(row["step_level"]) for row in pack(PREVENTION, "council_tax_stages", as_at)}
    match (rule["rule_id"], rule["tier_code"]):
        case ("H1", "NOTICE"):
            kind, _, tenancy = rule["detail_code"].partition("_")
            served, ends = on.get("NOTICE_SERVED"), on.get("NOTICE_ENDS")
            grounds = [
                row
                for row in pack(PREVENTION, "notice_grounds", as_at)
                if row["notice_type"] == kind
                and (tenancy == "EITHER" or row["tenancy_kind"] == (tenancy or "PRIVATE"))
                and (not served or row["served_from"] <= served.isoformat() <= row["served_to"])
                and months_after(served or ends or as_at, int(row["live_months"])) >= as_at
            ]
            return ((ends - as_at).days if ends else 0) if grounds else None
        case ("H1", "REFERRED"):
            return (as_at - on["REFERRED"]).days
        case ("H2", _):
            notice = on.get("NOTICE_SERVED")
            is_live = bool(notice or "UNDATED" in figures)
            is_live &= on.get("NOTICE_DATE", notice or as_at) + timedelta(weeks=52) >= as_at
            if "EVICTION" in on:
                return 3
            if on.get("ORDER", date.max) <= as_at or (
                is_live and on.get("HEARING", date.min) >= (notice or date(1, 1, 2))
            ):
                return 2
            return 1 if is_live else None
        case ("H3", _) | ("H12", _):
            if rule["rule_id"] == "H12" and pence["OWED_BEFORE_3"] > 0:
                return None
            return pence["OWED"] * 100 // pence["GROSS_RENT"] / 100
        case ("H4", _):
            owed = [pence[code] for code in ("OWED", "OWED_BEFORE_1", "OWED_BEFORE_2", "OWED_BEFORE_3")]
            rises = [later > earlier for later, earlier in itertools.pairwise(owed)]
            return [*rises, False].index(False) if pence["OWED"] >= pence["GROSS_RENT"] else None
        case ("H5", _):
            return max(step[code] for code, rows in figures.items() if any(row["amount_pence"] > 0 for row in rows))
        case ("H6", _):
            return len(set(figures) - {"LATEST_DEBT"})
        case ("H7", _):
            return max(row["amount_pence"] for rows in figures.values() for row in rows)
        case ("H8", _):
            return (as_at - on["STOPPED"]).days if "STOPPED" in on else 0
        case ("H9", "ENDING"):
            return (on["PAYMENT_ENDS"] - as_at).days
        case ("H9", "REFUSED"):
            return (as_at - on["REFUSED"]).days
        case ("H10", _):
            return months_begun(on["DUTY_FROM"], as_at)
        case ("H11", _):
            return months_completed(on["MOVED_IN"], as_at)
        case ("H13", _):
            return months_begun(on["CHANGED"], as_at)
        case ("H14", _) | ("H16", _):
            return 1
        case ("H15", _):
            return sum(len(rows) for rows in figures.values())
    raise AssertionError(f"no reckoning for {rule['rule_id']} {rule['tier_code']}")


PREVENTION = "homelessness_prevention"


def _label(code_list: str, code: str, as_at: date) -> str:
    rows = pack(PREVENTION, "labels", as_at)
    return next(row["label"] for row in rows if (row["code_list"], row["code"]) == (code_list, code))


def _by_code(figures: list[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for figure in figures:
        found.setdefault(figure["figure_code"], []).append(figure)
    return found


def _written(value: float, unit: str) -> str:
    if unit == "WEEKS":
        return f"{int(value * 10 + 1e-9) / 10:.1f}"
    if unit in ("DAYS", "MONTHS"):
        return counted(int(value), unit.lower().removesuffix("s"))
    return pounds(int(value)) if unit == "PENCE_A_WEEK" else str(int(value))


def prevention_differences(document: dict) -> list[str]:
    """Differences of a homelessness prevention explanation."""
    as_at, differences = day(document["as_at_on"]), []
    rules = pack(PREVENTION, "rules", as_at)
    for rule in document["rules"]:
        name = f"{rule['rule_id']} {rule['tier_code']}"
        value = _prevention_value(rule, _by_code(rule["figures"]), as_at)
        unlike(differences, f"{name} value", float(rule["fact_value"]), None if value is None else float(value))
        if value is None:
            continue
        met = [
            row
            for row in rules
            if (row["rule_id"], row["measure_code"]) == (rule["rule_id"], rule["measure_code"])
            and COMPARE[row["comparison"]](value, float(row["threshold_value"]))
        ]
        strongest = max(
            met, key=lambda row: (row["is_direct_referral"] == "true", int(row["points"]), int(row["tier_order"]))
        )
        unlike(differences, f"{name} tier", rule["tier_code"], strongest["tier_code"])
        unlike(differences, f"{name} points", rule["points"], int(strongest["points"]))
        unlike(differences, f"{name} version", rule["rule_version"], strongest["rule_version"])
        sums = {
            "H3": lambda f: f["OWED"][0]["amount_pence"],
            "H4": lambda f: f["OWED"][0]["amount_pence"],
            "H6": lambda f: sum(row["amount_pence"] or 0 for rows in f.values() for row in rows),
            "H7": lambda f: max(row["amount_pence"] for rows in f.values() for row in rows),
            "H12": lambda f: f["OWED"][0]["amount_pence"],
        }
        if rule["rule_id"] in sums:
            unlike(
                differences, f"{name} amount", rule["amount_pence"], sums[rule["rule_id"]](_by_code(rule["figures"]))
            )
        if rule["sentence"]:
            places = {
                "value": _written(value, rule["unit_code"]),
                "threshold": _written(float(strongest["threshold_value"]), rule["unit_code"]),
                "amount": pounds(rule["amount_pence"]) if rule["amount_pence"] is not None else "",
                "detail": rule["detail_label"] or "",
                "fact_on": spoken(day(rule["fact_on"])) if rule["fact_on"] else NO_DAY,
                "until_on": distant(day(rule["until_on"]), as_at),
                "case": _label("case", "OPEN" if rule["is_open_case"] else "NONE", as_at),
                "source": rule["source"],
            }
            has_passed = rule["until_on"] and day(rule["until_on"]) < as_at
            words = (has_passed and strongest["past_template"]) or strongest["sentence_template"]
            unlike(differences, f"{name} sentence", rule["sentence"], words.format(**places))
    for stepped in document["facts"]["step_down"]:
        told = stepped["previous_facts"]
        added = sum(int(points) for points in re.findall(r" \((\d+) points\): ", told))
        unlike(differences, "points of the month end before", stepped["previous_points"], added)
        direct = stepped["previous_band_label"].startswith("Direct referral")
        unlike(differences, "direct referral of the month end before", direct, " (direct referral): " in told)
    return differences + (_prevention_row_differences(document, as_at) if document["is_listed"] else [])


def _prevention_row_differences(document: dict, as_at: date) -> list[str]:
    row, rules, differences = document["row"], document["rules"], []
    direct = [rule for rule in rules if rule["is_direct_referral"]]
    points = sum(rule["points"] for rule in rules)
    bands = sorted(pack(PREVENTION, "bands", as_at), key=lambda band: -int(band["minimum_points"]))
    band = "DIRECT" if direct else next((b["band_code"] for b in bands if points >= int(b["minimum_points"])), "NONE")
    unlike(differences, "points", row["points"], points)
    unlike(differences, "band", row["band_code"], band)
    strongest_first = sorted(
        rules, key=lambda rule: (not rule["is_direct_referral"], -rule["points"], int(rule["rule_id"][1:]))
    )
    unlike(differences, "order of reasons", [r["rule_id"] for r in rules], [r["rule_id"] for r in strongest_first])
    unlike(differences, "reasons", row["reasons"], " ".join(rule["sentence"] for rule in strongest_first[:5]))
    act_by = min((max(as_at, day(rule["until_on"])) for rule in direct if rule["until_on"]), default=None)
    unlike(differences, "act by", day(row["act_by_on"]), act_by)
    unlike(differences, "expiry", day(row["expires_on"]), as_at + timedelta(days=45))
    is_open = any(rule["is_open_case"] for rule in rules)
    unlike(differences, "open case", row["is_open_case"], is_open)
    unlike(differences, "listed for a direct referral alone", is_open and not direct, False)
    facts = {f"{rule['rule_id']}_{rule['tier_code']}" for rule in rules} | {"ANY"}
    facts |= {"OPEN_CASE"} if is_open else set()
    facts |= {
        fact
        for fact, sentence in GAPS.items()
        if any(g["sentence"].startswith(sentence) for g in document["facts"]["entitlement_gaps"])
    }
    facts |= {figure["figure_code"] for figure in document["circumstances"]}
    offers = sorted(pack(PREVENTION, "offers", as_at), key=lambda line: int(line["offer_order"]))
    first = next(line for line in offers if line["fits_fact_code"] in facts and line["unless_fact_code"] not in facts)
    unlike(differences, "offer", row["offer_code"], first["offer_code"])
    return differences


GAPS = {
    "REDUCTION_NOT_CLAIMED": "On a means-tested benefit since ",
    "HARDSHIP_PAYMENT_NOT_CLAIMED": "Help with the rent is short by ",
}


# ── Informed debt ────────────────────────────────────────────────────────────────────────────────────────────────────

DEBT = "informed_debt"


def _debt_rules_met(document: dict, as_at: date) -> dict[str, object]:
    """Rule → whether it holds, or None where the debts and figures printed cannot tell that it does not."""
    debts = document["facts"]["debts"]
    types = {row["label"]: row["code"] for row in pack(DEBT, "labels", as_at) if row["code_list"] == "debt_type"}
    stages = {(row["debt_type_code"], row["label"]): row for row in pack(DEBT, "stages", as_at)}
    rules = {row["rule_id"]: row for row in pack(DEBT, "rules", as_at)}
    limit = {name: int(row["threshold_value"]) for name, row in rules.items() if row["threshold_value"]}
    overdue = [debt for debt in debts if debt["overdue_pence"] > 0]
    total = sum(debt["overdue_pence"] for debt in overdue)

    def stage(debt: dict) -> dict:
        return stages.get((types[debt["debt_type_label"]], debt["stage_label"]), {})

    def is_new(debt: dict) -> bool:
        if types[debt["debt_type_label"]] == "COUNCIL_TAX":
            order = int(stage(debt).get("stage_order") or 0)
            return order <= 2 and date(debt["financial_year"] + 1, 4, 1) > as_at
        return debt["age_days"] <= limit["DEBT-P04"]

    with_agents = [debt for debt in overdue if stage(debt).get("agent_code") in ("ENFORCEMENT", "COLLECTION")]
    met = {
        "DEBT-F03": all(debt["is_frozen"] for debt in overdue)
        and any(debt["is_frozen"] for debt in debts if debt["balance_pence"] > 0),
        "DEBT-F04": any(debt["is_frozen"] for debt in with_agents),
        "DEBT-U03": len({debt["debt_type_label"] for debt in overdue}) >= limit["DEBT-U03"],
        "DEBT-P01": any(debt["has_payment_arrangement"] for debt in overdue),
        "DEBT-P03": 0 < total <= limit["DEBT-P03"],
        "DEBT-P04": total > 0 and all(is_new(debt) for debt in overdue),
        "DEBT-T01": total > 0,
        "DEBT-N01": any(debt["is_joint"] for debt in overdue),
        "DEBT-N02": any(debt["balance_pence"] < 0 for debt in debts),
    }
    if document["row"]["lane_code"] == "FREEZE":
        return {rule: holds for rule, holds in met.items() if rules[rule]["is_shown_in_freeze"] == "true"}
    is_supported = any(rule["rule_id"] == "DEBT-S01" for rule in document["rules"])
    return met | {"DEBT-S03": bool(with_agents) and is_supported}


def _debt_amounts(document: dict) -> dict[str, int]:
    """Rule → its amount, of the rules that sum the debts printed."""
    debts = document["facts"]["debts"]
    overdue = [debt for debt in debts if debt["overdue_pence"] > 0]
    total = sum(debt["overdue_pence"] for debt in overdue)
    frozen = sum(debt["balance_pence"] for debt in debts if debt["is_frozen"] and debt["balance_pence"] > 0)
    return {
        "DEBT-F03": total or frozen,
        "DEBT-U03": total,
        "DEBT-P01": max((debt["overdue_pence"] for debt in overdue if debt["has_payment_arrangement"]), default=0),
        "DEBT-P03": total,
        "DEBT-P04": total,
        "DEBT-T01": total,
        "DEBT-N01": sum(debt["overdue_pence"] for debt in overdue if debt["is_joint"]),
        "DEBT-N02": -sum(debt["balance_pence"] for debt in debts if debt["balance_pence"] < 0),
    }


def _overdue_of(debts: list[dict], rule: dict, as_at: date) -> bool:
    """Whether a debt printed stands at the rule's step on its day with its amount overdue."""
    told = (rule["fact_value"], day(rule["fact_on"]), rule["amount_pence"])
    return told in {(debt["stage_label"], day(debt["stage_on"]) or as_at, debt["overdue_pence"]) for debt in debts}


def _freezes_begun(figures: dict) -> list[date]:
    """First days of a person's freezes; of one whose start is not recorded, the day it was seen in force."""
    codes = ("FREEZE_FROM", "FREEZE_BEGUN")
    return [day(figure["figure_on"]) for code in codes for figure in figures.get(code, [])]


def _debt_fact(rule: dict, document: dict, as_at: date) -> tuple[object, object]:
    """(published, reckoned) of the rules that rest on figures or dates of their own."""
    figures, on, debts = _by_code(rule["figures"]), day(rule["fact_on"]), document["facts"]["debts"]
    limit, amount = rule["threshold_value"], _debt_amounts(document).get(rule["rule_id"], 0)
    overdue = [debt for debt in debts if debt["overdue_pence"] > 0]
    match rule["rule_id"].removeprefix("DEBT-"):
        case "F01":
            begun = _freezes_begun(figures)
            ends = [day(figure["figure_on"]) for figure in figures.get("FREEZE_UNTIL", [])]
            since = f"since {spoken(min(begun))}"
            if "FREEZE_BEGUN" in figures:
                since = f"since a day that is not on record (in force on {spoken(as_at)})"
                begun = [as_at]
            told = since + (", with no end yet" if "FREEZE_OPEN" in figures else f", until {spoken(max(ends))}")
            holds = max(begun) <= as_at and all(end >= as_at for end in ends)
            frozen = all(debt["is_frozen"] for debt in debts)
            return (rule["fact_value"], on, True, True), (told, min(begun), holds, frozen)
        case "R01":
            own = [day(figure["figure_on"]) for figure in figures.get("FREEZE_UNTIL", [])]
            ended = max(own, default=on)
            days = (as_at - ended).days
            return (rule["fact_value"], on, True), (str(days), ended, 0 < days <= int(limit))
        case "R02":
            return on, max(_freezes_begun(figures))
        case "R03":
            steps = {(figure["figure_label"], day(figure["figure_on"])) for figure in rule["figures"]}
            courts = {row["label"] for row in pack(DEBT, "stages", on) if row["is_from_summons_on"] == "true"}
            begun = [day(figure["figure_on"]) for figure in figures.get("FREEZE_FROM", [])]
            # A freeze of the other joint debtor is not told, so that a step without one of their own cannot be placed.
            in_freeze = not begun or min(begun) < on
            return (True, True, True), ((rule["fact_value"], on) in steps, rule["fact_value"] in courts, in_freeze)
        case "R04":
            return True, _is_out_of_order(rule, on)
        case "F03":
            due = f"Everything overdue, {pounds(amount)}," if overdue else ""
            return (rule["fact_value"], on), (due or f"A balance of {pounds(amount)}, none of it due yet,", as_at)
        case "F04":
            return True, _overdue_of([debt for debt in overdue if debt["is_frozen"]], rule, as_at)
        case "S03":
            return True, _overdue_of(overdue, rule, as_at)
        case "U03":
            kinds = {debt["debt_type_label"] for debt in overdue}
            return (rule["fact_value"], on), (str(len(kinds)), as_at)
        case "P03" | "N01" | "N02":
            return (rule["fact_value"], on), (pounds(amount), as_at)
        case "P04" | "T01":
            return (rule["fact_value"], on), (pounds(amount), min(day(debt["raised_on"]) for debt in overdue))
        case "R05":
            held = {debt["overdue_pence"] for debt in overdue if debt["is_frozen"] or debt["is_held_for_review"]}
            return (on, True), (as_at, rule["amount_pence"] in held)
        case "R07":
            ended = {(day(debt["stage_on"]), debt["overdue_pence"]) for debt in overdue}
            return (rule["fact_value"], True), ("written off", (on, rule["amount_pence"]) in ended)
        case "R08":
            raised = {(day(debt["raised_on"]), debt["overdue_pence"]) for debt in overdue}
            return (rule["fact_value"], True), ("official error", (on, rule["amount_pence"]) in raised)
        case "S01" | "U05" | "U06":
            return on, as_at
        case "R06":
            return rule["amount_pence"], sum(figure["amount_pence"] for figure in figures["JOINT_DEBT"])
        case "U02":
            charge = figures["CHARGE"][0]
            share = (
                figures["WEEKLY_REDUCTION"][0]["amount_pence"]
                * 100
                * charge["figure_days"]
                // (7 * charge["amount_pence"])
            )
            return (rule["fact_value"], True), (f"{share} per cent", share >= int(limit.split()[0]))
        case "U04":
            largest = max(rule["figures"], key=lambda figure: figure["amount_pence"])
            route = "housing benefit" if largest["figure_code"] == "ONGHB" else "other benefits"
            return (rule["fact_value"], rule["amount_pence"]), (f"A deduction from {route}", largest["amount_pence"])
        case "U07":
            days = (as_at - on).days
            return (rule["fact_value"], True), (str(days), days <= int(limit))
        case "S02":
            return True, (as_at - on).days > int(limit)
        case "P02":
            law = {
                row["stage_code"]: row for row in pack(DEBT, "stages", as_at) if row["debt_type_code"] == "COUNCIL_TAX"
            }
            ends = [debt["overdue_pence"] for debt in overdue if not debt["has_payment_arrangement"]]
            after = [
                figure
                for figure in rule["figures"]
                if figure["figure_code"] not in ("ARR", "BILL") and day(figure["figure_on"]) > on
            ]
            first = min(after, key=lambda step: (step["figure_on"], int(law[step["figure_code"]]["stage_order"])))
            days = (day(first["figure_on"]) - on).days
            told = (first["figure_label"], days <= int(limit), rule["amount_pence"] in ends)
            return (rule["fact_value"], True, True), told
        case _:
            return True, on <= as_at


def _is_out_of_order(rule: dict, on: date) -> bool:
    """Whether a debt among the rule's figures has the step on that day without the step the law puts before it."""
    steps = [row for row in pack(DEBT, "stages", on) if row["debt_type_code"] == "COUNCIL_TAX"]
    later = next((row["stage_code"] for row in steps if row["label"] == rule["fact_value"]), None)
    needed = {
        row["earlier_code"]: timedelta(days=int(row["minimum_days"]))
        for row in pack(DEBT, "steps_before", on)
        if row["stage_code"] == later
    }
    if not needed:  # a step that needs no other is out of no order
        return False
    debts: dict[str, list[dict]] = {}
    for figure in rule["figures"]:
        debts.setdefault(figure["debt_id"], []).append(figure)
    return any(
        any((step["figure_code"], day(step["figure_on"])) == (later, on) for step in steps)
        and not any(
            step["figure_code"] in needed and day(step["figure_on"]) + needed[step["figure_code"]] <= on
            for step in steps
        )
        for steps in debts.values()
    )


def _debt_threshold(row: dict) -> str:
    threshold = row["threshold_value"]
    if threshold and row["threshold_unit"] == "pence":
        return pounds(int(threshold))
    return f"{threshold} per cent" if threshold and row["threshold_unit"] == "per cent" else threshold


def _debt_sentence(rule: dict, row: dict) -> str:
    return row["sentence"].format(
        fact=rule["fact_value"],
        on=spoken(day(rule["fact_on"])),
        amount=pounds(rule["amount_pence"]) if rule["amount_pence"] is not None else "not recorded",
        threshold=_debt_threshold(row),
        source=rule["source"],
    )


def debt_reworded(document: dict) -> None:
    """Word every sentence anew from what the document says, so that an altered fact is told by the reckoning alone."""
    rules = {row["rule_id"]: row for row in pack(DEBT, "rules", day(document["as_at_on"]))}
    for rule in document["rules"]:
        rule["sentence"] = _debt_sentence(rule, rules[rule["rule_id"]])
    if document["row"]:
        document["row"]["reasons"] = " ".join(rule["sentence"] for rule in document["rules"][:5])


def debt_differences(document: dict) -> list[str]:
    """Differences of an informed debt explanation."""
    as_at, differences = day(document["as_at_on"]), []
    pack_rules = {row["rule_id"]: row for row in pack(DEBT, "rules", as_at)}
    met = {rule["rule_id"] for rule in document["rules"]}
    if document["is_listed"]:
        for rule_id, holds in _debt_rules_met(document, as_at).items():
            unlike(differences, f"{rule_id} met", rule_id in met, bool(holds))
    amounts = _debt_amounts(document)
    for rule in document["rules"]:
        row = pack_rules[rule["rule_id"]]
        unlike(differences, f"{rule['rule_id']} fact", *_debt_fact(rule, document, as_at))
        if rule["rule_id"] in amounts:
            unlike(differences, f"{rule['rule_id']} amount", rule["amount_pence"], amounts[rule["rule_id"]])
        unlike(differences, f"{rule['rule_id']} version", rule["rule_version"], row["rule_version"])
        unlike(differences, f"{rule['rule_id']} threshold", rule["threshold_value"], _debt_threshold(row) or None)
        unlike(differences, f"{rule['rule_id']} sentence", rule["sentence"], _debt_sentence(rule, row))
    for debt in document["facts"]["debts"]:
        asked = 0 if debt["is_frozen"] or debt["is_held_for_review"] else debt["overdue_pence"]
        unlike(differences, "recoverable now of a debt", debt["recoverable_now_pence"], asked)
    return differences + (_debt_row_differences(document, pack_rules, as_at) if document["is_listed"] else [])


def _debt_row_differences(document: dict, rules: dict[str, dict], as_at: date) -> list[str]:
    row, debts, differences = document["row"], document["facts"]["debts"], []
    first = min(
        (rules[rule["rule_id"]] for rule in document["rules"] if rules[rule["rule_id"]]["position"]),
        key=lambda rule: int(rule["position"]),
    )
    lane = next(lane for lane in pack(DEBT, "lanes", as_at) if lane["lane_code"] == first["lane_code"])
    unlike(differences, "deciding rule", row["deciding_rule_id"], first["rule_id"])
    unlike(differences, "lane", (row["lane_code"], row["lane_severity"]), (lane["lane_code"], int(lane["severity"])))
    unlike(differences, "contact", row["is_contact_allowed"], lane["is_contact_allowed"] == "true")
    unlike(differences, "offer", row["offer_code"], first["offer_code"])
    owed = [debt for debt in debts if debt["balance_pence"] > 0]
    sums = {
        "total_balance_pence": sum(debt["balance_pence"] for debt in owed),
        "total_overdue_pence": sum(debt["overdue_pence"] for debt in debts),
        "recoverable_now_pence": sum(debt["recoverable_now_pence"] for debt in debts),
        "frozen_balance_pence": sum(debt["balance_pence"] for debt in owed if debt["is_frozen"]),
        "credit_pence": sum(debt["balance_pence"] for debt in debts if debt["balance_pence"] < 0),
        "debt_count": len(owed),
        "is_joint_any": any(debt["is_joint"] for debt in owed),
        "has_payment_arrangement": any(debt["has_payment_arrangement"] for debt in owed),
    }
    for column, reckoned in sums.items():
        unlike(differences, column, row[column], reckoned)
    unlike(differences, "oldest debt", day(row["oldest_debt_on"]), min(day(debt["raised_on"]) for debt in owed))
    unlike(differences, "reasons", row["reasons"], " ".join(rule["sentence"] for rule in document["rules"][:5]))
    unlike(differences, "expiry", day(row["expires_on"]), as_at + timedelta(days=45))
    return differences


# ── Support for victims ──────────────────────────────────────────────────────────────────────────────────────────────

VICTIMS = "asb_victim_support"


def working_days(start: date, end: date) -> int:
    """Weekdays after a day up to another, bank holidays left out."""
    holidays = {row["holiday_on"] for row in pack(VICTIMS, "bank_holidays", end)}
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(1 for one in days if one.weekday() < 5 and one.isoformat() not in holidays)


def _judged(reports: list[dict], as_at: date) -> dict[str, list[dict]]:
    """Reports by event, each with what the case review rules say of it, in the words of A1, A1H, Q1 and Q2."""
    events: dict[str, list[dict]] = {}
    for report in reports:
        reported, occurred = day(report["reported_on"]), day(report["occurred_on"])
        judged = report | {
            "recent": reported > months_after(as_at, -6),
            "counts": reported > months_after(as_at, -6)
            and reported <= months_after(occurred, 1)
            and not report["is_anonymous"],
        }
        events.setdefault(report["event_id"], []).append(judged)
    return events


def _victim_facts(document: dict, as_at: date) -> dict[str, tuple[int, date | None]]:
    """Rule → its fact and date, of the rules that the victim's own reports tell in full."""
    events = _judged(document["facts"]["victim_reports"], as_at)
    latest = {event: max(day(r["reported_on"]) for r in told) for event, told in events.items()}
    recent = {e: [r for r in told if r["recent"]] for e, told in events.items() if any(r["recent"] for r in told)}
    newest = {event: max(day(r["reported_on"]) for r in told) for event, told in recent.items()}
    counting = [event for event, told in recent.items() if any(r["counts"] for r in told)]
    hate = [event for event, told in recent.items() if any(r["is_hate_motivated"] for r in told)]
    both = [event for event in counting if event in hate]
    last = lambda chosen: max((newest[event] for event in chosen), default=None)  # noqa: E731
    found: dict[str, tuple[int, date | None]] = {
        "A1": (len(counting), last(counting)),
        "A1H": (len(both), last(both)),
        "A2": (len(hate), last(hate)),
    }
    everything = [report for told in events.values() for report in told]
    assessed = [
        (day(r["risk_assessed_on"]), r["risk_score"])
        for r in everything
        if r["risk_score"] is not None and (r["is_open"] or r["recent"])
    ]
    if assessed:
        found["A5"] = (max(assessed)[1], max(assessed)[0])
    is_open = {event: any(r["is_open"] for r in told) for event, told in events.items()}
    personal = {
        event: any(r["asb_group_label"] == "Personal" or r["asb_type_label"] == "Threats" for r in told)
        for event, told in events.items()
    }
    nuisance = {event: any(r["asb_group_label"] == "Nuisance" for r in told) for event, told in events.items()}
    began = {event: min(day(r["began_on"]) for r in told) for event, told in events.items()}
    unassessed = [
        min(day(r["reported_on"]) for r in told)
        for event, told in events.items()
        if is_open[event] and personal[event] and not any(r["risk_assessed_on"] for r in told)
    ]
    if unassessed:
        found["A6"] = (working_days(min(unassessed), as_at), min(unassessed))
    pairs = [
        (latest[one], began[other], (began[one] - began[other]).days)
        for one in recent
        for other in events
        if personal[one] and nuisance[other] and not personal[other] and 0 < (began[one] - began[other]).days <= 60
    ]
    if pairs:
        found["A7"] = (max(pairs)[2], max(pairs)[0])
    heard = [
        max(max(day(r["reported_on"]), day(r["victim_updated_on"]) or date.min) for r in told)
        for event, told in events.items()
        if is_open[event]
    ]
    if heard:
        found["A9"] = (working_days(min(heard), as_at), min(heard))
    silent_since = max(latest.values())
    before = {e for e, told in events.items() if any((silent_since - day(r["reported_on"])).days < 90 for r in told)}
    if any(is_open.values()) and len(before) >= 3:
        found["A10"] = ((as_at - silent_since).days, silent_since)
    return found


def _placed_facts(rule: dict, as_at: date) -> tuple[int, date]:
    """Fact and date of A3 or A4 from the events printed with it."""
    window = 90 if rule["rule_id"] == "A3" else 180
    told = [figure for figure in rule["figures"] if (as_at - day(figure["reported_on"])).days < window]
    if rule["rule_id"] == "A3":
        return len(told), max(day(figure["reported_on"]) for figure in told)
    places: dict[int, list[dict]] = {}
    for figure in told:
        places.setdefault(figure["place_number"], []).append(figure)
    several = [
        events
        for events in places.values()
        if any(not figure["figure_label"].endswith("told by the victim") for figure in events)
    ]
    return max(map(len, several)), max(day(figure["reported_on"]) for events in several for figure in events)


def victim_differences(document: dict) -> list[str]:
    """Differences of an explanation of support for victims."""
    as_at, differences = day(document["as_at_on"]), []
    reports = document["facts"]["victim_reports"]
    judged = _judged(reports, as_at)
    for told in judged.values():
        counting = sorted((r for r in told if r["counts"]), key=lambda r: day(r["reported_on"]))
        unlike(
            differences, "reports of an event that count", sum(r["is_qualifying"] for r in told), min(1, len(counting))
        )
        for report in told:
            if report["is_qualifying"]:
                unlike(
                    differences, "the report that counts", day(report["reported_on"]), day(counting[0]["reported_on"])
                )
    facts = _victim_facts(document, as_at)
    rules = {row["rule_id"]: row for row in pack(VICTIMS, "rules", as_at)}
    for review in document["facts"]["case_review"]:
        unlike(differences, "qualifying events", review["qualifying_event_count"], facts["A1"][0])
        unlike(differences, "hate event", review["has_hate_event"], facts["A1H"][0] > 0)
        # Complaints of others are not printed, only how many there are: never fewer than the victim's own.
        unlike(differences, "complaints", review["complaint_count"] >= facts["A1"][0], True)
        facts["A1G"] = (review["complaint_count"], None)
    if not document["is_listed"]:
        return differences
    published = {rule["rule_id"]: rule for rule in document["rules"]}
    for rule_id, rule in published.items():
        if rule_id in ("A3", "A4"):
            facts[rule_id] = _placed_facts(rule, as_at)
        if rule_id == "A1G":
            facts[rule_id] = (facts[rule_id][0], day(rule["fact_on"]))
    if "A8" in published:
        unlike(
            differences,
            "A8 flag and repetition",
            (document["row"]["has_support_flag"], "A3" in published),
            (True, True),
        )
        facts["A8"] = (published["A8"]["fact_value"], facts.get("A3", (0, None))[1])
    for rule_id, (fact, on) in facts.items():
        row = rules[rule_id]
        holds = COMPARE[row["comparison"]](fact, int(row["threshold_value"]))
        holds &= bool(document["row"]["open_report_count"] or row["priority_without_open_code"])
        unlike(differences, f"{rule_id} met", rule_id in published, holds)
        if rule_id in published and holds:
            told = published[rule_id]
            unlike(differences, f"{rule_id} fact", (told["fact_value"], day(told["fact_on"])), (fact, on))
            since = (
                months_after(as_at, -int(row["window_months"])) + timedelta(days=1) if row["window_months"] else None
            )
            since = since or (as_at + timedelta(days=1 - int(row["window_days"])) if row["window_days"] else on)
            sentence = row["sentence"].format(
                fact=fact,
                days=counted(fact, "day"),
                working_days=counted(fact, "working day"),
                threshold=row["threshold_value"],
                date=spoken(on),
                since=spoken(since),
            )
            unlike(differences, f"{rule_id} sentence", told["sentence"], sentence)
    return differences + _victim_row_differences(document, rules)


def _victim_row_differences(document: dict, rules: dict[str, dict]) -> list[str]:
    row, differences = document["row"], []
    ranked = sorted(document["rules"], key=lambda rule: int(rules[rule["rule_id"]]["strength_rank"]))
    strongest = rules[ranked[0]["rule_id"]]
    step = strongest["next_step_code"]
    if step == "TELL_REVIEW" and row["is_case_review_requested"]:
        step = "FOLLOW_REVIEW"
    unlike(differences, "order of reasons", [r["rule_id"] for r in document["rules"]], [r["rule_id"] for r in ranked])
    priority = strongest["priority_code" if row["open_report_count"] else "priority_without_open_code"]
    unlike(differences, "priority", row["priority_code"], priority)
    unlike(differences, "expiry", day(row["expires_on"]), day(document["as_at_on"]) + timedelta(days=45))
    unlike(differences, "next step", row["next_step_code"], step)
    told = " ".join(f"{rule['sentence']} Source: {rule['source_label']}." for rule in ranked[:5])
    unlike(differences, "reasons", row["reasons"], told)
    met = {rule["rule_id"] for rule in ranked}
    for column, behind in {
        "is_case_review_eligible": {"A1", "A1H", "A1G"},
        "has_hate_report": {"A2"},
        "is_repeat_victim": {"A3"},
        "has_high_risk_score": {"A5"},
        "has_missing_risk_assessment": {"A6"},
    }.items():
        unlike(differences, column, row[column], bool(met & behind))
    return differences
