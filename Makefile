# Everything here sets itself up: Python 3.11, make, git and a package index are all it needs.
#   make demo    what Bangfu does, on a sample township      make test    everything that must hold
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.NOTPARALLEL:
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
UV   := .cache/uv/bin/uv
DEV  := .venv
DEMO := .cache/demo
SITE := .cache/site
BENCH := .cache/bench
OUT  ?= out
export UV_PYTHON_DOWNLOADS := never

.PHONY: help demo site test check tests spark fix lock upgrade bench docs requirements locale clean

help:
	@sed -n 's/^#   //p' Makefile; echo "also: $(filter-out help demo test,$(shell sed -n 's/^.PHONY: //p' Makefile))"

demo: $(DEMO)/.ready
	@bash scripts/demo.sh "$(abspath $(DEMO))/bin/bangfu" "$(OUT)/demo"

# The web platform with a sample township, until stopped; an account for each role is printed.
site: $(SITE)/.ready
	@bash scripts/site.sh "$(abspath $(SITE))/bin" "$(OUT)/site"

test: check tests docs

# Cheapest first. `scripts/lock.py` needs nothing but Python, so a stale lock is told before anything is installed.
check:
	@$(PYTHON) scripts/lock.py check
	@$(MAKE) --no-print-directory $(DEV)/.ready
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/lint-imports --no-logo --cache-dir .cache/import_linter
	$(DEV)/bin/mypy --cache-dir .cache/mypy

tests: $(DEV)/.ready
	@bash scripts/system_packages.sh java soffice chromium
	$(DEV)/bin/python -m pytest --cov --cov-report= --requirements=$(OUT)/requirements.json $(ARGS)
	@echo "The web platform once more, on PostgreSQL:"
	@BANGFU_TEST_DATABASE=postgresql $(DEV)/bin/python -m pytest -q tests/web
	@echo "Branches of the core, all of them:"
	@$(DEV)/bin/coverage report --include='src/bangfu/core/*' --fail-under=100

# Spark at length: the cases of every pack, on this machine and on a cluster of real processes.
spark: $(DEV)/.ready
	@bash scripts/system_packages.sh java
	$(DEV)/bin/python -m pytest tests/functional/spark tests/functional/spark/whole_runs.py $(ARGS)

requirements: $(DEV)/.ready
	@bash scripts/system_packages.sh java soffice chromium
	@$(DEV)/bin/python -m pytest -q -m requirement --requirements=$(OUT)/requirements.json

docs: $(DEV)/.ready
	@$(DEV)/bin/zensical build --strict --clean

fix: $(DEV)/.ready
	$(DEV)/bin/ruff check --fix .
	$(DEV)/bin/ruff format .

locale: $(DEV)/.ready
	@$(DEV)/bin/python scripts/catalogue.py

bench: $(BENCH)/.ready
	@bash scripts/system_packages.sh java
	@$(BENCH)/bin/python -m benchmarks $(ARGS)

lock: $(UV)
	@PATH="$(CURDIR)/.cache/uv/bin:$$PATH" $(PYTHON) scripts/lock.py write

upgrade: $(UV)
	@PATH="$(CURDIR)/.cache/uv/bin:$$PATH" $(PYTHON) scripts/lock.py write --upgrade

clean:
	rm -rf $(DEV) .cache out site .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

# uv itself comes from pip, by hash; the rest from uv, by hash, as do the tools that build bangfu and pyspark.
$(UV): requirements/uv.txt
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or later with venv is needed (Debian: apt-get install python3 python3-venv)."; exit 1; fi
	@$(PYTHON) -m venv --clear .cache/uv
	@.cache/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

define set_up
	@test -x $(@D)/bin/python || $(UV) venv --quiet --python $(PYTHON) $(@D)
	@$(UV) pip sync --quiet --python $(@D)/bin/python --require-hashes --build-constraints requirements/build.txt $<
	@$(UV) pip install --quiet --python $(@D)/bin/python --no-deps --build-constraints requirements/build.txt $(1) .
	@touch $@
endef

$(DEV)/.ready: requirements/dev.txt requirements/build.txt pyproject.toml $(UV)
	$(call set_up,--editable)

# The demo runs the wheel, as a user would, so that a file forgotten in it is noticed.
$(DEMO)/.ready: requirements/runtime.txt requirements/build.txt pyproject.toml $(UV) $(shell find src -type f -not -name '*.pyc')
	$(call set_up,--reinstall-package bangfu)

$(SITE)/.ready: requirements/web.txt requirements/build.txt pyproject.toml $(UV) $(shell find src -type f -not -name '*.pyc')
	$(call set_up,--reinstall-package bangfu)

$(BENCH)/.ready: requirements/bench.txt requirements/build.txt pyproject.toml $(UV)
	$(call set_up,--editable)
