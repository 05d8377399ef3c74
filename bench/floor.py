"""The floor: the same work as plain DuckDB SQL, with none of the house's promises.

Read and type every feed, link on exact keys, pseudonymise, three aggregations, write. No checks, no quarantine, no
encryption, no judging. Run as `python -m bench.floor DELIVERIES OUT`; prints rows read.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

import duckdb

from fairview.contracts.catalogue import catalogue
from fairview.contracts.feed import Column, FeedContract
from fairview.store.lending import pseudonymise


def _typed(contract: FeedContract, column: Column) -> str:
    text = f"nullif(trim(\"{column.header}\"), '')"
    for token in contract.facts.get("nullTokens") or ():
        text = f"nullif({text}, '{token}')"
    form = contract.facts["dateFormat"]
    if column.kind == "M":
        return f"CAST(TRY_CAST(rtrim(trim({text}), '+') AS DECIMAL(18, 2)) * 100 AS BIGINT)"
    if column.kind == "I":
        return f"TRY_CAST({text} AS BIGINT)"
    if column.kind == "F":
        return f"{text} = 'Y'"
    if column.kind in "DT":
        return f"CAST(coalesce(try_strptime(left({text}, 10), '{form}'), try_strptime(left({text}, 10), '%Y-%m-%d')) AS DATE)"
    return text


def text_of(path: Path, contract: FeedContract) -> str:
    """A text file as text, out of its zip, with plain line ends."""
    raw = path.read_bytes()
    if contract.format == "zipcsv":
        with zipfile.ZipFile(path) as archive:
            raw = archive.read(archive.namelist()[0])
    encoding = contract.facts["encoding"]
    return raw.decode("utf-8-sig" if encoding.startswith("utf") else encoding).replace("\r\n", "\n")


def _read(con: duckdb.DuckDBPyConnection, path: Path, contract: FeedContract, scratch: Path) -> None:
    """Load one file into the table `raw`, all text."""
    headers = [column.header for column in contract.columns]
    if contract.format == "xlsx":
        read_sheet(con, path, contract)
        return
    scratch.write_text(text_of(path, contract), encoding="utf-8")
    if contract.format == "fixed":
        parts, at = [], 2
        for column in contract.columns:
            parts.append(f'substr(line, {at}, {column.facts["width"]}) AS "{column.header}"')
            at += column.facts["width"]
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE raw AS SELECT {', '.join(parts)} FROM read_csv('{scratch}', header=false, "
            "delim='\x01', quote='', columns={'line': 'VARCHAR'}) WHERE line LIKE 'D%'"
        )
        return
    columns = ", ".join(f"'{header}': 'VARCHAR'" for header in headers)
    quote = "''" if contract.format == "pipe" else "'\"'"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE raw AS SELECT * FROM read_csv('{scratch}', header=true, auto_detect=false, "
        f"delim='{contract.facts['delimiter']}', quote={quote}, escape={quote}, columns={{{columns}}}, "
        "strict_mode=false, null_padding=true, parallel=false)"
    )


def read_sheet(con: duckdb.DuckDBPyConnection, path: Path, contract: FeedContract) -> None:
    """Load a sheet into the table `raw`, all text."""
    import pyarrow
    from python_calamine import CalamineWorkbook

    fact = contract.facts["sheet"]
    book = CalamineWorkbook.from_path(str(path))
    sheet = book.get_sheet_by_name(fact["name"]) if fact["name"] else book.get_sheet_by_index(0)
    rows = sheet.to_python()[fact["headerRow"] :]
    columns = {
        h: pyarrow.array([str(row[n]) for row in rows], pyarrow.string())
        for n, h in enumerate(column.header for column in contract.columns)
    }
    table = pyarrow.table(columns)
    con.register("sheet", table)
    con.execute("CREATE OR REPLACE TEMP TABLE raw AS SELECT * FROM sheet")
    con.unregister("sheet")


def run(deliveries: Path, out: Path) -> int:
    """Do the floor's work on every delivery under a folder. Returns rows read."""
    out.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(out / "floor.duckdb"))
    declared, read = catalogue(), 0
    for day in sorted(path for path in deliveries.iterdir() if path.is_dir() and path.name[:2] == "20"):
        for contract in declared.feeds:
            name = contract.facts["fileName"]
            name = name.replace("{yyyymmdd}", day.name.replace("-", "")).replace("{yyyy}-{mm}", day.name[:7])
            _read(con, day / contract.source / name, contract, out / "scratch.csv")
            typed = ", ".join(f'{_typed(contract, column)} AS "{column.staged_name}"' for column in contract.loaded)
            exists = con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [contract.feed]).fetchone()
            verb = (
                f'INSERT INTO "{contract.feed}"'
                if exists and contract.kind == "events"
                else f'CREATE OR REPLACE TABLE "{contract.feed}" AS'
            )
            con.execute(f"{verb} SELECT {typed} FROM raw")
            read += con.execute("SELECT count(*) FROM raw").fetchone()[0]
    (out / "scratch.csv").unlink()
    _link_and_aggregate(con, out)
    con.close()
    return read


def _link_and_aggregate(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    con.create_function("token", pseudonymise(hashlib.sha256(b"bench").digest()), ["VARCHAR"], "VARCHAR", type="arrow")
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE named AS
            SELECT 'tax' AS feed, account_ref AS ref, upper(split_part(party_name, ',', 1)) AS surname,
                   upper(split_part(trim(split_part(party_name, ',', 2)), ' ', 1)) AS forename, NULL::DATE AS born FROM council_tax_parties
            UNION ALL SELECT 'rent', house_ref, upper(surname), upper(forename), dob FROM tenancy_people WHERE responsible
            UNION ALL SELECT 'benefit', claim_id, upper(surname), upper(forename), birth_date FROM benefit_members
            UNION ALL SELECT 'asb', incident_ref, upper(surname), upper(forename), dob FROM asb_parties WHERE party_role = 'VICTIM';
        CREATE OR REPLACE TEMP TABLE people AS
            SELECT surname, forename, token(surname || '|' || forename)::UUID AS person_id
            FROM (SELECT DISTINCT surname, forename FROM named WHERE surname IS NOT NULL AND forename IS NOT NULL)
        """
    )
    marts = {
        "debt": """SELECT person_id, fy, sum(balance_pence) AS balance, sum(overdue_pence) AS overdue FROM named JOIN people USING (surname, forename)
                   JOIN council_tax_balances ON feed = 'tax' AND account_ref = ref GROUP BY ALL""",
        "homelessness": """SELECT person_id, max(cur_bal_pence / nullif(rent_pence, 0)) AS weeks, count(*) AS charges, sum(real_value_pence) AS net
                   FROM named JOIN people USING (surname, forename) JOIN tenancies ON feed = 'rent' AND house_ref = ref
                   JOIN rent_transactions USING (tag_ref) GROUP BY ALL""",
        "asb": """SELECT person_id, count(DISTINCT incident_ref) AS reports, max(reported_at) AS latest FROM named JOIN people USING (surname, forename)
                   JOIN asb_incidents ON feed = 'asb' AND incident_ref = ref GROUP BY ALL""",
    }
    for name, sql in marts.items():
        con.execute(f"COPY ({sql} ORDER BY ALL) TO '{out / name}.parquet'")


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), Path(sys.argv[2])))
