# ppkit: `make start` to use it, `make test` to check it. Needs make and Python 3.11 or newer; the rest is fetched
# into .venv. On Windows, see the README.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# Compiled bytecode makes every later start two to four times faster; uv does not write it unasked.
unexport PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE := 1

.PHONY: help start test lite unit coverage lint bench growth load pins prices architecture screenshots clean

help:
	@sed -n 's/^## //p' Makefile

## make start          the practice platform and JupyterLab, until Ctrl-C (options: ARGS="--no-browser --port 8899")
start: $(VENV)/.lab
	@$(BIN)/ppkit start $(ARGS)

## make test           everything that must be true: format, lint, types, imports, tests, notebooks, browser, Binder, frameworks
test: $(VENV)/.dev
	@sh scripts/chromium.sh
	@sh scripts/postgres.sh
	@$(BIN)/python scripts/checks.py all

## make lite           the course as a static page for any file host, in build/lite (needs node and npm)
lite: .lite/.made
	@.lite/bin/python scripts/static_page.py build

## make unit           the tests that need no browser, no server and no other process: about a minute
unit: $(VENV)/.dev
	@$(BIN)/python scripts/checks.py unit

## make coverage       how much of each room the tests without a browser run through
coverage: $(VENV)/.dev
	@$(BIN)/python scripts/covered.py

## make lint           what takes seconds: format, lint, types, imports, pins
lint: $(VENV)/.dev
	@$(BIN)/python scripts/checks.py quick

## make bench          the figures of docs/performance.md
bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

## make growth         the same for ledgers of up to ten million calls: some ten minutes (PostgreSQL: ARGS=--postgres)
growth: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.growth $(ARGS)

## make load           a thousand learners through two gateways, one of which is killed (options: ARGS="--learners 100")
load: $(VENV)/.dev
	@sh scripts/postgres.sh
	@$(BIN)/python -m benchmarks.class_load $(ARGS)

## make pins           resolve requirements/*.txt and binder/requirements.txt anew
pins: $(VENV)/.dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/pins.py write

## make prices         read OpenAI's prices anew from the installed genai-prices
prices: $(VENV)/.dev
	@$(BIN)/python scripts/prices.py write

## make architecture   draw the pictures of docs/architecture.md anew from the code
architecture: $(VENV)/.dev
	@$(BIN)/python scripts/architecture.py write
	@$(BIN)/python scripts/walk.py write

## make screenshots    the pictures of the README and the documentation
screenshots: $(VENV)/.dev
	@sh scripts/chromium.sh
	@$(BIN)/python scripts/screenshots.py

## make clean          remove what was built; your data folder and your notebooks stay
clean:
	@rm -rf $(VENV) .lite .pythons build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.lite/.made: requirements/lite-build.txt pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh .lite requirements/lite-build.txt
	@touch $@

# A stamp per kind of environment: a second start finds it newer than the pins and installs nothing.
$(VENV)/.lab: requirements/lab.txt pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh $(VENV) requirements/lab.txt
	@touch $@

# What developing needs includes what using needs.
$(VENV)/.dev: requirements/dev.txt pyproject.toml scripts/environment.sh
	@sh scripts/environment.sh $(VENV) requirements/dev.txt
	@touch $(VENV)/.lab $@
