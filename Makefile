# Renqing 人情. `make up` is all it takes; `make help` explains the rest.
# Every path is relative, so that the folder may have spaces and Chinese characters in its name.

PYTHON := .venv/bin/python
export PYTHONUTF8 := 1

.DEFAULT_GOAL := help
.PHONY: help ready up test long ways coverage mutants lint check lock clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

ready: ## The virtual environment, from the hashed lock (each of the others does this by itself)
	@sh tools/set_up

up: ready ## Everything: database, demo world, server, worker. Ctrl-C ends it, the data stay
	@exec $(PYTHON) -m renqing up

test: ready ## All tests, two files side by side; browser tests where a Chromium is found
	@exec $(PYTHON) $(if $(RENQING_HOLD_BRANCHES),-m coverage run -m pytest,-m pytest -n 2 --dist loadfile --no-loadscope-reorder)

long: ready ## Tests that take minutes and that few changes can break
	@exec $(PYTHON) -m pytest -m long

ways: ready ## Storms over every way to give, MINUTES=10 of each kind; KIND=vouchers SEED=7 STEPS=150 replays one
	@exec $(PYTHON) -m pytest -m long -s tests/storms/test_ways_storms.py

coverage: export RENQING_HOLD_BRANCHES = 1
coverage: ready ## The same, measured: fails where a branch of books, trade, social or journeys is not walked
	@$(PYTHON) -m coverage erase
	@$(MAKE) --no-print-directory test

mutants: ready ## Change rules and guards one by one: the tests must notice. An hour; writes docs/mutation.md
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/mutants/requirements.lock
	@exec $(PYTHON) -m tools.mutants

lint: ready ## The gates: format, lint, types, floors
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

check: ready ## Re-derive every total of this installation from first records
	@exec $(PYTHON) -m renqing check

lock: ready ## Choose dependencies anew and write both locks (needs uv)
	uv pip compile pyproject.toml --group dev --group build --universal --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --upgrade -o requirements.lock
	uv pip compile pyproject.toml --group build --universal --generate-hashes -c requirements.lock \
	  --no-emit-index-url --no-annotate --no-header -o deploy/requirements.lock

clean: ## Remove the virtual environment and what tools left behind; the data in .renqing stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist mutants
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
