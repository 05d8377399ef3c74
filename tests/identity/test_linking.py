"""Who is joined with whom, and above all who is not."""

from __future__ import annotations

from datetime import date

BORN = date(1971, 3, 14)


def test_firms_voids_and_neighbours_are_nobody(town):
    home = town.home(1)
    records = [
        *town.account("10000001", home, "QUILLON LETTINGS LTD", title=None),
        *town.account("10000002", home, "THE OCCUPIER", title=None),
        town.put(
            "asb_parties",
            incident_ref="A1",
            party_seq=1,
            party_role="VICTIM",
            anonymous_ind=False,
            surname="NEIGHBOUR AT 12",
        ),
        town.put("asb_parties", incident_ref="A1", party_seq=2, party_role="VICTIM", anonymous_ind=True),
        town.put(
            "asb_parties",
            incident_ref="A1",
            party_seq=3,
            party_role="REPORTER",
            anonymous_ind=False,
            surname="UNKNOWN MALE",
        ),
    ]
    real = town.account("10000003", home, "ZZYZX, QUILLON")
    receipt = town.link()
    assert [town.person(record) for record in records] == [None] * len(records)
    assert receipt.people == 1
    assert town.same(*real)


def test_a_void_position_is_nobody_whatever_its_name(town):
    record = town.put("council_tax_accounts", account_ref="10000001", account_cd="A", property_ref=town.home(1), lead_liab_name="ZZYZX, QUILLON",
                      lead_liab_pos=9, liability_start=date(2020, 1, 1))  # fmt: skip
    town.link()
    assert town.person(record) is None


def test_executors_stay_with_the_dead_person(town):
    home = town.home(1)
    account = town.account("10000001", home, "ZZYZX, QUILLON (DECEASED)", title="EXORS OF")
    death = town.put("deaths", death_id="D1", surname="Zzyzx", forenames="Quillon", dob=BORN, dod=date(2026, 2, 1), last_addr1="1 Nowhere Lane",
                     last_postcode="RM15 1CI", notified_on=date(2026, 2, 9), withdrawn_ind=False)  # fmt: skip
    town.link()
    assert town.same(*account, death)


def test_a_claimant_is_the_party_of_the_account_the_claim_names(town):
    account = town.account("10000001", town.home(1), "ZZYZX, Q")
    claim = town.claim(
        "00000001",
        town.home(2),
        "Quillon",
        "Zzyzx",
        BORN,
        "QQ123456A",
        ctax_ref="10000001A",
        cancel_date=date(2026, 5, 4),
    )
    town.link()
    assert town.same(*account, *claim)


def test_a_claim_naming_an_account_of_somebody_else_is_not_joined_to_it(town):
    account = town.account("10000001", town.home(1), "ZZYZX, QUILLON")
    claim = town.claim("00000001", town.home(1), "Ottoline", "Zzyzx", BORN, "QQ123456A", ctax_ref="10000001A")
    town.link()
    assert town.same(*claim)
    assert not town.same(account[0], claim[0])


def test_a_tenant_is_the_claimant_whose_claim_names_the_rent_account(town):
    town.put(
        "tenancies",
        tag_ref="000001/01",
        house_ref="000000001",
        payref="PAY1",
        addr1="1 Nowhere Lane",
        postcode="RM15 1CI",
        cot=date(2020, 5, 4),
    )
    tenant = town.put(
        "tenancy_people", house_ref="000000001", person_no=1, forename="Quillon", surname="Zzyzx", responsible=True
    )
    claim = town.claim("00000001", town.home(9), "Q", "Zzyzx", BORN, "QQ123456A", rent_ref="PAY1")
    town.link()
    assert town.same(tenant, *claim)


def test_an_overpayment_belongs_to_the_claimant_of_its_claim(town):
    claim = town.claim("00000001", town.home(1), "Quillon", "Zzyzx", BORN)
    debt = town.put("benefit_overpayments", invoice_no="OP1", claim_ref="00000001/7", debtor_name="MR Q ZZYZX")
    town.link()
    assert town.same(*claim, debt)


def test_a_respite_notice_is_tied_by_the_debts_it_lists(town):
    account = town.account("10000001", town.home(1), "ZZYZX, QUILLON", "OTHERLY, OTTOLINE")
    notice = town.put("debt_respite_notices", notice_ref="BS1", start_date=date(2026, 9, 1), forename="Quillon", surname="Zzyzx", dob=BORN,
                      debt_refs="HBOP:NONE; CT:10000001")  # fmt: skip
    town.link()
    assert town.same(account[0], notice)
    assert not town.same(account[2], notice)


