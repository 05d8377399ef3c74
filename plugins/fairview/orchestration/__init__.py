"""Airflow's front door: DAGs made from declarations. The only code that imports Airflow.

Tasks are thin: unpack, call one verb of `fairview.walk`, log the receipt (counts). Nothing here decides what is
published: the publisher checks the verdict itself, so that "mark success" cannot publish.
"""
