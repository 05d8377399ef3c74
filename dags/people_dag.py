"""Airflow reads this file: the DAG that turns staged records into people and the warehouse, and the form for decisions.

Reading declarations is all that happens here: no database, no clock, no secret.
"""

from fairview.contracts.catalogue import catalogue
from fairview.orchestration.people_dag import decide_link_dag, people_dag

people = people_dag(catalogue())
decide_link = decide_link_dag(catalogue())
