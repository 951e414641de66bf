# Everything a newcomer needs is `make demo` and `make test`; both work with a package registry alone.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed
TESTABLE = $(VENV)/.testable

.DEFAULT_GOAL := help
.PHONY: help demo studio test test-all check features docs bench constraints clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(TESTABLE): $(INSTALLED) pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

demo: $(INSTALLED)  ## Install, then live the first life of a small model (about seven minutes)
	$(BIN)/practicum life

studio: $(INSTALLED)  ## Install, then open the course and the tools in the browser
	$(BIN)/practicum studio

test: $(TESTABLE)  ## Install with the test extra and run the whole suite
	$(BIN)/python -m pytest $(ARGS)

test-all: $(TESTABLE)  ## The slow tests too: the real model beside outsiders
	$(BIN)/python -m pytest -m 'slow or not slow' $(ARGS)

test-deepspeed: $(TESTABLE)  ## DeepSpeed's stages on two processes; needs a C++ compiler
	DS_ACCELERATOR=cpu $(BIN)/python -m pip install -q --no-build-isolation 'deepspeed>=0.18' ninja
	$(BIN)/python -m pytest -m slow tests/train/test_distributed.py $(ARGS)

check: $(TESTABLE)  ## Style, types, floors and generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/practicum dev docs --check

features: $(TESTABLE)  ## Every feature row: passed, failed, slow or missing
	$(BIN)/practicum dev features

docs: $(INSTALLED)  ## Regenerate the pages that are made from the code
	$(BIN)/practicum dev docs

bench: $(INSTALLED)  ## The machine's ceilings, then ours beside its peers
	$(BIN)/python benchmarks/machine.py --quick
	$(BIN)/python benchmarks/finetune.py --quick
	$(BIN)/python benchmarks/decode.py --quick
	$(BIN)/python benchmarks/course.py --quick
	$(BIN)/python benchmarks/studio.py --quick

constraints: $(TESTABLE)  ## Write what is installed now as the new pins
	@(grep '^#' constraints.txt; $(BIN)/python -m pip list --format=freeze --exclude-editable \
	  | grep -viE '^(pip|setuptools|wheel)=' | sed 's/+cpu//' | sort -f) > constraints.new
	@mv constraints.new constraints.txt

clean:  ## Remove the environment and caches; the store is kept
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache src/*.egg-info
