# Needs GNU make 3.81 or newer and Python 3.11 or newer, nothing else. `make help` lists the targets.

PYTHON ?= python3
DEMO := dax power guitar --horizon 20 24 80 --windows 10 5 5 --jobs 2

VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

# Empty when the interpreter is missing or too old, which CREATED's recipe reports.
VERSION := $(shell "$(PYTHON)" -c "import sys; print('%d.%d' % sys.version_info[:2] * (sys.version_info >= (3, 11)))" 2>/dev/null)
CREATED := $(VENV)/created-by-python$(VERSION)

export MPLBACKEND := Agg
unexport PYTHONHOME PYTHONPATH

.NOTPARALLEL:
.PHONY: help demo test lint clean

help:
	@echo "make demo    forecast a stock, a sensor and an audio series; pictures in report/index.html"
	@echo "make test    run the linters, the import contracts and all tests"
	@echo "make lint    run the linters and the import contracts only"
	@echo "make clean   remove the environment and everything else that was built"
	@echo "Another interpreter: PYTHON=python3.12 make test"

demo: $(VENV)/plot.installed
	$(BIN)/tsrnn compare $(DEMO) --report report

test: lint
	$(BIN)/python -m pytest -n auto --dist worksteal --durations 25

lint: $(VENV)/dev.installed
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m mypy

# An environment is whole only while CREATED exists: pip works with it set aside, so that after an
# interrupted or failed installation the next run starts afresh. mv keeps its time, touch would not.
$(VENV)/%.installed: $(CREATED)
	@echo "Installing tsrnn[$*] into $(VENV) ..."
	@mv $(CREATED) $(CREATED).unfinished
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$*]"
	@mv $(CREATED).unfinished $(CREATED)
	@touch $@

$(CREATED): pyproject.toml
	@$(if $(VERSION),,echo "tsrnn needs Python 3.11 or newer; '$(PYTHON)' is older or missing. Name another: PYTHON=python3.12 make test" >&2; exit 1)
	@"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

clean:
	rm -rf $(VENV) build dist report .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find tsrnn tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
