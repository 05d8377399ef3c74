"""The dbt-duckdb plugin: opens what `lending` lends to this process, keys as bound parameters only."""

from __future__ import annotations

from dbt.adapters.duckdb.plugins import BasePlugin  # noqa: TID253 - dbt loads this module itself

from fairview.store import lending, opening


class Plugin(BasePlugin):
    """Named in `profiles.yml`. Without a loan (a bare `dbt parse`) it opens nothing."""

    def initialize(self, plugin_config) -> None:
        """Nothing to read: what is lent never comes from configuration."""

    def configure_connection(self, conn) -> None:
        loan = lending.lent()
        if loan is None:
            return
        opening.settle(conn, loan.spill)
        for alias in ("scratch", "rules"):  # in memory: steps and rule packs leave no bytes behind
            conn.execute(f"ATTACH ':memory:' AS {alias}")
        for alias, (path, key, read_only) in loan.databases.items():
            opening.attach(conn, path, alias, key, read_only)
        for name, key in loan.functions.items():
            lending.register(conn, name, key)
