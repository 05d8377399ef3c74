"""The house stays a house: top level, floors, words, generated files, links, nothing that does not belong."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

TOP_LEVEL = {
    "dags", "dbt_project", "expectations", "plugins", "tests", "docs", "bench",
    "docker-compose.yml", "README.md", "pyproject.toml", "requirements.lock", "Makefile", "Dockerfile",
    "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
}  # fmt: skip
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "data2", "new", "v2", "final", "temp"}


@pytest.fixture(scope="module")
def tracked(declared):
    done = subprocess.run(["git", "ls-files"], cwd=declared.house, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_top_level_is_the_one_agreed(tracked):
    assert {path.split("/")[0] for path in tracked if not path.startswith(".")} <= TOP_LEVEL


def test_the_floors_are_kept(declared):
    done = subprocess.run([sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
                          cwd=declared.house, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_no_module_has_a_name_that_says_nothing(tracked):
    stems = {path.rsplit("/", 1)[-1].rsplit(".", 1)[0].strip("_") for path in tracked if path.endswith((".py", ".sql"))}
    assert not stems & FORBIDDEN_NAMES


def test_generated_files_are_fresh(declared):
    from fairview.governance import reference
    from fairview.transformation import models

    assert models.stale(declared) == []
    assert reference.stale(declared) == []


def test_every_declaration_is_sound(declared):
    from fairview.contracts.reading import odcs_faults
    from fairview.contracts.rules import declared_faults

    assert declared_faults(declared) == []
    assert [fault for contract in declared.feeds for fault in odcs_faults(contract.path)] == []


def test_links_in_the_documents_lead_somewhere(declared, tracked):
    dead = []
    for path in (p for p in tracked if p.endswith(".md")):
        page = declared.house / path
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                dead.append(f"{path} → {target}")
    assert dead == []


def test_every_service_and_source_is_in_the_glossary(declared):
    glossary = (declared.house / "docs" / "glossary.md").read_text(encoding="utf-8")
    for word in [*declared.sources, *(card.service for card in declared.services)]:
        assert word in glossary


def test_no_tracked_file_holds_a_machine_path(declared, tracked):
    # The image's own folders are the image's business.
    own = {"Dockerfile", "docker-compose.yml"}
    pattern = re.compile(r"(^|[^A-Za-z0-9_.])/(work|tmp|farm|root)/", re.M)
    found = []
    for path in tracked:
        if path in own:
            continue
        try:
            text = (declared.house / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if pattern.search(text):
            found.append(path)
    assert found == []
