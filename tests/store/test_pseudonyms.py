"""Pseudonyms: keyed, scoped to a service, the textbook's HMAC to the bit."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairview.store import lending, opening


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.binary(min_size=32, max_size=32), texts=st.lists(st.one_of(st.none(), st.text()), min_size=1, max_size=5))
def test_the_lent_function_is_hmac_sha256_and_keeps_nulls(key, texts):
    import pyarrow

    found = lending.pseudonymise(key)(pyarrow.array(texts, type=pyarrow.string())).to_pylist()
    wanted = [None if t is None else hmac.new(key, t.encode(), hashlib.sha256).hexdigest()[:32] for t in texts]
    assert found == wanted


def test_two_services_share_no_token_and_sql_cannot_read_the_key(where, keyring):
    con = opening.connect(where)
    lending.register(con, "of_debt", keyring.pseudonym_key("informed_debt"))
    lending.register(con, "of_asb", keyring.pseudonym_key("asb_victim_support"))
    rows = con.execute("SELECT of_debt(n::VARCHAR)::UUID, of_asb(n::VARCHAR)::UUID FROM range(1000) AS t(n)").fetchall()
    assert all(isinstance(value, UUID) for row in rows for value in row)
    assert not {row[0] for row in rows} & {row[1] for row in rows}
    seen = str(con.execute("SELECT * FROM duckdb_settings()").fetchall()) + str(
        con.execute("SELECT * FROM duckdb_variables()").fetchall()
    )
    assert keyring.pseudonym_key("informed_debt").hex() not in seen
    con.close()
