# The doors of the house. CI calls the same.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
STATE  ?= state
export DO_NOT_TRACK = 1

.PHONY: setup run up test check docs bench mutants faults lock generate demo cases fuzz score-links score-services clean
.DEFAULT_GOAL := help

help: ## Show the doors
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

setup: $(VENV)/.ready ## Make the environment from requirements.lock

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

run: setup ## Walk deliveries through a real Airflow: make run [DELIVERIES=folder] [RESIDENTS=n] [STATE=folder]
	@$(BIN)/fairview run $(DELIVERIES) --residents $(or $(RESIDENTS),5000) --state $(STATE)

up: setup ## Leave Airflow's web UI running
	@$(BIN)/fairview up --state $(STATE)

test: setup ## Run the tests, in two processes: make test [ARGS=…] [JOBS=2]
	@$(BIN)/python -m pytest -n $(or $(JOBS),2) --dist loadfile $(ARGS)

check: setup ## Lint, floors, declarations, generated files, compose schema
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/yamllint -s dags dbt_project/models dbt_project/seeds dbt_project/dbt_project.yml dbt_project/profiles.yml docker-compose.yml
	@$(BIN)/fairview generate --check
	@$(BIN)/fairview validate
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

generate: setup ## Write what follows from the declarations
	@$(BIN)/fairview generate

docs: setup ## Generate dbt docs with a real catalogue, to browse
	@$(BIN)/fairview docs --state $(STATE)

bench: setup ## Measure the walk against the plain-DuckDB floor: make bench [RESIDENTS="20000 200000"]
	@$(BIN)/python -m bench.walk $(or $(RESIDENTS),20000)
	@$(BIN)/python -m bench.links $(or $(RESIDENTS),20000 60000)
	@$(BIN)/python -m bench.door $(or $(RESIDENTS),20000 200000)
	@$(BIN)/python -m bench.services $(or $(RESIDENTS),20000 200000)
	@$(BIN)/python -m bench.gate $(or $(RESIDENTS),20000)

faults: setup ## Every fault at every call, and the scenarios; writes docs/reference/faults.md (up to an hour)
	@$(BIN)/python -m tests.faults.report

mutants: setup ## Change every published table in seven ways and count what the suites catch: make mutants [RESIDENTS=n]
	@$(BIN)/python -m bench.mutants $(or $(RESIDENTS),5000) --write

demo: setup ## Write the demo council's deliveries to demo-deliveries/
	@$(BIN)/fairview demo --to demo-deliveries --residents $(or $(RESIDENTS),5000)

cases: setup ## Every case of the feed specification and of the house list of bad feeds, expected and got
	@$(BIN)/python -m tests.intake.run_cases

fuzz: setup ## Shoot deliveries spoilt at random at the door: make fuzz [MUTANTS=2500] [SEED=1]
	@$(BIN)/python -m tests.intake.run_fuzz $(or $(MUTANTS),2500) $(or $(SEED),1)

score-links: setup ## Score the links against the pilot's truth and the benchmarks, where the shared folder is there
	@$(BIN)/python -m bench.score_links

score-services: setup ## Judge each service against the pilot's truth (else a demo council's), write its performance card and plots
	@$(BIN)/python -m bench.score_services $(if $(SHARED),--shared $(SHARED)) $(ARGS)

lock: ## Resolve the dependencies anew
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command "make lock" --quiet --upgrade --output-file requirements.lock

clean: ## Remove what a run leaves (state and keys stay)
	rm -rf dbt_project/target dbt_project/logs logs .pytest_cache .ruff_cache .hypothesis .import_linter_cache