def test_the_same_number_and_a_fitting_name_are_one_person(town):
    claim = town.claim("00000001", town.home(1), "Quillon", "Zzyzx", BORN, "QQ123456A")
    case = town.put(
        "homelessness_cases",
        case_ref="H1",
        application_date=date(2026, 1, 5),
        forename="Q",
        surname="Zzyzx",
        nino="QQ123456A",
    )
    town.link()
    assert town.same(*claim, case)


def test_the_same_number_and_a_clashing_name_are_two_people(town):
    claim = town.claim("00000001", town.home(1), "Quillon", "Zzyzx", BORN, "QQ123456A")
    case = town.put(
        "homelessness_cases",
        case_ref="H1",
        application_date=date(2026, 1, 5),
        forename="Ottoline",
        surname="Bracket",
        nino="QQ123456A",
    )
    town.link()
    assert not town.same(claim[0], case)


def test_name_birth_date_and_home_make_one_person_through_a_redirected_uprn(town):
    home = town.home(1)
    town.put(
        "properties",
        uprn="999700009999",
        redirect_uprn=home,
        paon="1",
        street="Nowhere Lane",
        town="GRAYS",
        postcode="RM15 1CI",
        logical_status="8",
    )
    first = town.registered("VR1", "Quillon", "Zzyzx", BORN, "999700009999")
    second = town.put(
        "data_objections",
        objection_id="OB1",
        forename="Quillon",
        surname="ZZYZX",
        dob=BORN,
        postcode="RM15 1CI",
        uprn=home,
    )
    town.link()
    assert town.same(first, second)


def test_twins_never_merge(town):
    home = town.home(1)
    town.claim("00000001", home, "Ottoline", "Zzyzx", date(1980, 2, 2))
    one = town.member("00000001", 2, "Quillon", "Zzyzx", date(2015, 6, 6))
    other = town.member("00000001", 3, "Quinella", "Zzyzx", date(2015, 6, 6))
    entry = town.registered("VR1", "Quinella", "Zzyzx", date(2015, 6, 6), home)
    unclear = town.registered("VR2", "Q", "Zzyzx", date(2015, 6, 6), home)
    town.link()
    assert not town.same(one, other)
    assert town.same(other, entry)
    assert not town.same(unclear, one)
    assert not town.same(unclear, other)
    assert ("tie",) in town.ask("SELECT DISTINCT kind FROM identity.review_queue")


def test_father_and_son_of_one_name_never_merge(town):
    home = town.home(1)
    father = town.claim("00000001", home, "Quillon", "Zzyzx", date(1955, 1, 2), "QQ123456A")
    son = town.member("00000001", 2, "Quillon", "Zzyzx", date(1990, 8, 9), "QQ654321A", "N")
    account = town.account("10000001", home, "ZZYZX, QUILLON", "ZZYZX, QUILLON")
    town.link()
    assert not town.same(father[0], son)
    assert not town.same(account[1], account[2])
    assert not (town.same(account[1], son) and town.same(account[1], father[0]))


def test_joint_parties_are_two_people_even_with_one_initial(town):
    account = town.account("10000001", town.home(1), "ZZYZX, Q", "ZZYZX, Q")
    town.link()
    assert not town.same(account[1], account[2])


def test_a_child_of_the_same_name_is_not_the_liable_adult(town):
    home = town.home(1)
    account = town.account("10000001", home, "ZZYZX, QUILLON")
    child = town.registered("VR1", "Quillon", "Zzyzx", date(2019, 5, 5), home)
    town.link()
    assert not town.same(account[0], child)


def test_people_who_share_a_landlords_address_are_not_merged_by_it(town):
    agent = town.home(50, "Agents Row", "RM16 2CI")
    one = town.account(
        "10000001",
        town.home(1),
        "ZZYZX, QUILLON",
        until=date(2025, 3, 3),
        fwd_addr1="50 Agents Row",
        fwd_postcode="RM16 2CI",
    )
    other = town.account(
        "10000002",
        town.home(2),
        "BRACKET, OTTOLINE",
        until=date(2025, 4, 4),
        fwd_addr1="50 Agents Row",
        fwd_postcode="RM16 2CI",
    )
    third = town.account("10000003", agent, "AGENTLY, PETRONEL")
    town.link()
    assert len({town.person(records[0]) for records in (one, other, third)}) == 3


def test_a_name_alone_never_makes_one_person(town):
    first = town.registered("VR1", "Quillon", "Zzyzx")
    second = town.put(
        "homelessness_cases", case_ref="H1", application_date=date(2026, 1, 5), forename="Quillon", surname="Zzyzx"
    )
    town.link()
    assert not town.same(first, second)


def test_somebody_who_moved_on_the_day_is_followed(town):
    day = date(2025, 9, 15)
    old = town.account("10000001", town.home(1), "ZZYZX, QUILLON", until=day)
    new = town.account("10000002", town.home(2, "Elsewhere Road", "RM17 3CI"), "ZZYZX, MR QUILLON", since=day)
    town.link()
    assert town.same(*old, *new)


