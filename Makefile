# One command each. `make demo` shows what foretaste does; `make test` is all that CI runs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test check docs bench bench-small clean

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

bench: $(VENV)/.dev  ## Every benchmark, hours.
	$(BIN)/python -m benchmarks

bench-small: $(VENV)/.dev  ## The small benchmark, minutes.
	$(BIN)/python -m benchmarks --small

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
