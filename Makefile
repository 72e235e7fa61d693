# One command for each job. Each sets up what it needs, once: the environment in .venv, from requirements.lock.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Each of many processes would compile anew what it imports.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
READY := .venv/.ready
SETS := corpus/questions/*.jsonl
SCORES := tests/benchmarks/results/answers.json
GATES := $(addprefix --fail-under ,success=0.95 steps=1 quotes_verbatim=1 markers_resolve=1 faithfulness=1 clean=1 \
  false_answer=0.03 false_refusal=0.02)
# A browser is opened where there is a screen to show it on.
SCREEN := $(if $(DISPLAY)$(WAYLAND_DISPLAY)$(WSL_DISTRO_NAME)$(filter Darwin,$(shell uname -s)),--open)
# CI=false and CI=0 say no as an empty CI does.
IN_CI := $(filter-out false 0,$(CI))

.PHONY: help setup chat test lint fix evaluate gate bench browser clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

setup: $(READY)  ## install what is needed into .venv (the other commands do it by themselves)

chat: $(READY)  ## open the chat page on http://127.0.0.1:7860 (ARGS="--port 8000" for another port)
	@echo "Starting the chat page; press Ctrl-C to stop it."
	@$(BIN)/xiaoka serve $(SCREEN) $(ARGS)

test: $(READY) $(if $(IN_CI),browser)  ## run the tests (ARGS="-k hygiene" for some of them)
	@echo "Running the tests."
	@$(BIN)/python -m pytest $(ARGS)

lint: $(READY)  ## check style and types
	@echo "Checking style (ruff) and types (mypy)."
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

fix: $(READY)  ## format, and repair what ruff can repair
	@echo "Formatting and repairing with ruff."
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

evaluate: $(READY)  ## measure the answers to the sets of corpus/questions, and write the table of the READMEs
	@echo "Asking the questions of corpus/questions; the report goes to build/evaluation.html."
	@mkdir -p build
	@$(BIN)/xiaoka evaluate $(SETS) --scores $(SCORES) --json build/evaluation.json --report build/evaluation.html $(ARGS)
	@$(BIN)/python -m tests.benchmarks.answers

gate: $(READY)  ## fail when the answers to these sets are worse than the figures that are kept
	@echo "Comparing the answers with $(SCORES)."
	@mkdir -p build
	@$(BIN)/xiaoka evaluate $(SETS) --no-worse-than $(SCORES) --report build/evaluation.html $(GATES) $(ARGS)

bench: $(READY)  ## measure speed; the figures go to tests/benchmarks/results/speed.json
	@echo "Measuring speed at 1, 100 and 5,000 articles; this takes some minutes."
	@$(BIN)/python -m tests.benchmarks.speed $(ARGS)

# Only in CI: on a desk, browser tests skip with a reason when there is no Chromium.
browser:
	@if command -v chromium >/dev/null && fc-list 2>/dev/null | grep -q 'Noto.*CJK'; then exit 0; fi; \
	echo "Installing Chromium and Chinese fonts for the browser tests."; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	export DEBIAN_FRONTEND=noninteractive; \
	log="$$(mktemp)"; trap 'rm -f "$$log"' EXIT; \
	{ $$sudo apt-get update && $$sudo apt-get install -y --no-install-recommends chromium fonts-noto-cjk fontconfig; } \
	  >"$$log" 2>&1 || { tail -n 30 "$$log" >&2; exit 1; }

clean:  ## remove caches and what the commands above wrote (not .venv)
	@echo "Removing caches and build/."
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	@find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

# uv does not read pip's settings, so the folder of extra wheels is passed on; both install the same lock.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Xiaoka needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	       "Name another one: make setup PYTHON=python3.12" >&2; exit 1; }
	@if [ ! -x $(BIN)/python ]; then echo "Making the environment .venv."; $(PYTHON) -m venv .venv; fi
	@if uv --version >/dev/null 2>&1; then \
	  echo "Installing from requirements.lock with uv."; \
	  uv pip install --quiet --python $(BIN)/python $${PIP_FIND_LINKS:+--find-links "$$PIP_FIND_LINKS"} -r requirements.lock; \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  echo "Installing from requirements.lock with pip; the first time takes about three minutes."; \
	  $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.lock; \
	  $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@touch $@
