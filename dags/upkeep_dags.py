"""Airflow reads this file: the public record and the upkeep DAGs.

Reading declarations is all that happens here: no database, no clock, no secret.
"""

from fairview.contracts.catalogue import catalogue
from fairview.orchestration.reidentify_dag import reidentify_dag
from fairview.orchestration.upkeep_dags import ledger_dag, public_record_dag, retention_dag

public_record = public_record_dag(catalogue())
upkeep_retention = retention_dag()
upkeep_ledger = ledger_dag()
reidentify = reidentify_dag(catalogue())
