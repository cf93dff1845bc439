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
# Two workers: what starts whole services takes most of the time of two cores. WORKERS=0: none, one process.
WORKERS := 2

# A demo or a test run starts hundreds of Python processes. Each would compile the product again, for 0.3 s,
# where the environment forbids to keep bytecode; an empty value allows it.
export PYTHONDONTWRITEBYTECODE :=

# Set-up is remembered in stamp files: what did not change is not installed again. A demo needs no test tools.
RUN_STAMP  := $(VENV)/.installed
DEV_STAMP  := $(VENV)/.installed-dev
JARS_STAMP := $(VENV)/.kafka-looked-for
PINS       := pyproject.toml constraints.txt
PIP        := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt
BENCHES    := bench-decider bench-fold bench-asof bench-edge bench-homecoming bench-latency bench-nation bench-sse \
              bench-proposals bench-orders
BENCHES    += bench-start

.PHONY: help demo up test check lint types pytest setup setup-dev doctor able system-deps clean $(BENCHES)
# What is missing must be said before half a minute of installing.
.NOTPARALLEL:

help:
	@echo 'make demo [EXIT=1]   replay a campaign day on a real Kafka; EXIT=1 ends with its verdict'
	@echo 'make up              Kafka, topics and the three services, until interrupted'
	@echo 'make test            everything: lint, types, import rules, tests (what .ci/run calls)'
	@echo 'make check           lint, types and import rules only'
	@echo 'make lint | types | pytest [ARGS="-k name"]'
	@echo 'make doctor          name what is missing here and how to install it'
	@echo 'make $(BENCHES)'
	@echo 'make system-deps     Debian only: chromium, fonts, podman, runc by apt-get (as root)'
	@echo 'make clean           stop a kept Kafka, remove the environment, caches and .pamwal'

demo: able $(RUN_STAMP) $(JARS_STAMP)
	$(VENV)/bin/pamwal demo kupang $(if $(EXIT),--exit,) $(ARGS)

up: able $(RUN_STAMP) $(JARS_STAMP)
	$(VENV)/bin/pamwal up $(ARGS)

test: able check $(DEV_STAMP) $(JARS_STAMP)
	$(VENV)/bin/pytest -n $(WORKERS) $(ARGS)

check: lint types

lint: $(DEV_STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports --no-logo

types: $(DEV_STAMP)
	$(VENV)/bin/mypy

pytest: $(DEV_STAMP) $(JARS_STAMP)
	$(VENV)/bin/pytest $(ARGS)

$(BENCHES): able $(RUN_STAMP) $(JARS_STAMP)
	$(PY) -m benchmarks.$(subst bench-,,$@) $(ARGS)

setup: able $(RUN_STAMP) $(JARS_STAMP)

setup-dev: able $(DEV_STAMP) $(JARS_STAMP)

doctor:
	@if [ -x $(PY) ]; then $(PY) -m pamwal.quiet pamwal.doctor; \
	else python=`sh deploy/find-python.sh` && "$$python" -m pamwal.quiet pamwal.doctor; fi

# Says only what is missing, and stops there.
able:
	@python=`sh deploy/find-python.sh` && "$$python" -m pamwal.quiet pamwal.doctor --brief

$(PY):
	@python=`sh deploy/find-python.sh` && echo "making $(VENV) with $$python" && "$$python" -m venv $(VENV)

$(RUN_STAMP): $(PINS) | $(PY)
	@echo 'installing the product, about half a minute the first time'
	@$(PIP) -e .
	@touch $@

$(DEV_STAMP): $(PINS) | $(PY)
	@echo 'installing the product and the tools of its tests, about a minute the first time'
	@$(PIP) -e '.[dev]'
	@touch $(RUN_STAMP) $@

# Fetches nothing where a broker, a KAFKA_HOME or resolved jars are at hand, or where only a container can help.
$(JARS_STAMP): deploy/kafka/pom.xml pamwal/local/classes.py | $(PY)
	@$(PY) -m pamwal.quiet pamwal.local.jars "$(STATE)"
	@touch $@

system-deps:
	apt-get update
	apt-get install -y --no-install-recommends chromium fonts-dejavu fonts-noto-core podman runc

# A state folder you named yourself stays: it may hold a log you want.
clean:
	@if [ -x $(PY) ]; then $(PY) -m pamwal.quiet pamwal.local.stop "$(STATE)"; fi
	rm -rf $(VENV) .pamwal .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
