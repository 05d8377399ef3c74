"""Benchmarks: the walk as a ratio to the same work in plain DuckDB. Never a timed test."""
