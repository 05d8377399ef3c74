"""Tables from tables: writes the models that follow from contracts, and runs dbt in this process."""