def test_a_name_written_the_other_way_round_is_found(town):
    home = town.home(1)
    account = town.account("10000001", home, "QUILLON, ZZYZX")
    entry = town.registered("VR1", "Quillon", "Zzyzx", BORN, home)
    town.link()
    assert town.same(*account, entry)


def test_best_facts_outvote_a_placeholder_and_follow_the_last_move(town):
    old, new = town.home(1), town.home(2, "Elsewhere Road", "RM17 3CI")
    day = date(2025, 9, 15)
    town.account("10000001", old, "ZZYZX, QUILLON", until=day)
    account = town.account("10000002", new, "ZZYZX, QUILLON", since=day)
    town.claim("00000001", new, "Quillon", "Zzyzx", BORN, "QQ123456A", ctax_ref="10000002A")
    town.put("homelessness_cases", case_ref="H1", application_date=date(2026, 1, 5), forename="Quillon", surname="Zzyzx",
             dob=date(1971, 1, 1), nino="QQ123456A")  # fmt: skip
    town.link()
    facts = town.ask(
        "SELECT birth_date, uprn, postcode FROM identity.people WHERE person_key = ?", town.person(account[0])
    )
    assert facts == [(BORN, new, "RM17 3CI")]


def test_a_household_is_the_people_of_one_spell_and_a_shared_house_is_known(town):
    family, shared = town.home(1), town.home(2)
    couple = town.account("10000001", family, "ZZYZX, QUILLON", "ZZYZX, OTTOLINE")
    guest = town.registered("VR1", "Petronel", "Bracket", BORN, family)
    lodgers = [
        town.account(f"2000000{number}", shared, name)
        for number, name in enumerate(("AAAX, PIP", "BBBX, MAUD", "CCCX, IVO"))
    ]
    town.link()
    of = dict(town.ask("SELECT person_key, household_key FROM identity.household_members"))
    assert of[town.person(couple[1])] == of[town.person(couple[2])] == of[town.person(guest)]
    assert len({of[town.person(lodger[0])] for lodger in lodgers}) == 3
    assert sorted(town.ask("SELECT uprn, bool_or(is_shared) FROM identity.households GROUP BY uprn")) == [
        (family, False),
        (shared, True),
    ]


def test_one_slip_among_many_records_does_not_part_a_person(town):
    home = town.home(1)
    account = town.account("10000001", home, "ZZYZX, QUILLONA")
    claim = town.claim("00000001", home, "Quillona", "Zzyzx", BORN, "QQ123456A")
    case = town.put("homelessness_cases", case_ref="H1", application_date=date(2026, 1, 5), forename="Quilla", surname="Zzyzx",
                    nino="QQ123456A", dob=BORN, last_uprn=home)  # fmt: skip
    slip = town.registered("VR1", "Quilolna", "Zzyzx", BORN, home)
    town.link()
    assert town.same(*account, *claim, case, slip)


def test_an_address_made_of_the_name_does_not_join_two_of_one_name_in_two_homes(town):
    one = town.account("10000001", town.home(1), "SMITH, QUILLON", email="q.smith1@example.org")
    other = town.account(
        "10000002", town.home(2, "Elsewhere Road", "RM17 3CI"), "SMITH, QUILLON", email="q.smith1@example.org"
    )
    town.link()
    assert town.same(*one)
    assert town.same(*other)
    assert not town.same(one[0], other[0])


def test_an_initial_of_the_other_sex_is_not_joined_to_the_only_one_who_could_be_meant(town):
    for number, surname in enumerate(("AAAX", "BBBX", "CCCX", "DDDX", "EEEX", "FFFX")):
        town.member(f"1000000{number}", 1, "Quenby", surname, date(1960 + number, 3, 4), gender="F")
    home = town.home(1)
    account = town.account("10000001", home, "ZZYZX, MR Q", title="MR")
    wife = town.registered("VR1", "Quenby", "Zzyzx", BORN, home)
    town.link()
    assert town.same(*account)
    assert not town.same(account[0], wife)


def test_a_name_entered_the_other_way_round_is_turned_when_the_council_knows_the_forename(town):
    for number, letter in enumerate("ABCDEFGHIJKL"):
        town.member(f"100000{number:02}", 1, "Quenby", f"{letter * 3}x", date(1960 + number, 3, 4))
    home = town.home(1)
    married = town.account("10000001", home, "QUENBY, ZZYZX")
    entry = town.registered("VR1", "Quenby", "Zzyzx-Otherly", BORN, home)
    town.link()
    assert town.same(*married, entry)


