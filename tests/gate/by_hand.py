"""Changes that break one expectation and nothing else, where no single cell does. `{t}` is a copy of the table."""

from __future__ import annotations

_NEW = (
    "(SELECT person_id FROM mart.main.{source} WHERE person_id NOT IN (SELECT person_id FROM {{t}}) ORDER BY 1 LIMIT 1)"
)


def _at(changes: str, where: str) -> list[str]:
    """A change of one row for which something is so: the first, or (`{n}`) a later one where the first breaks something else too."""
    row = f"(SELECT rowid FROM {{t}} WHERE {where} ORDER BY rowid LIMIT 1 OFFSET {{n}})"
    return [f"UPDATE {{t}} SET {changes} WHERE rowid = {row}"]


def _worded(of: str, code: str) -> str:
    """A code with the words the table has for it, where it has any."""
    words = f"coalesce((SELECT max({of}_label) FROM {{t}} WHERE {of}_code = '{code}'), 'Words')"
    return f"{of}_code = '{code}', {of}_label = {words}"


def _another(source: str) -> list[str]:
    """All rows of one person given to another whom the service knows."""
    new = _NEW.format(source=source).replace("{{t}}", "{t}")
    return [f"UPDATE {{t}} SET person_id = {new} WHERE person_id = (SELECT min(person_id) FROM {{t}})"]


def _working(**changed: str) -> list[str]:
    """A good row of victim_workings, which a small council has none of, but for what is changed."""
    words = {
        "person_id": "person_id", "rule_id": "'A3'", "figure_number": "1", "figure_code": "'NOIS'",
        "figure_label": "'Noise, told by the victim'", "place_number": "NULL", "began_on": "began_on",
        "reported_on": "reported_on", "is_own": "true", "as_at_on": "as_at_on",
    } | changed  # fmt: skip
    return [
        f"INSERT INTO {{t}} SELECT {', '.join(words.values())} FROM mart.main.victim_reports ORDER BY incident_id LIMIT 1"
    ]


def _hidden_alone(topic: str, group: str, of: str) -> list[str]:
    """All cells of a topic of totals shown but one."""
    first = f"(SELECT min({group}) FROM {{t}} WHERE {topic} = '{of}' AND {group} NOT IN ('ALL', 'TOTAL'))"
    return [
        f"UPDATE {{t}} SET is_suppressed = false, shown_count = 10 WHERE {topic} = '{of}'",
        f"UPDATE {{t}} SET is_suppressed = true, shown_count = NULL WHERE {topic} = '{of}' AND {group} = {first}",
    ]


_DIRECT = "is_direct_referral = true, band_code = 'DIRECT', band_label = 'Direct referral: statutory threshold met'"
_APPLY = f"{_DIRECT}, offer_code = 'TAKE_APPLICATION', offer_label = 'Take a homelessness application'"
_NEXT_DAY = "fact_on = as_at_on + 1, sentence = sentence || strftime(as_at_on + 1, ' %-d %B %Y')"

_DUE_IN_PART = _at(
    "overdue_pence = overdue_pence - 1, recoverable_now_pence = least(recoverable_now_pence, overdue_pence - 1)",
    "debt_type_code <> 'COUNCIL_TAX' AND overdue_pence > 1",
)

