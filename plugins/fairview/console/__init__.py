"""The terminal's front door: the same verbs as Airflow's, without Airflow."""
