# GNU make 3.81 is enough. Nothing here calls sudo, and only 'system-deps' calls a package manager.
#
#   make demo          set everything up and replay a campaign day (EXIT=1: end instead of keeping the board up)
#   make test          set everything up, then lint, types, import rules and all tests
#   make help          the rest

SHELL := /bin/sh
VENV  := .venv
PY    := $(VENV)/bin/python
STATE := $(if $(PAMWAL_STATE),$(PAMWAL_STATE),.pamwal)
EXIT  :=
ARGS  :=

# Set-up is remembered in stamp files: what did not change is not installed again.
RUN_STAMP  := $(VENV)/.installed
DEV_STAMP  := $(VENV)/.installed-dev
JARS_STAMP := $(STATE)/kafka/.jars-looked-for
PINS       := pyproject.toml constraints.txt
PIP        := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help demo up doctor test check lint types pytest setup setup-dev system-deps clean \
        bench-decider bench-fold bench-edge bench-latency

help:
	@echo 'make demo [EXIT=1]   replay a campaign day on a real Kafka; EXIT=1 ends with its verdict'
	@echo 'make up              Kafka, topics and the three services, until interrupted'
	@echo 'make test            everything: lint, types, import rules, tests (what .ci/run calls)'
	@echo 'make check           lint, types and import rules only'
	@echo 'make lint | types | pytest [ARGS="-k name"]'
	@echo 'make doctor          name what is missing here and how to install it'
	@echo 'make bench-decider | bench-fold | bench-edge | bench-latency'
	@echo 'make system-deps     Debian only: chromium, fonts, podman, runc by apt-get (needs root)'
	@echo 'make clean           stop a kept Kafka, remove the environment, caches and local state'

demo: $(RUN_STAMP) $(JARS_STAMP)
	$(VENV)/bin/pamwal demo kupang $(if $(EXIT),--exit,) $(ARGS)

up: $(RUN_STAMP) $(JARS_STAMP)
	$(VENV)/bin/pamwal up $(ARGS)

test: check pytest

check: lint types

lint: $(DEV_STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports --no-logo

types: $(DEV_STAMP)
	$(VENV)/bin/mypy

pytest: $(DEV_STAMP) $(JARS_STAMP)
	$(VENV)/bin/pytest $(ARGS)

setup: $(RUN_STAMP) $(JARS_STAMP)
setup-dev: $(DEV_STAMP) $(JARS_STAMP)

doctor:
	@python=`sh deploy/find-python.sh` && "$$python" -m pamwal.doctor

$(PY):
	@python=`sh deploy/find-python.sh` && "$$python" -m pamwal.doctor --brief \
	  && echo "creating $(VENV) with `$$python --version`" && "$$python" -m venv $(VENV)

$(RUN_STAMP): $(PINS) | $(PY)
	@echo 'installing the product (about half a minute the first time)'
	@$(PIP) -e .
	@touch $@

$(DEV_STAMP): $(PINS) | $(PY)
	@echo 'installing the product and its tools (about a minute the first time)'
	@$(PIP) -e '.[dev]'
	@touch $(RUN_STAMP) $@

# Leaves at once where a broker or a KAFKA_HOME is given, or where only a container engine can help.
$(JARS_STAMP): deploy/kafka/pom.xml | $(PY)
	@$(PY) -m pamwal.local.jars "$(STATE)"
	@touch $@

bench-decider bench-fold bench-edge bench-latency: $(RUN_STAMP) $(JARS_STAMP)
	$(PY) -m benchmarks.$(subst bench-,,$@) $(ARGS)

system-deps:
	apt-get update
	apt-get install -y --no-install-recommends chromium fonts-dejavu fonts-noto-core podman runc

clean:
	@if [ -x $(PY) ]; then $(PY) -m pamwal.local.stop "$(STATE)"; fi
	rm -rf $(VENV) "$(STATE)" .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
