"""Invented council tenants in difficulty, one household per rule of homelessness prevention, on the boundary of the rule.

Knows the tables the service reads, and which records make each circumstance. Refuses to know any rule: what follows from
the records is for the mart, and for a reckoning of its own, to say. Every household has a live notice of seeking
possession besides, a home thought to be rented and three council tax reminders (BESIDES), so that each is above the
threshold and on the list, but for the few that say they are without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

AS_AT = date(2026, 10, 31)
SERVICE = "homelessness_prevention"
TABLES = {
    "psn_spine__people": "person_key UUID, age_band VARCHAR, ward_code VARCHAR, is_address_sensitive BOOLEAN",
    "psn_spine__households": "household_key UUID, is_shared BOOLEAN, is_institution BOOLEAN",
    "psn_spine__household_members": "person_key UUID, household_key UUID, from_on DATE, to_on DATE",
    "psn_revenues__council_tax_accounts": """person_key UUID, council_tax_account_key UUID, billing_property_key UUID, liability_start DATE,
        liability_end DATE, is_estate BOOLEAN, lead_liab_pos BIGINT, prohibit_code VARCHAR, prohibit_end DATE,
        employee_ind BOOLEAN, has_handling_need BOOLEAN""",
    "psn_revenues__council_tax_properties": "billing_property_key UUID, rented_prop BOOLEAN, council_ha_ind BOOLEAN",
    "psn_revenues__council_tax_discounts": """council_tax_account_key UUID, is_deceased_exemption BOOLEAN,
        start_date DATE, end_date DATE""",
    "psn_revenues__council_tax_balances": "council_tax_account_key UUID, fy BIGINT, balance_pence BIGINT, overdue_pence BIGINT",
    "psn_revenues__council_tax_recovery": """council_tax_account_key UUID, fy BIGINT, stage VARCHAR, stage_date DATE,
        amount_at_stage_pence BIGINT, reversed_ind BOOLEAN""",
    "psn_revenues__council_tax_transactions": """council_tax_account_key UUID, fy BIGINT, txn_date DATE,
        txn_type VARCHAR, amount_pence BIGINT""",
    "psn_revenues__council_tax_occupations": """council_tax_account_key UUID, occupation_date DATE,
        vacation_date DATE""",
    "psn_benefits__benefit_claims": """person_key UUID, benefit_claim_key UUID, status VARCHAR, application_date DATE,
        cancel_date DATE, susp_date DATE, rent_payment_key UUID, council_tax_account_key UUID,
        has_handling_need BOOLEAN, unsafe_addr_ind BOOLEAN""",
    "psn_benefits__benefit_awards": """benefit_award_key UUID, benefit_claim_key UUID, award_type VARCHAR,
        decision VARCHAR, weekly_amount_pence BIGINT, from_date DATE, to_date DATE""",
    "psn_benefits__benefit_members": """person_key UUID, benefit_claim_key UUID, relation VARCHAR, from_date DATE,
        to_date DATE, deceased_date DATE, has_support_flag BOOLEAN""",
    "psn_benefits__benefit_overpayments": """person_key UUID, created DATE, balance_pence BIGINT,
        original_pence BIGINT""",
    "psn_corporate__sundry_debts": "person_key UUID, raised DATE, balance_pence BIGINT",
    "psn_corporate__data_objections": "person_key UUID, service_scope VARCHAR, decision VARCHAR, end_date DATE",
    "psn_corporate__deaths": "person_key UUID, withdrawn_ind BOOLEAN",
    "psn_corporate__vulnerability_register": """person_key UUID, handling_code VARCHAR, needs_care BOOLEAN,
        start_date DATE, end_date DATE""",
    "psn_corporate__debt_respite_notices": """person_key UUID, status VARCHAR, start_date DATE, frozen_until DATE,
        address_withheld BOOLEAN""",
    "psn_housing__tenancies": """tenancy_key UUID, council_household_key UUID, rent_payment_key UUID, cot DATE,
        eot DATE, rent_pence BIGINT, service_pence BIGINT, other_charge_pence BIGINT, cur_bal_pence BIGINT,
        nosp BOOLEAN, nosp_date DATE, nosp_expire DATE, courtdate DATE, possorder DATE, evictdate DATE,
        uc_flag BOOLEAN""",
    "psn_housing__tenancy_people": """person_key UUID, council_household_key UUID, responsible BOOLEAN,
        from_date DATE, to_date DATE, has_support_flag BOOLEAN""",
    "psn_housing__rent_transactions": "tenancy_key UUID, post_date TIMESTAMP, real_value_pence BIGINT",
    "psn_housing__arrears_actions": "tenancy_key UUID, action_code VARCHAR, action_date DATE, balance_pence BIGINT",
    "psn_housing__homelessness_cases": """person_key UUID, homelessness_case_key UUID, application_date DATE,
        initial_assessment VARCHAR, notice_type VARCHAR, reason_loss VARCHAR, notice_date DATE, notice_expiry DATE,
        referral_source VARCHAR, prevention_start DATE, prevention_end DATE, prevention_outcome VARCHAR,
        relief_start DATE, relief_end DATE, relief_outcome VARCHAR, main_duty_date DATE, ta_end DATE,
        php_issued DATE, case_status VARCHAR""",
}

Record = tuple[str, dict[str, object]]
_CASES, _AWARDS = "psn_housing__homelessness_cases", "psn_benefits__benefit_awards"
_BALANCES, _RECOVERY = "psn_revenues__council_tax_balances", "psn_revenues__council_tax_recovery"


@dataclass(frozen=True)
class Household:
    """A household with what is particular to it: columns of its tenancy, and further records."""

    name: str
    tenancy: dict[str, object] = field(default_factory=dict)
    records: tuple[Record, ...] = ()
    besides: bool = True

    def key(self, kind: str) -> str:
        """SQL of a key of the household: person, household, tenancy, account, claim."""
        return f"md5('{kind} {self.name}')::uuid"


def case(**columns: object) -> Record:
    """A homelessness case, closed and without a notice but for what is said."""
    usual = {
        "application_date": "2026-10-01",
        "notice_type": "NONE",
        "reason_loss": "AST_SELL",
        "case_status": "CLOSED",
    }
    return _CASES, usual | columns


def _award(kind: str, pence: int, from_on: str, to_on: str | None = None, decision: str | None = None) -> Record:
    columns = {"award_type": kind, "weekly_amount_pence": pence, "from_date": from_on, "to_date": to_on}
    return _AWARDS, columns | {"decision": decision}


def _tax(stage: str, on: str, overdue: int = 30000, fy: int = 2025) -> tuple[Record, ...]:
    step = {"fy": fy, "stage": stage, "stage_date": on, "amount_at_stage_pence": overdue, "reversed_ind": False}
    return (_BALANCES, {"fy": fy, "balance_pence": overdue, "overdue_pence": overdue}), (_RECOVERY, step)


def _member(relation: str) -> Record:
    columns = {
        "person_key": "gen_random_uuid()::uuid",
        "relation": relation,
        "from_date": "2023-01-01",
        "has_support_flag": False,
    }
    return "psn_benefits__benefit_members", columns


def _suspended(on: str | None) -> Record:
    return "psn_benefits__benefit_claims", {
        "benefit_claim_key": "gen_random_uuid()::uuid", "status": "S", "application_date": "2023-01-01", "susp_date": on,
        "unsafe_addr_ind": False, "has_handling_need": False,
    }  # fmt: skip


def _posted(*sums: tuple[str, int]) -> tuple[Record, ...]:
    return tuple(("psn_housing__rent_transactions", {"post_date": on, "real_value_pence": pence}) for on, pence in sums)


_RISING = _posted(("2026-08-15", 5000), ("2026-09-15", 5000), ("2026-10-15", 5000))
_OVERPAID = (
    "psn_benefits__benefit_overpayments",
    {"created": "2026-01-10", "balance_pence": 4000, "original_pence": 9000},
)
_SUNDRY = ("psn_corporate__sundry_debts", {"raised": "2026-02-10", "balance_pence": 2000})


def _reminder(stage: str, on: str) -> Record:
    return _RECOVERY, {
        "fy": 2024,
        "stage": stage,
        "stage_date": on,
        "amount_at_stage_pence": 9000,
        "reversed_ind": False,
    }


def _rented(rented: bool = True, owned_by_council: bool = False) -> Record:
    return "psn_revenues__council_tax_properties", {"rented_prop": rented, "council_ha_ind": owned_by_council}


BESIDES = (
    _rented(),
    _reminder("REM1", "2025-05-01"),
    _reminder("REM2", "2025-06-01"),
    _reminder("FINAL", "2025-07-01"),
)
# What puts a household without BESIDES above the threshold: eight weeks of rent, three kinds of debt and short of the rent.
_ARREARS = {"cur_bal_pence": 80000}
_DEBTS = (_OVERPAID, _SUNDRY, _award("CAP", 2501, "2025-06-01"))
HOUSEHOLDS = [
    Household("notice alone"),
    Household("rented", _ARREARS, (*_DEBTS, _rented()), besides=False),
    Household("rented from the council", _ARREARS, (*_DEBTS, _rented(owned_by_council=True), *BESIDES[1:]), besides=False),
    Household("a reminder", _ARREARS, (*_DEBTS, _rented(), _reminder("REM1", "2024-10-31")), besides=False),
    Household("a reminder a day earlier", _ARREARS, (*_DEBTS, _rented(), _reminder("REM1", "2024-10-30")), besides=False),
    Household("two reminders", _ARREARS, (*_DEBTS, _rented(), *BESIDES[1:3]), besides=False),
    Household("one adult with children", records=(_member("C"), _member("D"))),
    Household("two adults with children", records=(_member("C"), _member("P"), _member("D"))),
    Household("notice to leave", records=(case(notice_type="S8", notice_date="2026-09-15", notice_expiry="2026-12-26"),)),
    Household("no-fault notice", records=(case(notice_type="S21", notice_date="2026-04-30", notice_expiry="2026-11-10"),)),
    Household("no-fault notice too late", records=(case(notice_type="S21", notice_date="2026-05-01", notice_expiry="2026-11-10"),)),
    Household("no-fault notice of a social landlord", records=(
        case(notice_type="S21", notice_date="2026-08-01", notice_expiry="2026-10-31", reason_loss="SOC_ARR"),)),
    Household("referred", records=(case(application_date="2026-09-05", referral_source="PROB", case_status="OPEN"),)),
    Household("referred, the case closed", records=(case(application_date="2026-10-30", referral_source="HOSP"),)),
    Household("referred, and housed since", records=(
        case(application_date="2026-10-01", referral_source="HOSP", relief_start="2026-10-01", relief_outcome="SEC_6M"),)),
    Household("notice ended, the case open", records=(
        case(notice_type="S8", notice_date="2026-08-15", notice_expiry="2026-10-30", case_status="OPEN"),)),
    Household("notice ended, the case closed", records=(case(notice_type="S8", notice_date="2026-08-15", notice_expiry="2026-10-20"),)),
    Household("notice without a day of service", records=(case(notice_type="S8", notice_expiry="2026-11-10"),)),
    Household("notice without an end", records=(case(notice_type="S8", notice_date="2026-10-01"),)),
    Household("notice without a reason", records=(
        case(notice_type="S21", notice_date="2026-08-01", notice_expiry="2026-11-10", reason_loss=None),)),
    Household("claim", {"courtdate": "2026-11-17"}),
    Household("hearing of an earlier notice", {"courtdate": "2026-08-31"}),
    Household("order", {"courtdate": "2026-09-20", "possorder": "2026-10-10"}),
    Household("eviction", {"possorder": "2026-10-10", "evictdate": "2026-11-20"}),
    Household("claim, the hearing passed", {"courtdate": "2026-10-30"}),
    Household("claim on a notice without a day", {"nosp_date": None, "nosp_expire": None, "courtdate": "2026-11-17"}),
    Household("notice without a day", {"nosp_date": None, "nosp_expire": None}),
    Household("eviction, the case open", {"possorder": "2026-10-10", "evictdate": "2026-11-20"}, (case(case_status="OPEN"),)),
    Household("eviction day passed", {"possorder": "2026-09-10", "evictdate": "2026-10-20"}),
    Household("two weeks", {"cur_bal_pence": 20000}),
    Household("four weeks", {"cur_bal_pence": 40000}),
    Household("a penny under four weeks", {"cur_bal_pence": 39999}),
    Household("eight weeks", {"cur_bal_pence": 80000}),
    Household("rising", {"cur_bal_pence": 30000}, _RISING),
    Household("final notice", records=_tax("FINAL", "2026-06-01")),
    Household("liability order", records=_tax("LO", "2026-07-01") + _tax("REM1", "2026-08-01", 2000, 2026)),
    Household("agents", records=_tax("EA2", "2026-08-01") + _tax("FINAL", "2026-09-01", 5000, 2026)),
    Household("two kinds", {"cur_bal_pence": 500}, (_OVERPAID,)),
    Household("three kinds", {"cur_bal_pence": 500}, (_OVERPAID, _SUNDRY)),
    Household("four kinds", {"cur_bal_pence": 500}, (_OVERPAID, _SUNDRY, *_tax("REM1", "2026-08-01"))),
    Household("short by ten pounds and a penny", records=(_award("UOC", 1001, "2025-05-01"),)),
    Household("short by ten pounds", records=(_award("UOC", 1000, "2025-05-01"),)),
    Household("short by more", records=(_award("CAP", 2501, "2025-06-01"), _award("UOC", 1500, "2025-05-01"))),
    Household("reduction stopped", records=(_award("CTR", 900, "2024-05-01", "2026-09-01"),)),
    Household("suspended without a day", records=(_suspended(None),)),
    Household("suspended tomorrow", records=(_suspended("2026-11-01"),)),
    Household("hardship payment ending", records=(_award("DHP", 2700, "2026-07-01", "2026-12-30", "AWD"),)),
    Household("hardship payment refused", records=(_award("DHP", 0, "2026-05-01", "2026-05-01", "REF"),)),
    Household("prior duty", records=(
        case(application_date="2021-10-01", relief_start="2021-10-31", relief_end="2021-12-20", reason_loss="FAM"),)),
    Household("new home", {"cot": "2025-11-01"}),
    Household("a year in the home", {"cot": "2025-10-31"}),
    Household("newly in arrears", {"cur_bal_pence": 10000, "uc_flag": True}, _posted(("2026-09-15", 10000))),
    Household("changed", records=(
        ("psn_housing__tenancy_people", {"person_key": "md5('new member')::uuid", "responsible": False, "from_date": "2026-04-30"}),)),
    Household("no reduction claimed", records=(
        _award("UCM", 0, "2026-03-01"), (_BALANCES, {"fy": 2026, "balance_pence": 90000, "overdue_pence": 0}))),
    Household("agreement in force", {"cur_bal_pence": 60000}, (
        ("psn_housing__arrears_actions", {"action_code": "AGRL", "action_date": "2026-09-20", "balance_pence": 60000}),)),
    Household("debts frozen", {"cur_bal_pence": 60000}, (_OVERPAID,
        ("psn_corporate__debt_respite_notices", {"status": "ACTV", "start_date": "2026-10-01", "address_withheld": False}))),
    Household("payment in force", records=(
        _award("DHP", 2700, "2026-07-01", None, "AWD"), _award("SHF", 3000, "2026-01-01"))),
    Household("a family reason before, debts frozen", records=(
        case(application_date="2024-10-01", reason_loss="FAM"),
        ("psn_corporate__debt_respite_notices", {"status": "ACTV", "start_date": "2026-10-01", "address_withheld": False}))),
    # Just beyond a boundary.
    Household("notice a day further off", records=(case(notice_type="S8", notice_date="2026-09-15", notice_expiry="2026-12-27"),)),
    Household("referred a day earlier", records=(case(application_date="2026-09-04", referral_source="PROB", case_status="OPEN"),)),
    Household("notice run out", {"nosp_date": "2025-10-03", "nosp_expire": "2025-10-31"}, _tax("EA1", "2026-08-01"), besides=False),
    Household("notice on its last day", {"nosp_date": "2025-10-04", "nosp_expire": "2025-11-01"}),
    Household("a penny under two weeks", {"cur_bal_pence": 19999}),
    Household("a penny under eight weeks", {"cur_bal_pence": 79999}),
    Household("two rises", {"cur_bal_pence": 30000}, _RISING[1:]),
    Household("second reminder", records=_tax("REM2", "2026-06-01")),
    Household("summons", records=_tax("SUMM", "2026-06-01")),
    Household("charging order", records=_tax("CHGO", "2026-06-01")),
    Household("one kind", {"cur_bal_pence": 500}),
    Household("short by twenty-five pounds", records=(_award("CAP", 2500, "2025-06-01"),)),
    Household("reduction stopped a day earlier", records=(_award("CTR", 900, "2024-05-01", "2026-08-31"),)),
    Household("hardship payment ending a day later", records=(_award("DHP", 2700, "2026-07-01", "2026-12-31", "AWD"),)),
    Household("hardship payment refused a day earlier", records=(_award("DHP", 0, "2026-04-30", "2026-04-30", "REF"),)),
    Household("prior duty a day earlier", records=(
        case(application_date="2021-10-01", relief_start="2021-10-30", relief_end="2021-12-20"),)),
    Household("newly in arrears by less than a week", {"cur_bal_pence": 9999, "uc_flag": True}, _posted(("2026-09-15", 9999))),
    Household("changed a day earlier", records=(
        ("psn_housing__tenancy_people", {"person_key": "md5('newer member')::uuid", "responsible": False, "from_date": "2026-04-29"}),)),
    Household("everything at once", {"cur_bal_pence": 90000, "courtdate": "2026-11-17", "uc_flag": True}, (
        _OVERPAID, _SUNDRY, *_tax("EA1", "2026-08-01"), *_RISING, _award("CAP", 4000, "2026-02-01"))),
]  # fmt: skip


# Records that protect somebody or tell of need, each with a start that is known, not recorded, today's, or still to come.
SINCE = {"the day before": "2026-10-30", "today": "2026-10-31", "not recorded": None, "tomorrow": "2026-11-01"}


def _protecting(
    record: str, since: str | None, until: str | None = None
) -> tuple[dict[str, object], tuple[Record, ...]]:
    """Columns of the tenancy and further records of one circumstance that begins on a day."""
    no_notice = {"nosp": False, "cur_bal_pence": 90000, "evictdate": "2026-11-20"}
    respite = {"status": "ACTV", "address_withheld": False, "start_date": since, "frozen_until": until}
    flagged = {"has_support_flag": True, "from_date": since, "to_date": until}
    match record:
        case "a care entry":
            entry = {"needs_care": True, "handling_code": "VISIT", "start_date": since, "end_date": until}
            return no_notice, (("psn_corporate__vulnerability_register", entry),)
        case "a benefit flag":
            return no_notice, (("psn_benefits__benefit_members", {"relation": "C"} | flagged),)
        case "a tenancy flag":
            return no_notice, (("psn_housing__tenancy_people", {"responsible": True} | flagged),)
        case "a debt respite":
            return no_notice, (("psn_corporate__debt_respite_notices", respite),)
        case "a suspension":
            return no_notice, (_suspended(since),)
        case "a notice of possession":
            return {"nosp": True, "nosp_date": since, "nosp_expire": None, "cur_bal_pence": 90000}, ()
        case "a notice to leave":
            notice = case(
                notice_type="S8", notice_date=since, notice_expiry="2026-11-20", application_date="2026-10-01"
            )
            return {"nosp": False, "cur_bal_pence": 90000, **BELOW}, (notice,)
    raise AssertionError(record)


# A rent debt that alone makes no list.
BELOW = {"evictdate": None}
PROTECTING = [
    "a care entry", "a benefit flag", "a tenancy flag", "a debt respite", "a suspension", "a notice of possession",
    "a notice to leave",
]  # fmt: skip
ENDING = PROTECTING[:4]
HOUSEHOLDS += [
    Household(f"{record}, since {when}", *_protecting(record, since))
    for record in PROTECTING
    for when, since in SINCE.items()
]
HOUSEHOLDS += [
    Household(f"{record}, to {when}", *_protecting(record, "2026-01-01", until))
    for record in ENDING
    for when, until in SINCE.items()
]


def _value(value: object) -> str:
    if value is None or isinstance(value, bool | int):
        return {None: "null", True: "true", False: "false"}.get(value, str(value))
    return str(value) if str(value).endswith("::uuid") else f"'{value}'"


def written(households: list[Household] = HOUSEHOLDS) -> list[str]:
    """Statements that write households, each with its home, council tax account, claim and what is particular to it."""
    statements = []
    for one in households:
        keys = {
            "person_key": one.key("person"),
            "household_key": one.key("household"),
            "council_household_key": one.key("household"),
            "tenancy_key": one.key("tenancy"),
            "rent_payment_key": one.key("rent"),
            "council_tax_account_key": one.key("account"),
            "billing_property_key": one.key("property"),
            "benefit_claim_key": one.key("claim"),
            "benefit_award_key": "gen_random_uuid()::uuid",
            "homelessness_case_key": "gen_random_uuid()::uuid",
        }  # fmt: skip
        tenancy = {
            "cot": "2015-01-01", "rent_pence": 8000, "service_pence": 1000, "other_charge_pence": 1000, "cur_bal_pence": 0,
            "nosp": True, "nosp_date": "2026-09-01", "nosp_expire": "2026-09-29", "uc_flag": False,
        }  # fmt: skip
        records: list[Record] = [
            ("psn_spine__people", {"age_band": "35-49", "ward_code": "E05002229", "is_address_sensitive": False}),
            ("psn_spine__households", {"is_shared": False, "is_institution": False}),
            ("psn_spine__household_members", {"from_on": "2015-01-01"}),
            ("psn_housing__tenancies", tenancy | one.tenancy),
            ("psn_housing__tenancy_people", {"responsible": True, "from_date": "2015-01-01", "has_support_flag": False}),
            ("psn_revenues__council_tax_accounts", {
                "liability_start": "2015-01-01", "is_estate": False, "lead_liab_pos": 4, "employee_ind": False}),
            ("psn_benefits__benefit_claims", {
                "status": "A", "application_date": "2023-01-01", "unsafe_addr_ind": False}),
            *one.records,
            *(BESIDES if one.besides else ()),
        ]  # fmt: skip
        for table, columns in records:
            known = {column.split()[0] for column in TABLES[table].split(",")}
            held = {name: value for name, value in keys.items() if name in known} | columns
            names, values = ", ".join(held), ", ".join(map(_value, held.values()))
            statements.append(f"insert into {table} ({names}) values ({values})")
    return statements


# Rule and tier → the household on its boundary, and the one just beyond.
BOUNDARIES = {
    ("H1", "NOTICE"): ("notice to leave", "notice a day further off"),
    ("H1", "REFERRED"): ("referred", "referred a day earlier"),
    ("H2", "NOTICE_SERVED"): ("notice on its last day", "notice run out"),
    ("H2", "CLAIM"): ("claim", "hearing of an earlier notice"),
    ("H2", "EVICTION"): ("eviction", "order"),
    ("H3", "TWO_WEEKS"): ("two weeks", "a penny under two weeks"),
    ("H3", "FOUR_WEEKS"): ("four weeks", "a penny under four weeks"),
    ("H3", "EIGHT_WEEKS"): ("eight weeks", "a penny under eight weeks"),
    ("H4", "RISING"): ("rising", "two rises"),
    ("H5", "FINAL_NOTICE"): ("final notice", "second reminder"),
    ("H5", "LIABILITY_ORDER"): ("liability order", "summons"),
    ("H5", "ENFORCEMENT"): ("agents", "charging order"),
    ("H6", "TWO"): ("two kinds", "one kind"),
    ("H6", "THREE"): ("three kinds", "two kinds"),
    ("H7", "OVER_10"): ("short by ten pounds and a penny", "short by ten pounds"),
    ("H7", "OVER_25"): ("short by more", "short by twenty-five pounds"),
    ("H8", "STOPPED"): ("reduction stopped", "reduction stopped a day earlier"),
    ("H9", "ENDING"): ("hardship payment ending", "hardship payment ending a day later"),
    ("H9", "REFUSED"): ("hardship payment refused", "hardship payment refused a day earlier"),
    ("H10", "PRIOR_DUTY"): ("prior duty", "prior duty a day earlier"),
    ("H11", "NEW_HOME"): ("new home", "a year in the home"),
    ("H12", "NEWLY_IN_ARREARS"): ("newly in arrears", "newly in arrears by less than a week"),
    ("H13", "CHANGED"): ("changed", "changed a day earlier"),
    ("H14", "PRIVATE"): ("rented", "rented from the council"),
    ("H15", "ONE"): ("a reminder", "a reminder a day earlier"),
    ("H15", "THREE"): ("rented from the council", "two reminders"),
    ("H16", "ONE_ADULT"): ("one adult with children", "two adults with children"),
}
