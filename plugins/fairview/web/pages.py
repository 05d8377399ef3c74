"""The pages' application. Serves files a run has written; computes nothing and opens no database."""

from __future__ import annotations

import os
from pathlib import Path

from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse

from fairview.store.places import places

# Folder of a page below the state folder, its first file, and what is said while there is none.
_PAGES = {
    "record": ("public", "record.html", "No public record has been written yet: it is, after the first run."),
    "gate": ("gate", "index.html", "No verdict yet: Data Docs are written when the gate first judges."),
    "review": ("review", "index.html", "No links to decide yet: the queue is written when people are first linked."),
    "docs": ("docs", "static_index.html", "No dbt docs yet: run `make docs`."),
}


def _root() -> Path:
    return places(os.environ.get("FAIRVIEW_STATE", "state"), os.environ.get("FAIRVIEW_KEYS")).root


def application() -> FastAPI:
    """An application whose every path asks for a logged-in Airflow user."""
    app = FastAPI(dependencies=[Depends(get_user)], openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/{page}/{path:path}")
    def page(page: str, path: str = ""):
        """A file of a page, or a sentence when it has not been written yet."""
        if page not in _PAGES:
            raise HTTPException(404)
        folder, first, nothing_yet = _PAGES[page]
        base = (_root() / folder).resolve()
        wanted = (base / (path or first)).resolve()
        if not wanted.is_relative_to(base):
            raise HTTPException(404)
        if not wanted.is_file():
            if path:
                raise HTTPException(404)
            return HTMLResponse(f"<!doctype html><title>Fairview</title><p>{nothing_yet}</p>")
        return FileResponse(wanted)

    return app
