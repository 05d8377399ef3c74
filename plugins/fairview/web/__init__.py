"""Pages inside Airflow's own web UI: the public record, the gate's Data Docs, the dbt docs. Logged-in users only."""
