# make demo            look at it: a fresh demo at http://127.0.0.1:8000 (make demo PORT=8001 for another port)
# make test            everything that must hold before a change lands
# make drills          the load, fault and race bars at full size
# make bench           measure
# make lighthouse      what Lighthouse says of three pages, on a phone (needs node, npm and Chromium)
#
# REQUIRE=postgres,browser make test   fails where a part is missing, instead of skipping by name

PORT ?= 8000
# The first Python that is new enough; another one: make PYTHON=/path/to/python3
PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13 python3.14; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$name" && break; done)
# Much of a test is waiting: for a disk, a database, a clock.
JOBS ?= 3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
CHECKED := gatherings tests $(wildcard wsgi.py benchmarks migrations/env.py)

.PHONY: demo test drills bench lighthouse lint format lock wheel messages clean
.DEFAULT_GOAL := demo

demo: .venv/runtime.stamp
	@exec $(BIN)/python -m gatherings demo --port $(PORT) $(ARGS)

# Both databases in one run: each test that touches a database runs once on each. On a machine that may be busy what
# fails is tried once more, said aloud: who reads the log sees both. Small drills share the machine with all other
# tests, with limits that only a hang misses; at full size (make drills) each has it to itself.
PYTEST := GATHERINGS_TEST_DB=both $(BIN)/python -m pytest -q
SHARED := -n $(JOBS) --dist worksteal
BROWSER := tests/browser tests/journeys
PLAIN_TESTS = $(PYTEST) $(SHARED) -m "not drill" $(BROWSER:%=--ignore=%)
BROWSER_TESTS = $(PYTEST) $(SHARED) -m "not drill" $(BROWSER)
# What failed of them is remembered apart, for the other tests write down theirs at the same time.
SMALL_DRILLS = $(PYTEST) -n 2 --dist load -o cache_dir=.venv/drills-cache -m drill tests/drills
FAILED := --last-failed --last-failed-no-failures none
AGAIN = { echo "Once more, those that failed:";
test: lint
ifdef ARGS
	@$(PYTEST) $(SHARED) $(ARGS)
else
	@echo "Tests, on SQLite and on PostgreSQL; beside them, drills at small size, which mostly wait …"
	@$(SMALL_DRILLS) > .venv/drills.log 2>&1 & drills=$$!; \
	$(PLAIN_TESTS) || $(AGAIN) $(PLAIN_TESTS) $(FAILED); } || { wait $$drills; exit 1; }; \
	wait $$drills && cat .venv/drills.log || { cat .venv/drills.log; $(AGAIN) $(SMALL_DRILLS) $(FAILED); }; }
	@echo "In a browser …"
	@$(BROWSER_TESTS) || $(AGAIN) $(BROWSER_TESTS) $(FAILED); }
endif

drills: .venv/dev.stamp
	@GATHERINGS_TEST_DB=both GATHERINGS_DRILLS=full $(BIN)/python -m pytest -m drill $(ARGS)

bench: .venv/dev.stamp
	@exec $(BIN)/python -m benchmarks $(ARGS)

LIGHTHOUSE := 12.8.2
lighthouse: .venv/dev.stamp .venv/lighthouse-$(LIGHTHOUSE).stamp
	@exec $(BIN)/python -m benchmarks.lighthouse $(ARGS)

lint: .venv/dev.stamp
	@echo "Style, types and the order of imports …"
	@$(BIN)/ruff check --quiet $(CHECKED)
	@$(BIN)/ruff format --check --quiet $(CHECKED) || { echo "Some files are not formatted: make format"; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports > .venv/imports.log 2>&1 || { cat .venv/imports.log; exit 1; }

format: .venv/dev.stamp
	@$(BIN)/ruff check --quiet --fix $(CHECKED) || true
	@$(BIN)/ruff format --quiet $(CHECKED)

# Pins every package with its hashes, from the ranges in pyproject.toml: run it after changing a range, or to take
# newer versions in (make lock UPGRADE=--upgrade). The runtime comes first, so that tests run on exactly its pins.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(UPGRADE)
lock: .venv/dev.stamp
	$(LOCK) --output-file requirements.txt
	$(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

wheel: .venv/dev.stamp
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist . > .venv/wheel.log 2>&1 || { cat .venv/wheel.log; exit 1; }
	@ls dist

# The sentences for translators. `say` marks those that are translated at the edge (gatherings/core/words.py).
messages: .venv/dev.stamp
	@$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --keyword _ --keyword gettext --keyword ngettext:1,2 \
		--keyword say --keyword say_many:1,2 --no-location --sort-output --project Gatherings --output-file messages.pot .
	@for file in $(wildcard gatherings/translations/*.po); do \
		$(BIN)/pybabel --quiet update --input-file messages.pot --output-file $$file --no-wrap \
			--locale $$(basename $$file .po | tr - _) || exit 1; done

clean:
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# --- the environment: .venv, remade only when the pins change ---------------------------------------------------

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (on Debian and Ubuntu: apt-get install python3 python3-venv)."; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not."; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python lacks the module venv. On Debian and Ubuntu it is a package of its own:"; \
		echo "  apt-get install $$("$(PYTHON)" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"; exit 1; }
	@echo "Making .venv …"
	@"$(PYTHON)" -m venv .venv

.venv/runtime.stamp: requirements.txt | .venv/bin/pip
	@echo "Installing the pinned packages …"
	@$(PIP) install --require-hashes --requirement requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt | .venv/bin/pip
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@ .venv/runtime.stamp

# Its packages are put beside ours, and none of them may run anything while it is installed.
.venv/lighthouse-$(LIGHTHOUSE).stamp: | .venv/bin/pip
	@command -v npm > /dev/null || { echo "Lighthouse needs node and npm (on Debian and Ubuntu: apt-get install nodejs npm)."; exit 1; }
	@echo "Installing Lighthouse $(LIGHTHOUSE) …"
	@rm -rf .venv/lighthouse && mkdir -p .venv/lighthouse
	@npm install --prefix .venv/lighthouse --ignore-scripts --no-audit --no-fund --no-save --loglevel=error lighthouse@$(LIGHTHOUSE)
	@touch $@
