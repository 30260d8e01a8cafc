# Two commands to know: `make run` and `make test`. `make help` lists the rest.
#   PYTHON=python3.12    another interpreter, with a virtual environment of its own
#   VENV=folder          another virtual environment
#   WORKERS=1            so many processes run the tests; one more than there are cores unless told, 4 at most, and one alone where
#                        there are ARGS
#   ARGS=…               more arguments: for twistd mobilesasa (run), pytest (test) or the benchmarks (bench, chaos)

VENV ?= .venv$(if $(PYTHON),-$(notdir $(PYTHON)))
ARGS ?=
BIN := $(VENV)/bin
SAID := setup.cfg setup.py pyproject.toml .ci/venv
PURE := mobilesasa/sms/*,mobilesasa/smpp/*,mobilesasa/core/*
TEST_LIMIT_S ?= 3600
# many tests wait for what they have started, so one more runs meanwhile
WORKERS ?= $(if $(ARGS),0,$(shell cores=$$(nproc); echo $$((cores < 4 ? cores + 1 : 4))))
FUZZ_S ?= 180

export PYTHON
# a third of what a node or a command takes to start is compiling our modules, where that may not be kept
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help run test lint types layers fuzz bench audit chaos clean

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: $(VENV)/installed ## set up and start the embedded node; Ctrl-C ends it
	@.ci/foreground $(BIN)/twistd -n --pidfile= mobilesasa $(ARGS)

test: $(VENV)/installed-test $(VENV)/foreign/ready ## set up and run all tests, on a real PostgreSQL, with coverage
	@timeout --foreground --kill-after=20 $(TEST_LIMIT_S) \
		$(BIN)/python -m pytest -W error --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder \
		--cov --cov-report= --junitxml=$(VENV)/junit.xml $(ARGS) \
		|| { code=$$?; [ $$code -ne 124 ] || echo "mobilesasa: the tests took more than $(TEST_LIMIT_S) s" >&2; exit $$code; }
	@[ -n "$(ARGS)" ] || $(BIN)/coverage report
	@[ -n "$(ARGS)" ] || $(BIN)/coverage report --include='$(PURE)' --fail-under=100 >$(VENV)/pure.txt \
		|| { cat $(VENV)/pure.txt; echo "mobilesasa: sms, smpp and core must be covered to the last branch" >&2; exit 1; }

lint: $(VENV)/installed-test types layers ## ruff, mypy and the layers test
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; exit 1; }
	@$(BIN)/ruff check --quiet .

types: $(VENV)/installed-test ## mypy, strict
	@$(BIN)/mypy --no-error-summary

layers: $(VENV)/installed-test ## who may import whom
	@$(BIN)/python -m pytest -q -W error tests/test_layers.py

fuzz: $(VENV)/installed-fuzz ## octets led by coverage against all that reads what peers send, then calls against the API, FUZZ_S seconds each
	@$(BIN)/python -m tests.fuzz.decoder $(VENV)/fuzz -max_total_time=$(FUZZ_S) -max_len=600 -artifact_prefix=$(VENV)/fuzz- $(ARGS)
	@$(BIN)/python -m tests.fuzz.api --seconds $(FUZZ_S)

bench: $(VENV)/installed-test ## measure: rates, latencies, CPU a message, memory
	@$(BIN)/python -m bench $(ARGS)

audit: $(VENV)/installed-test ## known vulnerabilities of all that is installed, by pip-audit; asks the network
	@.ci/audit $(VENV) $(ARGS)

chaos: $(VENV)/installed-test $(VENV)/foreign/ready ## kill, freeze, cut, fill up and set wrong at random under load what nodes lean on; 50 rounds (docs/reliability.rst)
	@$(BIN)/python -m bench.chaos $(ARGS)

clean: ## remove what the tools made; the state of a node under var/ stays
	@rm -rf .venv .venv-* build dist ./*.egg-info .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -prune -exec rm -rf {} + -o -name dropin.cache -exec rm -f {} +

$(VENV)/installed: $(SAID)
	@.ci/venv $(VENV)
	@touch $@

$(VENV)/installed-test: $(SAID)
	@.ci/venv $(VENV) test,lint,bench
	@touch $(VENV)/installed $@

$(VENV)/installed-fuzz: $(SAID)
	@.ci/venv $(VENV) test,lint,bench,fuzz
	@touch $(VENV)/installed $(VENV)/installed-test $@

# the clients of others, for tests/clients, and the browser, for tests/browser
$(VENV)/foreign/ready: .ci/foreign tests/clients/npm/package-lock.json | $(VENV)/installed-test
	@.ci/foreign $(VENV)
	@touch $@
