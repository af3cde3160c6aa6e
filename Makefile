# `make play` opens the game, `make test` is the whole check. Both need only Python 3.11 to 3.14 with pip: the first
# call makes .venv with the pinned versions of constraints.txt, later ones start at once.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# The first interpreter that is new enough; `make play PYTHON=/path/to/python3` chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$python -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1; \
	then echo $$python; break; fi; done)

INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: play test
.DELETE_ON_ERROR:

play: $(VENV)/ready-to-play
	@$(BIN)/python -m leveling $(ARGS)

test: $(VENV)/ready-to-test
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2
	$(BIN)/python -m leveling --plain forge prove --changed

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 to 3.14 is needed and was not found: install it, or say make play PYTHON=/path/to/python3" >&2; exit 2; fi
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready-to-play: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing leveling and PyTorch into $(VENV); the first time this takes minutes."
	$(INSTALL) .
	@touch $@

$(VENV)/ready-to-test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing leveling with its tests' tools into $(VENV); the first time this takes minutes."
	$(INSTALL) '.[test]'
	@touch $@ $(VENV)/ready-to-play
