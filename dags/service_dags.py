"""Airflow reads this file: one DAG for every service card under dags/services.

Reading declarations is all that happens here: no database, no clock, no secret.
"""

from fairview.contracts.catalogue import catalogue
from fairview.orchestration.service_dag import service_dag

for card in catalogue().services:
    dag = service_dag(catalogue(), card)
    globals()[dag.dag_id] = dag
