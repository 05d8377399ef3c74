"""Airflow reads this file: the DAG that turns staged records into people and the warehouse.

Reading declarations is all that happens here: no database, no clock, no secret.
"""

from fairview.contracts.catalogue import catalogue
from fairview.orchestration.people_dag import people_dag

people = people_dag(catalogue())
