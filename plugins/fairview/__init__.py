"""Fairview: the machinery, on floors that look only downwards.

    0 domain          pure rules: identifiers, names, periods, disclosure, verdicts
    1 contracts       the declarations, read and judged for sense
    2 store           the only code that opens a database file; keys, generations, ledger
    3 intake identity gate transformation demo     one or two verbs each, none imports another
    4 publication governance                       publish, record
    5 orchestration (Airflow) · console (the same verbs from a terminal) · web

import-linter holds the floors to this (`make check`).
"""

__version__ = "0.1.0"
