# Every target sets up what it needs in $(VENV); a fresh machine needs Python 3.11 or newer and nothing else.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin

.PHONY: help demo test lint bench clean

help:
	@echo "make demo    train a digit classifier: extensor train"
	@echo "make test    run the tests; ARGS='-m slow' for the slow ones"
	@echo "make lint    ruff and mypy"
	@echo "make bench   benchmarks against other libraries"
	@echo "make clean   remove the environment and all caches"
	@echo "PYTHON=python3.13 chooses the interpreter, VENV=folder the environment, ARGS='...' adds arguments."

demo: $(VENV)/.with-plot
	$(BIN)/extensor train $(ARGS)

test: $(VENV)/.with-test
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.with-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.with-bench
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each extra: made once, and again when pyproject.toml changes.
$(VENV)/.with-%: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "extensor needs Python 3.11 or newer; '$(PYTHON)' is not. Try: make PYTHON=python3.13" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

.PRECIOUS: $(BIN)/python $(VENV)/.with-%
