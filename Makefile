# make help says what there is. PYTHON, PORT and SANDBOX_PORT can be chosen: make run PORT=9000
PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 8100
SIZE ?= 5000000
ROUNDS ?= 200
MINUTES ?= 60
JOURNAL ?= sqlite
# Debian's, or another: make test CHROMIUM=/usr/bin/google-chrome
CHROMIUM ?= $(shell command -v chromium 2>/dev/null)
export CHROMIUM
WITH_BROWSER = $(if $(CHROMIUM),.venv/browser)
MVN := $(shell command -v mvn 2>/dev/null)
WITH_KAFKA = $(if $(MVN),$(if $(shell command -v java 2>/dev/null),.venv/kafka))
BIN := .venv/bin
CLIENTS := .venv/segment/bin
FETCH_JARS = mvn --quiet --batch-mode --file tests/kafka/pom.xml -Dmaven.wagon.http.retryHandler.count=5 dependency:copy-dependencies
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help run test lint types soak bench guard growth scale load pages costs paint screenshots compiled constraints clean
.DEFAULT_GOAL := help

help:  ## what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: .venv/run  ## the service with a local Amplitude beside it, demo calls sent, until Ctrl-C
	@exec $(BIN)/translator serve --host 127.0.0.1 --port $(PORT) --sandbox --sandbox-port $(SANDBOX_PORT) --demo

test: .venv/dev .venv/clients .venv/moto $(WITH_BROWSER) $(WITH_KAFKA)  ## everything that this machine can test
	$(BIN)/python -m pytest $(TESTS)

lint: .venv/dev  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev $(WITH_BROWSER)  ## mypy --strict
	$(BIN)/mypy

soak: .venv/dev  ## seeded rounds of faults, kills, full disks and turned clocks: make soak ROUNDS=200 MINUTES=60 [JOURNAL=postgres|kafka]
	$(BIN)/python -m tests.harness --rounds $(ROUNDS) --minutes $(MINUTES) $(if $(filter postgres kafka,$(JOURNAL)),--$(JOURNAL))

bench: .venv/dev  ## what is to be reached and what is measured, each beside a limit of the same run: benchmarks/measured.json
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.tables

guard: .venv/dev  ## a minute of that: fails where a ratio is under half of the recorded one
	$(BIN)/python -m benchmarks.guard

growth: .venv/dev  ## what accepts and claims cost in a journal that grows to SIZE (5000000: an hour or two, 10 GB): benchmarks/grown.json
	$(BIN)/python -m benchmarks.growing --size $(SIZE)
	$(BIN)/python -m benchmarks.tables

scale: .venv/dev $(WITH_KAFKA)  ## ten minutes: what each journal takes and gives with 1, 2, 4 processes, and processor time per call: benchmarks/scale.json
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.tables

load: .venv/dev  ## a minute of load with Amplitude down for a third of it, then a million calls waiting
	$(BIN)/python -m benchmarks.load
	$(BIN)/python -m benchmarks.tables

costs: .venv/dev  ## what a million calls cost a PostgreSQL server in bytes and statements
	$(BIN)/python -m benchmarks.costs

pages: .venv/dev  ## how fast pages are with a million calls kept, and what open ones cost accepts
	$(BIN)/python -m benchmarks.looking

paint: .venv/browser  ## how soon each page shows something, in Chromium
	$(BIN)/python -m benchmarks.painting

screenshots: .venv/browser  ## each page in Chromium at both widths, into docs/screenshots
	$(BIN)/python -m tests.browser.screenshots

compiled: .venv/dev  ## write anew what is made from schemas and tables, where these have changed
	$(BIN)/python -m tests.compiled

constraints: .venv/dev  ## write down the newest versions within pyproject.toml's ranges
	sh deploy/constraints.sh $(PYTHON) --editable . --group dev --group browser hatchling > constraints.txt.new
	sh deploy/constraints.sh $(PYTHON) --group clients > tests/clients/constraints.txt.new
	sh deploy/constraints.sh $(PYTHON) --group s3 > tests/archive/constraints.txt.new
	mv tests/archive/constraints.txt.new tests/archive/constraints.txt
	mv constraints.txt.new constraints.txt && mv tests/clients/constraints.txt.new tests/clients/constraints.txt

clean:  ## remove what make has made; data/ stays
	rm -rf .venv tests/clients/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/made: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; choose one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) install --quiet --constraint constraints.txt --upgrade pip
	@touch $@

.venv/run: .venv/made pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/dev: .venv/run
	$(PIP) install --quiet --constraint constraints.txt --group dev
	@touch $@

.venv/browser: .venv/dev
	$(PIP) install --quiet --constraint constraints.txt --group browser
	@touch $@

.venv/moto: .venv/made pyproject.toml tests/archive/constraints.txt
	$(PYTHON) -m venv .venv/s3
	.venv/s3/bin/python -m pip --disable-pip-version-check install --quiet --constraint tests/archive/constraints.txt --upgrade pip
	.venv/s3/bin/python -m pip --disable-pip-version-check install --quiet --constraint tests/archive/constraints.txt --group s3
	@touch $@

# some 45 jars (44 MB), and the classes of them that a broker needs, so that each starts sooner (-: it starts without too)
.venv/kafka: tests/kafka/pom.xml | .venv/dev
	rm -rf $@ $@.new
	$(FETCH_JARS) -DoutputDirectory=$(CURDIR)/$@.new || $(FETCH_JARS) -U -DoutputDirectory=$(CURDIR)/$@.new
	mv $@.new $@
	-$(BIN)/python -m tests.kafka.cluster --remember
	@touch $@

.venv/clients: .venv/made pyproject.toml tests/clients/constraints.txt tests/clients/package-lock.json
	$(PYTHON) -m venv .venv/segment
	$(CLIENTS)/python -m pip --disable-pip-version-check install --quiet --constraint tests/clients/constraints.txt --upgrade pip
	$(CLIENTS)/python -m pip --disable-pip-version-check install --quiet --constraint tests/clients/constraints.txt --group clients
	cd tests/clients && PATH="$(CURDIR)/$(CLIENTS):$$PATH" npm ci --ignore-scripts --silent
	@touch $@
