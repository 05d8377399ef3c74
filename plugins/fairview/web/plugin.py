"""Registers the pages with Airflow (entry point `airflow.plugins`)."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from fairview.web.pages import application

_PREFIX = "/fairview"


def _view(name: str, page: str) -> dict:
    return {
        "name": name,
        "href": f"{_PREFIX}/{page}/",
        "url_route": f"fairview-{page}",
        "destination": "nav",
        "category": "browse",
    }


class FairviewPlugin(AirflowPlugin):
    """Four pages in the Browse menu."""

    name = "fairview"
    fastapi_apps = [{"app": application(), "url_prefix": _PREFIX, "name": "Fairview pages"}]  # noqa: RUF012 - Airflow's own shape
    external_views = [  # noqa: RUF012 - Airflow's own shape
        _view("Public record", "record"),
        _view("Data Docs of the gate", "gate"),
        _view("Links to decide", "review"),
        _view("dbt docs", "docs"),
    ]
