"""The only code that opens a database file; where things lie, keys, generations, the ledger, locks."""