BY_HAND: dict[str, list[list[str]]] = {
    "house.no_property_number_as_number": [_at("risk_score = 100090123456", "event_code = 'ASSESSED'")],
    "house.rows_against_published": [
        ["DELETE FROM {t} WHERE person_id IN (SELECT person_id FROM {t} GROUP BY person_id ORDER BY 1 LIMIT 150)"]
    ],
    "victim_list.urgent_first": [
        ["UPDATE {t} SET list_rank = (SELECT max(list_rank) + 1 FROM {t}) - list_rank"],
        *(_at(_worded("priority", now), "true") for now in ("NOW", "MONTH", "FILE")),
    ],
    "victim_list.eligible_by_facts": [
        _at(f"is_case_review_eligible = true, {_worded('next_step', 'TELL_REVIEW')}", "true")
    ],
    "victim_list.eligible_are_told": [
        _at("is_case_review_eligible = true, apply_by_on = as_at_on + 1, has_hate_report = true", "true")
    ],
    "victim_reports.six_calendar_months": [
        _at("is_within_6m = NOT is_within_6m", "is_anonymous AND NOT is_qualifying")
    ],
    "victim_reports.an_event_counts_once": [
        [
            "UPDATE {t} SET (person_id, event_id) = (SELECT (person_id, event_id) FROM {t} WHERE is_qualifying ORDER BY rowid LIMIT 1) "
            "WHERE is_qualifying"
        ],
        [
            f"UPDATE {{t}} SET {column} = (SELECT {column} FROM {{t}} WHERE is_qualifying ORDER BY rowid LIMIT 1) WHERE is_qualifying"
            for column in ("person_id", "event_id")
        ],
    ],
    "victim_reports.kept_no_longer": [
        _at(
            "reported_on = reported_on - 4000, occurred_on = occurred_on - 4000, began_on = began_on - 4000",
            "NOT is_open AND NOT is_within_6m AND days_to_report < 20",
        )
    ],
    "victim_reports.hate.by_type": [_at("asb_type_code = 'HATE', asb_type_label = 'Hate'", "NOT is_hate_motivated")],
    "case_review.ground_agrees": [_at("eligibility_code = 'EVENTS', eligibility_label = 'Events'", "true")],
    "victim_reasons.nothing_later": [_at(_NEXT_DAY, "true")],
    "victim_workings.not_null.figure_label": [_working(figure_label="NULL")],
    "victim_workings.not_null.began_on": [_working(began_on="NULL")],
    "victim_workings.not_null.reported_on": [_working(reported_on="NULL")],
    "victim_workings.not_null.is_own": [_working(is_own="NULL")],
    "victim_workings.rules": [_working(rule_id="'A9'")],
    "victim_workings.not_ahead": [_working(reported_on="as_at_on + 1")],
    "victim_workings.nobody_else_named": [_working(figure_label="'Noise, told by somebody'")],
    "victim_workings.in_order": [_working(began_on="reported_on + 1")],
    "victim_workings.dates.of_the_reports": [_working(began_on="DATE '1990-01-01'")],
    "victim_workings.number_gapless": [_working(figure_number="2")],
    "victim_workings.place_of_a_place": [_working(rule_id="'A4'")],
    "area_context.some_rows": [
        ["DELETE FROM {t} WHERE rowid >= 1", "UPDATE {t} SET council_incident_count = asb_incident_count"]
    ],
    "area_context.no_negative_count": [
        [
            "UPDATE {t} SET asb_incident_count = -1 WHERE rowid = 0",
            "UPDATE {t} SET council_incident_count = told FROM (SELECT month_code AS told_month, sum(asb_incident_count) AS told "
            "FROM {t} GROUP BY month_code) WHERE month_code = told_month",
        ]
    ],
    "area_context.month_not_later": [
        ["UPDATE {t} SET month_code = '2099-01' WHERE month_code = (SELECT max(month_code) FROM {t})"]
    ],
    "support_totals.topics": [["UPDATE {t} SET topic_code = 'NOBODYS' WHERE topic_code = 'reports_by_victim'"]],
    "support_totals.no_lone_hidden_cell": [_hidden_alone("topic_code", "group_code", "people_by_age_band")],
    "support_totals.counts.of_the_tables": [
        [
            "UPDATE {t} SET shown_count = 500, is_suppressed = false WHERE topic_code IN ('people_by_list', 'reports_by_victim')"
        ]
    ],
    "support_totals.cells_within_total": [
        ["UPDATE {t} SET shown_count = 500, is_suppressed = false WHERE topic_code = 'people_by_age_band'"]
    ],
    "hsg.list.direct_first": [_at(_APPLY, "list_rank > 1")],
    "hsg.list.ranked_by_points": [
        _at("points = 100, band_code = 'CONTACT_NOW', band_label = 'Offer contact now'", "list_rank > 1")
    ],
    "hsg.list.application_prompted": [_at(_DIRECT, "true")],
    "hsg.list.act_by.of_the_indicators": [_at(f"{_APPLY}, act_by_on = as_at_on + 50", "true")],
    "hsg.facts.amount_is_the_value": [
        _at(f"{column} = {column} + 1", "starts_with(unit_code, 'PENCE')") for column in ("fact_value", "amount_pence")
    ],
    "hsg.facts.points_range": [["UPDATE {t} SET points = 56 WHERE rule_id = 'H10'"]],
    "hsg.facts.score_or_referral": [["UPDATE {t} SET points = 0 WHERE rule_id = 'H10'"]],
    "hsg.facts.no_later_no_fault_notice": [
        _at(
            "rule_id = 'H1', tier_code = 'NOTICE', detail_code = 'S21', detail_label = 'No fault', fact_on = DATE '2026-05-02'",
            "rule_id = 'H10'",
        )
    ],
    "hsg.facts.statutory_only": [["UPDATE {t} SET is_direct_referral = true, points = 0 WHERE rule_id = 'H10'"]],
    "hsg.facts.households_above": [
        ["DELETE FROM {t} WHERE household_id = (SELECT min(household_id) FROM mart.main.prevention_reasons)"]
    ],
    "hsg.workings.rents_are_divisible": [
        _at("amount_pence = 0", "figure_code = 'GROSS_RENT' AND rule_id IN ('H3', 'H12')")
    ],
    "hsg.chronology.one_person": [
        [f"{_another('household_indicators')[0].split(' WHERE person_id = ')[0]} WHERE rowid = 0"]
    ],
    "hsg.chronology.of_the_listed": [
        [
            "UPDATE {t} SET household_id = (SELECT household_id FROM mart.main.household_indicators WHERE household_id NOT IN "
            "(SELECT household_id FROM {t}) ORDER BY 1 LIMIT 1) WHERE household_id = (SELECT min(household_id) FROM {t})"
        ]
    ],
    "hsg.gaps.amount_positive": [_at("amount_pence = 0", "gap_code <> 'HARDSHIP_PAYMENT_NOT_CLAIMED'")],
    "hsg.gaps.not_from_future": [_at(_NEXT_DAY, "true")],
    "hsg.reasons.of_the_listed": [
        [
            "UPDATE {t} SET place_code = 'TAIL' WHERE household_id = (SELECT min(household_id) FROM mart.main.prevention_list)"
        ]
    ],
    "hsg.step_down.why_codes": [_at("why_code = 'NOBODYS', why_label = 'Nobody''s', points = 0", "true")],
    "hsg.step_down.below_now": [
        _at("why_code = 'INDICATORS_ENDED', why_label = 'Ended', ended_facts = 'Rule: ended.', points = 50", "true")
    ],
    "hsg.step_down.facts_told": [
        _at("why_code = 'INDICATORS_ENDED', why_label = 'Ended', ended_facts = NULL, points = 0", "true")
    ],
    "hsg.step_down.not_listed": [
        _at("household_id = (SELECT min(household_id) FROM mart.main.prevention_list)", "true")
    ],
    # One cell of each topic stays, or two where all are hidden.
    "hsg.totals.rows_present": [
        [
            "DELETE FROM {t} WHERE totals_group_code IN ('INDICATOR', 'OFFER', 'STEP_DOWN', 'WARD') AND rowid NOT IN (SELECT rowid FROM {t} "
            "QUALIFY row_number() OVER (PARTITION BY totals_group_code ORDER BY is_suppressed, category_code) <= "
            "1 + (bool_and(is_suppressed) OVER (PARTITION BY totals_group_code))::INTEGER)"
        ]
    ],
    "hsg.totals.never_one_hidden": [_hidden_alone("totals_group_code", "category_code", "OFFER")],
    "hsg.totals.tail_counted": [["DELETE FROM {t} WHERE totals_group_code = 'PLACE' AND category_code LIKE 'TAIL_%'"]],
    "hsg.totals.cells_within_total": [
        ["UPDATE {t} SET is_suppressed = false, shown_count = 500 WHERE totals_group_code = 'OFFER'"]
    ],
    "debt_list.debt_count.range": [
        _at(
            "debt_count = 0, council_tax_count = 0, rent_count = 0, benefit_overpayment_count = 0, sundry_count = 0",
            "true",
        )
    ],
    "debt_list.review.no_contact": [
        _at(
            f"{_worded('lane', 'REFER_HUMAN')}, lane_severity = 2, is_contact_allowed = true",
            "lane_code = 'PLAN'",
        )
    ],
    "debt_list.reasons.about_debt": [_at("reasons = reasons || ' Parking.'", "true")],
    "debts.frozen.not_recoverable": [
        _at("is_frozen = true, hold_label = 'Estate'", "recoverable_now_pence > 0 AND NOT is_joint")
    ],
    "debts.other_debts.due_whole": [_DUE_IN_PART],
    "debts_by_type.other_debts.due_whole": [_DUE_IN_PART],
    "debt_reasons.flag.says_nothing": [["UPDATE {t} SET fact_value = 'a word' WHERE rule_id = 'DEBT-S01'"]],
    "debt_reasons.words.of_others": [_at("sentence = 'Parking. ' || sentence", "true")],
    "debt_reasons.overdue.always_said": [["UPDATE {t} SET rule_id = 'DEBT-P99' WHERE rule_id = 'DEBT-T01'"]],
    "debt_reasons.fact.not_ahead": [
        _at(
            "fact_on = as_at_on + 1, "
            "sentence = replace(sentence, strftime(fact_on, '%-d %B %Y'), strftime(as_at_on + 1, '%-d %B %Y'))",
            "true",
        )
    ],
    "debt_chronology.event.not_ahead": [
        _at(f"event_on = {day}", "true") for day in ("DATE '1949-12-31'", "as_at_on + 400")
    ],
    "debt_workings.share_of_the_reasons": [
        ["UPDATE {t} SET amount_pence = amount_pence * 3 WHERE rule_id = 'DEBT-U02' AND figure_code = 'CHARGE'"]
    ],
    "debt_reasons.of_the_listed": [_another("debts")],
    "debt_workings.of_the_debts": [
        _at("debt_id = md5('nobody')::UUID", "debt_id IS NOT NULL"),
        [
            "UPDATE {t} SET debt_id = md5('nobody')::UUID WHERE figure_code = (SELECT min(figure_code) FROM {t} WHERE debt_id IS NULL)"
        ],
    ],
    "debt_workings.no_care_and_no_death": [["UPDATE {t} SET rule_id = 'DEBT-S01' WHERE rule_id = 'DEBT-U04'"]],
    "debt_workings.no_moratorium_kind": [
        ["UPDATE {t} SET figure_label = figure_label || ' MHC' WHERE figure_code = 'CHARGE'"]
    ],
    "debt_workings.says_something": [["UPDATE {t} SET amount_pence = NULL WHERE figure_code = 'WEEKLY_REDUCTION'"]],
    "debt_chronology.label.short": [_at("event_label = repeat('x', 61)", "true")],
    "debt_chronology.hold.without_cause": [_at("event_label = event_label || ' crisis'", "true")],
    "debt_chronology.of_the_listed": [_another("debts")],
    "debt_totals.hidden.empty": [
        _at("debt_count = 10", "is_suppressed"),
        ["UPDATE {t} SET is_suppressed = true WHERE breakdown_code = (SELECT min(breakdown_code) FROM {t})"],
    ],
    "debt_totals.month.within_capacity": [
        _at("people_count = 245, is_suppressed = false", "category_code = 'THIS_MONTH'"),
        # Where another cell of the breakdown is hidden, it is then hidden alone, and its total has to go with it.
        [
            *_at("people_count = 245, is_suppressed = false", "category_code = 'THIS_MONTH'"),
            "UPDATE {t} SET people_count = NULL, is_suppressed = true WHERE breakdown_code = 'WORK' AND category_code = 'TOTAL'",
        ],
    ],
}

