"""Airflow reads this file: one DAG for every source that has a feed contract under dags/feeds.

Reading declarations is all that happens here: no database, no clock, no secret.
"""

from fairview.contracts.catalogue import catalogue
from fairview.orchestration.delivery_dag import delivery_dag

for source in catalogue().sources:
    dag = delivery_dag(catalogue(), source)
    globals()[dag.dag_id] = dag