def test_a_reversed_entry_is_turned_though_few_bear_the_forename(town):
    for number, letter in enumerate("ABCDE"):
        town.member(f"100000{number:02}", 1, "Quenby", f"{letter * 3}x", date(1960 + number, 3, 4))
    home = town.home(1)
    account = town.account("10000001", home, "QUENBY, ZZYZX")
    entry = town.registered("VR1", "Quenby", "Zzyzx", BORN, home)
    town.link()
    assert town.same(*account, entry)


def test_a_pet_form_entered_the_other_way_round_does_not_part_a_person(town):
    home = town.home(1)
    account = town.account("10000001", home, "ZZYZX, VANESSA", title="MRS")
    claim = town.claim("00000001", home, "Nessa", "Zzyzx", BORN, "QQ123456A")
    entry = town.registered("VR1", "Zzyzx", "Nessa", BORN, home)
    town.link()
    assert town.same(*account, *claim, entry)


def test_an_undated_record_is_not_joined_with_somebody_of_another_surname_who_left_the_home_before(town):
    home = town.home(1)
    before = town.account("10000001", home, "ZZYZX, QUILLON", until=date(2022, 4, 5))
    after = town.account("10000002", home, "OTHERLY, QUILLON", since=date(2023, 6, 7))
    town.put(
        "sundry_debts", account_no="S1", debtor_name="MR QUILLON OTHERLY", addr1="1 NOWHERE LANE", postcode="RM15 1CI"
    )
    town.link()
    assert town.same(*after, ("sundry_debts", "S1"))
    assert not town.same(before[0], after[0])


def test_namesakes_in_one_street_who_hold_two_homes_at_once_stay_two(town):
    one = town.account("10000001", town.home(1), "ZZYZX, QUILLON", until=date(2024, 4, 5))
    other = town.account("10000002", town.home(2), "ZZYZX, QUILLON", since=date(2021, 6, 7))
    town.link()
    assert not town.same(one[0], other[0])


def test_people_with_a_word_for_a_name_stay_people_and_firms_voids_and_the_unnamed_are_nobody(town):
    people = (
        "BANKS, QUILLON", "CHURCH, OTTOLINE", "COUNCIL, Q", "MARKETING, QUILLON", "VOID, OTTOLINE", "MR Q TRUST", "OWNERS, QUILLON",
        "HOTEL, MRS O", "SCHOOL, QUILLON", "HOMES, OTTOLINE", "CHILD, QUILLON", "MALE, OTTOLINE", "MANN, QUILLON", "TENANT, OTTOLINE",
        "STORES, QUILLON",
    )  # fmt: skip
    nobody = (
        "QUILLON HOMES LTD", "ZZYZX & SONS", "THE OCCUPIER", "OCCUPIER", "VOID", "ZZYZX HOUSING ASSOCIATION", "QUILLON COUNCIL",
        "OWNER/OCCUPIER", "THE OWNER", "ZZYZX BANK PLC", "ANONYMOUS", "NAME WITHHELD", "UNKNOWN MALE", "NEIGHBOUR AT 12",
        "QUILLON LETTINGS", "ZZYZX T/A QUILLON CAFE", "TIDEQUILL CARS", "QUILLON TYRES",
    )  # fmt: skip
    debts = {
        name: town.put("sundry_debts", account_no=f"S{number}", debtor_name=name)
        for number, name in enumerate(people + nobody)
    }
    town.link()
    assert [name for name in people if town.person(debts[name]) is None] == []
    assert [name for name in nobody if town.person(debts[name])] == []


def test_an_institution_is_more_people_than_the_limit_and_a_full_house_is_not(town):
    crowded, full = town.home(1), town.home(2)
    letters = "ABCDEFGHIJKLMNOP"
    for number, letter in enumerate(letters):
        town.account(f"300000{number:02}", crowded, f"{letter * 3}X, {letter}OTTO")
    for number, letter in enumerate(letters[:15]):
        town.account(f"400000{number:02}", full, f"{letter * 3}Y, {letter}OTTO")
    town.link()
    kinds = dict(town.ask("SELECT uprn, bool_or(is_institution) FROM identity.households GROUP BY uprn"))
    assert kinds == {crowded: True, full: False}


def test_who_left_before_the_next_came_is_of_another_household(town):
    home, day = town.home(1), date(2025, 9, 15)
    old = town.account("10000001", home, "ZZYZX, QUILLON", until=day)
    new = town.account("10000002", home, "BRACKET, OTTOLINE", since=day)
    town.link()
    households = dict(town.ask("SELECT person_key, household_key FROM identity.household_members"))
    assert households[town.person(old[0])] != households[town.person(new[0])]
    assert town.ask("SELECT bool_or(is_shared) FROM identity.households") == [(False,)]
