# Everything a newcomer needs; `make help` lists it.
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help study loopback test lint format clean

help:    ## this list
	@grep -hE '^[a-z]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

study: $(VENV)/installed    ## run the embedded study (config.yaml) and say where to look
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --cores $(CORES) --quiet rules host
	@echo 'What came out: results/embedded/headline.txt'

loopback: $(VENV)/installed    ## run studies/loopback.yaml: both SDKs, against a server on this machine
	@$(BIN)/python scripts/loopback.py --state store/loopback & server=$$!; trap "kill $$server" EXIT; sleep 2; \
	LOOPBACK_KEY=none-needed PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --cores $(CORES) --quiet rules host \
	  --configfile studies/loopback.yaml

test: $(VENV)/tested lint    ## set up what tests need, and run all of them
	$(BIN)/python -m pytest -n $$(( $(CORES) + 1 ))

lint: $(VENV)/tested    ## style, types, and the form of rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

format: $(VENV)/tested    ## bring all sources into shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

clean:    ## delete results and environments, but never the store
	rm -rf results/*/ .snakemake $(VENV)

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "inward needs Python 3.11 or newer; set PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/tested: $(VENV)/installed $(VENV)/validator/installed requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.lock
	@touch $@

# Apart from all others: it wants another version of rich than Together's package does.
$(VENV)/validator/installed: requirements-validator.lock
	$(PYTHON) -m venv $(VENV)/validator
	$(VENV)/validator/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-validator.lock
	@touch $@
