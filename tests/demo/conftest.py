"""One small council for all tests of the demo: three months, three hundred residents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.demo.supplier_files import DemoFile, files_under

from fairview.demo.council import write_deliveries


@dataclass(frozen=True)
class Delivered:
    """The folder of deliveries, the folder of truth, and every file by extract date and feed."""

    root: Path
    truth: Path
    folders: list[Path]
    files: dict[tuple[str, str], DemoFile]

    @property
    def dates(self) -> list[str]:
        return sorted({date for date, _ in self.files})

    def rows(self, date: str, feed: str) -> list[dict[str, str]]:
        return self.files[date, feed].rows


@pytest.fixture(scope="session")
def council(tmp_path_factory) -> Delivered:
    """Three months of deliveries of three hundred residents, with their truth."""
    root, truth = tmp_path_factory.mktemp("deliveries"), tmp_path_factory.mktemp("truth")
    folders = write_deliveries(300, 5, 3, root, truth)
    return Delivered(root, truth, folders, files_under(root))
