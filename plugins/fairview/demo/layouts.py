"""The supplier's own copy of the file layouts: names, order, widths, encodings, trailers, control totals.

Deliberately not read from the receiver's contracts: supplier and receiver each hold the agreement.
Types: Cn text, In whole number, M money, D date, T date and time, F yes or no.
"""

from __future__ import annotations

from dataclasses import dataclass

SPEC_VERSION = "1.0"
SOURCES = ("revenues", "benefits", "housing", "community_safety", "corporate", "gazetteer", "open_data")


@dataclass(frozen=True)
class Column:
    """One column as agreed: header, kind (C I M D T F) and, for text, the longest length."""

    header: str
    kind: str
    length: int


@dataclass(frozen=True)
class Layout:
    """One feed's file. `form`: pipe, csv, quoted (every value quoted), char (padded), fixed, zip or xlsx."""

    feed: str
    source: str
    kind: str
    form: str
    encoding: str
    date_format: str
    control: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    suffix: str

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]

    def column(self, header: str) -> Column:
        return next(column for column in self.columns if column.header == header)

    def file_name(self, extract_date: str) -> str:
        """The file's name for an extract date in ISO form; the police file keeps its own."""
        if self.feed == "street_crime":
            return f"{extract_date[:7]}-essex-street.csv"
        return f"{self.feed.upper()}_{extract_date.replace('-', '')}.{self.suffix}"

    @property
    def line_end(self) -> str:
        return "\r\n" if self.form in ("pipe", "char", "fixed") else "\n"


def _columns(text: str) -> tuple[Column, ...]:
    found = []
    for part in text.split():
        header, kind = part.split(":")
        found.append(Column(header.replace("~", " "), kind[0], int(kind[1:] or 0)))
    return tuple(found)


