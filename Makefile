# One command each. `make demo` shows what foretaste does; `make test` is all that CI runs.

PYTHON ?= python3
VENV ?= .venv
PEERS ?= .venv-peers
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test check docs docs-site bench bench-small bench-fresh clean

help:  ## Show this list.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(VENV)/.core  ## Plant poison in two real data sets and find it, under two minutes.
	@$(BIN)/foretaste demo

# Two test processes of one thread each beat one of two: most tests are small.
test: export OMP_NUM_THREADS ?= 1
test: export OPENBLAS_NUM_THREADS ?= 1
test: check  ## Lint, types, import rule, documents, tests: everything, in one command.
	$(BIN)/python -m pytest -n 2 --dist loadfile --doctest-modules src/foretaste tests

check: $(VENV)/.dev  ## Lint, types, import rule and generated documents only.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: $(VENV)/.dev  ## Write the generated documents anew.
	$(BIN)/python docs/generate.py

docs-site: $(VENV)/.site  ## The documents as a site with gallery and reference, in build/site.
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	$(BIN)/foretaste demo --quiet --out build/site/demo

bench: $(PEERS)/.peers  ## foretaste and its peers on everything, over night; goes on where it stopped.
	PYTHONPATH=src $(PEERS)/bin/python -m benchmarks

bench-small: $(PEERS)/.peers  ## The small benchmark, minutes; goes on where it stopped.
	PYTHONPATH=src $(PEERS)/bin/python -m benchmarks --small

bench-fresh: $(VENV)/.dev  ## Clean sets that nothing was tuned on: false alarms only.
	$(BIN)/python -m benchmarks --fresh --no-peers

clean:  ## Remove what was built, measured or cached; the environment stays.
	rm -rf build dist foretaste-demo foretaste-report .pytest_cache .mypy_cache .ruff_cache \
	  .import_linter_cache .hypothesis
	find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "foretaste needs Python 3.11 or later: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Stamps: a second call installs nothing.
$(VENV)/.core: pyproject.toml requirements/constraints.txt | $(BIN)/python
	$(PIP) install --quiet --no-compile --constraint requirements/constraints.txt --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml requirements/dev.txt requirements/constraints.txt | $(BIN)/python
	$(PIP) install --quiet --requirement requirements/dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.core

$(VENV)/.site: requirements/site.txt $(VENV)/.dev
	$(PIP) install --quiet --requirement requirements/site.txt
	@touch $@

# The peers have an environment of their own: they pin and pull what foretaste never needs.
$(PEERS)/.peers: requirements/peers.txt requirements/constraints.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --requirement requirements/peers.txt
	$(PEERS)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