# Expectation → others that its change must break besides, each with why.
NOT_ALONE: dict[str, dict[str, str]] = {
    "house.no_column_named_like_an_identifier": {
        "victim_reports.columns": "a column more is one that was not declared"
    },
    "victim_list.victims_only": {
        "house.person_is_known_to_the_service": "whom a small council's service knows are the people of its reports"
    },
    "victim_reasons.comparisons": {
        "victim_reasons.facts_reach_thresholds": "an unknown comparison is reached by nothing"
    },
    "victim_reasons.ranks": {"victim_reasons.ranks_without_gap": "a single reason that is not the first leaves a gap"},
    "hsg.list.not_null.list_rank": {"hsg.list.rank_gapless": "a place without its number is a gap"},
    "hsg.list.band_codes": {"hsg.list.band_fits_points": "an unknown band fits no points"},
    "hsg.list.rank_unique": {"hsg.list.rank_gapless": "of two rows on one place, one leaves the other place empty"},
    "hsg.gaps.amount_positive": {
        "hsg.gaps.shortfall_over_ten": "where every gap is a hardship payment, an amount of nought is under ten pounds, too"
    },
    "hsg.facts.not_null.comparison_code": {"hsg.facts.threshold_met": "what is compared in no known way is not met"},
    "debt_list.total_overdue_pence.range": {
        "debt_list.sums.add_up": "what is recoverable lies between nought and what is overdue, and that within the balance"
    },
    "debts.balance_pence.range": {"house.levels_against_published": "half a million pounds move the mean of 300 debts"},
    "debts_by_type.balance_pence.range": {
        "debts_by_type.sums.in_order": "what is overdue lies between nought and the balance"
    },
}

# Expectations no change of a council of 400 can break: they speak of tables of more rows than it has. Why, each.
NOT_IN_A_SMALL_COUNCIL: dict[str, str] = {
    "victim_list.capacity": "a list past its 40 places wants more known victims than a council of 400 has",
    "hsg.list.capacity": "a list past its 80 places wants more known households than a council of 400 has in need",
    "debt_list.lanes.not_all_one": "it speaks of lists of at least 200 people",
    "debt_list.flags.present": "it speaks of lists of at least 500 people",
    "debts.types.all_there": "it speaks of at least 5,000 debts",
}