_UK, _ISO = "%d/%m/%Y", "%Y-%m-%d"
# feed, source, kind, form, encoding, date format, control total, key, suffix, columns (~ stands for a blank)
_LAYOUTS = (
    (
        "council_tax_accounts revenues snapshot pipe cp1252 UK hash:account_ref account_ref txt",
        "account_ref:C8 account_cd:C1 property_ref:C18 lead_liab_title:C12 lead_liab_name:C32 lead_liab_pos:I2 "
        "fwd_addr1:C32 fwd_addr2:C32 fwd_postcode:C8 email:C60 phone:C16 paymeth_code:C5 account_status:C1 "
        "liability_start:D liability_end:D prohibit_code:C4 prohibit_set:D prohibit_end:D equal_access_code:C2 "
        "employee_ind:F1 risk_segment:C4 notes:C200 last_updated:D",
    ),
    (
        "council_tax_parties revenues snapshot pipe cp1252 UK hash:account_ref account_ref,party_seq txt",
        "account_ref:C8 party_seq:I2 party_title:C12 party_name:C32 liab_pos:I2 from_date:D to_date:D",
    ),
    (
        "council_tax_properties revenues snapshot pipe cp1252 UK rows property_ref txt",
        "property_ref:C18 addr1:C32 addr2:C32 addr3:C32 postcode:C8 uprn:C12 band_010493:C1 wardcode:C9 no_beds:I2 "
        "council_ha_ind:F1 rented_prop:F1 deleted_ind:F1",
    ),
    (
        "council_tax_occupations revenues snapshot pipe cp1252 UK hash:account_ref account_ref,occupation_date txt",
        "account_ref:C8 property_ref:C18 occupation_date:D vacation_date:D live_ind:F1 transit_ind:F1",
    ),
    (
        "council_tax_balances revenues snapshot pipe cp1252 UK sum:balance account_ref,fy txt",
        "account_ref:C8 fy:I4 gross_debit:M discounts:M ctr:M payments:M refunds:M costs:M write_off:M adjustments:M "
        "balance:M overdue:M instalments_due:I2 instalments_paid:I2 right_to_instalments_lost:F1",
    ),
    (
        "council_tax_recovery revenues events pipe cp1252 UK sum:amount_at_stage recovery_id txt",
        "recovery_id:C10 account_ref:C8 fy:I4 stage:C6 stage_date:D court_date:D amount_at_stage:M costs:M "
        "agent_code:C4 hold_code:C4 hold_until:D reversed_ind:F1",
    ),
    (
        "council_tax_transactions revenues events pipe cp1252 UK sum:amount txn_id txt",
        "txn_id:C12 account_ref:C8 fy:I4 txn_date:D posted_date:D txn_type:C3 amount:M method:C5",
    ),
    (
        "council_tax_discounts revenues snapshot pipe cp1252 UK hash:account_ref account_ref,disc_code,start_date txt",
        "account_ref:C8 disc_code:C5 start_date:D end_date:D pct:I3",
    ),
    (
        "benefit_claims benefits snapshot quoted utf-8-sig ISO hash:claim_id claim_id csv",
        "claim_id:C8 check_digit:C1 ctax_ref:C9 rent_ref:C12 nino:C9 status:C1 application_date:D cancel_date:D "
        "end_reason:C4 susp_reason_code:C4 susp_date:D addr1:C60 addr2:C60 postcode:C8 uprn:C12 unsafe_addr_ind:F1 "
        "risk_score:I4 risk_sub_group:C6 fraud_ref:C12 potentially_violent:F1 ethnic_id:C2 equal_access_code:C2 "
        "phone:C16 email:C60 case_notes:C400",
    ),
    (
        "benefit_members benefits snapshot quoted utf-8-sig ISO hash:claim_id claim_id,member_seq,from_date csv",
        "claim_id:C8 member_seq:I2 person_ref:C9 relation:C1 title:C12 forename:C32 surname:C32 birth_date:T "
        "gender:C1 nino:C9 from_date:D to_date:D disable_ind:F1 carer_ind:F1 student_ind:F1 "
        "severely_mentally_impaired_ind:F1 deceased_date:D sanction_ind:F1",
    ),
    (
        "benefit_awards benefits snapshot quoted utf-8-sig ISO sum:weekly_amount award_id csv",
        "award_id:C10 claim_id:C8 award_type:C3 from_date:D to_date:D weekly_amount:M eligible_rent:M "
        "contractual_rent:M passport_ind:F1 decision:C4 suspended_ind:F1",
    ),
    (
        "benefit_overpayments benefits snapshot xlsx utf-8 UK sum:balance invoice_no xlsx",
        "invoice_no:C10 claim_ref:C10 debtor_name:C40 nino:C9 class:C3 created:D original:M balance:M "
        "recovery_route:C5 stage:C4 last_paid:D",
    ),
    (
        "tenancies housing snapshot char cp1252 UK sum:cur_bal tag_ref csv",
        "tag_ref:C11 prop_ref:C12 house_ref:C10 payref:C12 tenure:C3 cot:D eot:D rent:M service:M other_charge:M "
        "cur_bal:M nosp:F1 nosp_date:D nosp_expire:D courtdate:D possorder:D evictdate:D uc_flag:F1 hb_flag:F1 "
        "high_action:C4 no_beds:I2 addr1:C40 addr2:C40 postcode:C8 uprn:C12 asbo_issued:F1 pot_violent:F1",
    ),
    (
        "tenancy_people housing snapshot char cp1252 UK rows house_ref,person_no csv",
        "house_ref:C10 person_no:I2 title:C8 forename:C24 surname:C20 dob:D ni_no:C12 responsible:F1 "
        "relationship:C3 phone:C16 email:C60 from_date:D to_date:D ethnic_origin:C2 disabled:F1 crim_rec:F1 "
        "mem_notes:C80",
    ),
    (
        "rent_transactions housing events zip utf-8 ISO sum:real_value txn_ref zip",
        "txn_ref:C12 tag_ref:C11 post_date:T post_year:I4 post_prdno:I2 trans_type:C3 real_value:M",
    ),
    (
        "arrears_actions housing events fixed ascii %Y%m%d sum:balance tag_ref,action_no dat",
        "tag_ref:C11 action_no:I5 action_code:C4 action_date:D balance:M12 next_action_date:D comment:C35",
    ),
    (
        "homelessness_cases housing snapshot csv utf-8 ISO rows case_ref csv",
        "case_ref:C12 application_date:D la_code:C9 forename:C40 surname:C40 dob:D nino:C9 phone:C16 last_addr1:C60 "
        "last_postcode:C8 last_uprn:C12 household_type:C4 dependants:I2 initial_assessment:C4 notice_type:C4 "
        "notice_date:D notice_expiry:D reason_loss:C8 support_needs:C60 referral_source:C4 prevention_start:D "
        "prevention_end:D prevention_outcome:C10 relief_start:D relief_end:D relief_outcome:C10 "
        "main_duty_decision:C4 main_duty_date:D ta_type:C6 ta_start:D ta_end:D php_issued:D case_status:C6 "
        "sexual_orientation:C3 nationality:C3 ethnic_group:C2 assessor_notes:C400",
    ),
    (
        "asb_incidents community_safety events csv utf-8-sig ISO rows incident_ref csv",
        "incident_ref:C12 case_ref:C12 reported_at:T occurred_from:T occurred_to:T source:C6 asb_group:C3 asb_type:C4 "
        "hate_ind:F1 hate_strands:C20 incident_uprn:C12 location_text:C120 ward_code:C9 linked_incident_ref:C12 "
        "ram_score:I2 ram_date:D vulnerability_disclosed:F1 action_taken:C6 last_victim_update:D "
        "case_review_requested:F1 closed_at:T closure_reason:C5 withdrawn_ind:F1 narrative:C400",
    ),
    (
        "asb_parties community_safety events csv utf-8-sig ISO rows incident_ref,party_seq csv",
        "incident_ref:C12 party_seq:I2 party_role:C20 anonymous_ind:F1 title:C8 forename:C40 surname:C40 dob:D "
        "gender:C1 phone:C16 email:C60 addr1:C60 postcode:C8 uprn:C12 ethnic_group:C2 arrested_ind:F1 police_ref:C14",
    ),
    (
        "debt_respite_notices corporate snapshot csv utf-8 UK rows notice_ref csv",
        "notice_ref:C12 moratorium_type:C3 start_date:D end_date:D status:C4 forename:C40 surname:C40 dob:D addr1:C60 "
        "postcode:C8 address_withheld:F1 debt_refs:C120 received_at:D",
    ),
    (
        "vulnerability_register corporate snapshot xlsx utf-8 UK rows reg_id xlsx",
        "reg_id:C8 surname:C40 forename:C40 dob:D address:C80 postcode:C8 uprn:C12 category:C4 source:C4 start_date:D "
        "review_by:D end_date:D handling_code:C5 notes:C200",
    ),
    (
        "deaths corporate events csv cp1252 UK rows death_id csv",
        "death_id:C8 surname:C40 forenames:C60 dob:D dod:D last_addr1:C60 last_postcode:C8 notified_on:D "
        "withdrawn_ind:F1",
    ),
    (
        "data_objections corporate snapshot csv utf-8 UK rows objection_id csv",
        "objection_id:C8 surname:C40 forename:C40 dob:D postcode:C8 uprn:C12 service_scope:C3 right:C5 received:D "
        "decision:C8 decision_date:D end_date:D",
    ),
    (
        "sundry_debts corporate snapshot pipe cp1252 UK sum:balance account_no txt",
        "account_no:C10 debt_type:C6 debtor_name:C40 addr1:C40 postcode:C8 raised:D original:M balance:M stage:C4",
    ),
    (
        "properties gazetteer snapshot csv utf-8 ISO rows uprn csv",
        "uprn:C12 parent_uprn:C12 redirect_uprn:C12 usrn:C8 saon:C20 paon:C20 street:C40 town:C30 postcode:C8 "
        "lsoa21:C9 ward_code:C9 ward_basis_to:D blpu_class:C4 logical_status:C1 sensitive_ind:F1 start_date:D "
        "end_date:D",
    ),
    (
        "street_crime open_data events csv utf-8 ISO rows - csv",
        "Crime~ID:C64 Month:C7 Reported~by:C40 Falls~within:C40 Longitude:C12 Latitude:C12 Location:C80 LSOA~code:C9 "
        "LSOA~name:C40 Crime~type:C40 Last~outcome~category:C80 Context:C80",
    ),
    (
        "deprivation open_data snapshot csv utf-8 ISO rows lsoa21_code csv",
        "lsoa21_code:C9 lsoa21_name:C40 msoa21_code:C9 imd_score:C10 imd_rank:I5 imd_decile:I2 income_score:C10 "
        "income_decile:I2 employment_decile:I2 crime_decile:I2 population_2021:I6",
    ),
    (
        "postcodes open_data snapshot csv utf-8 ISO rows pcd csv",
        "pcd:C8 lsoa21_code:C9 msoa21_code:C9 ward_code:C9 easting:I6 northing:I6 status:C4",
    ),
    (
        "lha_rates open_data snapshot csv utf-8 ISO sum:weekly_rate brma,bedrooms,valid_from csv",
        "brma:C40 bedrooms:C1 weekly_rate:M valid_from:D valid_to:D",
    ),
)


def _layout(facts: str, columns: str) -> Layout:
    feed, source, kind, form, encoding, dates, control, key, suffix = facts.split()
    return Layout(
        feed,
        source,
        kind,
        form,
        encoding,
        {"UK": _UK, "ISO": _ISO}.get(dates, dates),
        control,
        tuple(key.split(",")) if key != "-" else (),
        _columns(columns),
        suffix,
    )


LAYOUTS = {layout.feed: layout for layout in (_layout(*entry) for entry in _LAYOUTS)}
