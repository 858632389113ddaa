# The developer's verbs. `make demo` and `make test` each start from nothing.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TESTS ?= tests
# Tests that change nothing of the machine but files of their own and ports that were free: two at a time.
SIDE_BY_SIDE := $(addprefix $(TESTS)/,contract/api contract/storage \
  $(addprefix integration/,apiserver cli client controllers kubelet machinery))

.PHONY: help demo pods-packages test check format lint types floors unit replay conformance torture overload fuzz fuzz-api bench clients \
  compatibility compatibility-check docs packages clean

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml requirements.lock
	@python3 -c 'import sys; sys.version_info >= (3, 11) or sys.exit("error: Python 3.11 or newer is needed")'
	@echo "Installing Python packages into $(VENV) (half a minute)"
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: pods-packages $(STAMP) ## the notes' three commands, on this machine
	@sh examples/demo.sh

pods-packages:
	@sh examples/install-packages.sh pods

packages: ## the distribution packages that the tests need
	@sh examples/install-packages.sh tests

test: packages $(STAMP) check ## everything
	$(BIN)/pytest -q -n 2 --durations=5 $(SIDE_BY_SIDE)
	$(BIN)/pytest -q --durations=15 $(addprefix --ignore=,$(SIDE_BY_SIDE)) \
	  $(TESTS)/contract $(TESTS)/integration $(TESTS)/torture $(TESTS)/e2e
	$(BIN)/pytest -q -n 2 --durations=5 $(TESTS)/labs
	@$(MAKE) clients

check: $(STAMP) format lint types floors unit ## format, lint, types, floors, unit tests: under a minute

format: $(STAMP)
	$(BIN)/ruff format --check .

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

floors: $(STAMP)
	$(BIN)/lint-imports

unit: $(STAMP)
	$(BIN)/pytest -q -n 2 $(TESTS)/unit $(TESTS)/architecture

replay: $(STAMP) ## RECORDINGS=DIR: our answers beside recorded ones
	$(BIN)/python -m tests.conformance.replay $(RECORDINGS) --verbose
	$(BIN)/python -m tests.conformance.kubectl_replay $(RECORDINGS) --verbose

fuzz: $(STAMP) ## the long one: 300 sequences of 50 steps against each store, every operation 200 times by each user
	FUZZ_RUNS=300 $(BIN)/pytest -q --timeout=3600 $(TESTS)/contract/storage/test_state_machine.py
	$(MAKE) fuzz-api FUZZ="--all --examples 200"

fuzz-api: $(STAMP) .venv-fuzz/.installed ## [FUZZ="--all --examples N --seed N"]: made-up requests by the published API
	$(BIN)/python -m tests.fuzz.run --schemathesis .venv-fuzz/bin/schemathesis $(FUZZ)

.venv-fuzz/.installed: tests/fuzz/requirements.lock
	python3 -m venv .venv-fuzz
	.venv-fuzz/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/fuzz/requirements.lock
	@touch $@

conformance: $(STAMP) ## E2E=DIR LIST=FILE [RUNTIME=oci IMAGES=FILE] [STORE=etcd] [OUT=DIR] [HALF=0] [COUNT=NAME]: Kubernetes' own tests
	$(BIN)/python -m tests.conformance.run --e2e $(E2E) --list $(LIST) \
	  $(if $(RUNTIME),--container-runtime $(RUNTIME)) $(if $(IMAGES),--images $(IMAGES)) \
	  $(if $(STORE),--store $(STORE)) $(if $(OUT),--out $(OUT)) $(if $(JOBS),--jobs $(JOBS)) $(if $(HALF),--half $(HALF)) $(if $(COUNT),--count '$(COUNT)')

torture: $(STAMP) ## [STORE=sqlite|etcd] [SEEDS=5] [FAULTS=1,9] [SECONDS=20]: faults under load, promises checked
	$(BIN)/python -m tests.torture $(if $(STORE),--store $(STORE)) $(if $(SEEDS),--seeds $(SEEDS)) \
	  $(if $(FAULTS),--faults $(FAULTS)) $(if $(SECONDS),--seconds $(SECONDS))

overload: $(STAMP) ## [STORE=sqlite|etcd] [KINDS=lists,events] [SECONDS=60]: a bad user; does anybody else notice?
	$(BIN)/python -m tests.overload $(if $(STORE),--store $(STORE)) $(if $(KINDS),--kinds '$(KINDS)') $(if $(SECONDS),--seconds $(SECONDS))

bench: $(STAMP) ## [PEER=DIR] [ONLY=B1,B3]: figures, each with its result checked
	$(BIN)/python -m benchmarks $(if $(PEER),--peer $(PEER)) $(if $(ONLY),--only $(ONLY))

clients: $(STAMP) .venv-clients/.installed ## the Python clients, Helm and three kubectls on one cluster
	.venv-clients/bin/python -m pytest -c tests/clients/pytest.ini -q --durations=5 tests/clients

compatibility: $(STAMP) ## write the tables of docs/compatibility.md from the tests that passed
	$(BIN)/python -m tests.support.compatibility

compatibility-check: $(STAMP)
	$(BIN)/python -m tests.support.compatibility --check

.venv-clients/.installed: tests/clients/requirements.lock
	python3 -m venv .venv-clients
	.venv-clients/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

docs: .venv-docs/.installed ## the documentation site: build/docs/index.html
	python3 docs/site/assemble.py build/docs-source
	rm -rf build/docs
	.venv-docs/bin/sphinx-build -q -W --keep-going -b html -d build/docs-doctrees build/docs-source build/docs
	python3 docs/site/check.py build/docs
	@echo "build/docs/index.html"

.venv-docs/.installed: docs/requirements.lock
	python3 -m venv .venv-docs
	.venv-docs/bin/pip install --quiet --disable-pip-version-check --require-hashes -r docs/requirements.lock
	@touch $@

clean:
	rm -rf $(VENV) .venv-docs .venv-clients .venv-fuzz build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
