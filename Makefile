# Tieout. `make demo` shows it, `make test` proves it; both set up what they need.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/development.txt
UV := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset run test lint bench chaos fuzz pictures lock stop clean

help: ## say what each target does
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## make the virtual environment, from hashed requirements
	@$(PYTHON) .ci/setup.py $(VENV) $(LOCK)

demo: setup ## start everything with simulated vendors and show payments flow
	@$(BIN)/python manage.py demo

demo-reset: setup ## forget the demo's data: the next demo begins anew
	@$(BIN)/python manage.py demo --reset

run: setup ## start the development server alone
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py runserver

lint: setup ## check style, types, import contracts and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	TIEOUT_HOME=.tieout/test $(BIN)/python manage.py makemigrations --check --dry-run

test: lint ## lint, and run every test
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: setup ## measure beside peers, a JSON line a figure; ONLY="intake …" picks
	@$(PYTHON) .ci/setup.py bench/$(VENV) bench/requirements.txt || echo "Peers that need these packages are not measured." >&2
	@$(BIN)/python -m bench.run --only $(ONLY)

chaos: setup ## faults and kills over a whole run; PAYMENTS=50000 FAULTS=8000 KILLS=120 EVERY=25 DAYS=300 for the long one
	@$(BIN)/python -m bench.chaos --payments $(or $(PAYMENTS),200) --faults $(or $(FAULTS),150) \
	    --kills $(or $(KILLS),8) --seed $(or $(SEED),1) --every $(or $(EVERY),8) --days $(or $(DAYS),0) \
	    --post-on $(or $(POST_ON),settled)

MINUTES ?= 10
SEED ?= 1
fuzz: setup ## throw made-up calls at the API for MINUTES
	@$(PYTHON) .ci/setup.py bench/$(VENV)-fuzz bench/fuzz.txt
	@$(BIN)/python -m bench.fuzz_api --minutes $(MINUTES) --seed $(SEED)

pictures: setup ## take the pictures of docs/for/ anew, from a demo of its own
	@$(BIN)/python scripts/doc_pictures.py

lock: ## resolve the requirements anew (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)."; exit 1; }
	cd requirements && for name in runtime development sqlserver; do $(UV) $$name.in -o $$name.txt $(LOCK_FLAGS) || exit 1; done
	cd bench && for name in requirements fuzz; do $(UV) $$name.in -o $$name.txt $(LOCK_FLAGS) || exit 1; done

stop: ## stop the embedded PostgreSQL
	@$(BIN)/python manage.py stop_database

clean: ## remove the environment and caches; the data in .tieout stay
	@for home in .tieout .tieout/test .tieout/bench .tieout/chaos .tieout/pictures; do [ ! -x $(BIN)/python ] || TIEOUT_HOME=$$home $(BIN)/python manage.py stop_database || exit 1; done
	rm -rf $(VENV) bench/$(VENV) bench/$(VENV)-fuzz staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.tieout/*' -prune -exec rm -rf {} +
