# The commands of the project. A bare clone needs python3 (3.10 to 3.13) and Node (18 or newer).
# Which azure-functions-durable: 1.7, or with SDK=2 2.0, which needs Python 3.13.
SDK ?= 1
PYTHON ?= $(if $(filter 2,$(SDK)),python3.13,python3)
VENV ?= $(if $(filter 2,$(SDK)),.venv-sdk2,.venv)
PORT ?= 7071
DATA ?= .
MINUTES ?= 5
FAULTS ?= 2
INPUTS ?= 100000
SECONDS ?= 60
MODULE ?= ordering
TESTS ?= tests/unit/ordering
THEN ?=
# Some shells export HOST, the machine's name: not ours, unless it is a name that we know.
HOST := $(if $(filter auto func emulator,$(HOST)),$(HOST),auto)

python := $(VENV)/bin/python
# One more than there are cores, since tests wait at times; the tests of a file share what they
# start. The folders whose files take longest come first, as it happens: browser and e2e.
cores := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
in_turn := --dist loadfile --no-loadscope-reorder
workers := --numprocesses $(shell expr $(cores) + 1) $(in_turn)
pytest := $(python) -m pytest $(workers)
package := packages/functions-emulator
# -I: not even by accident does the package import anything from here.
package_pytest := $(python) -I -m pytest
# Of the package, the apps of its other tests are written for SDK 1.x.
package_tests = $(package)/tests$(if $(filter 2,$(SDK)),/sdk2)
export PORT HOST DATA
# Some shells export it. A hundred processes of the tests would each compile the project anew.
export PYTHONDONTWRITEBYTECODE :=

ifeq ($(SDK),2)
pythons := 3.13
# The same requirements, but for the SDK and what the package's other tests need besides.
requirements = grep -hv -e '^-r' -e '^azure-functions' requirements.txt requirements-stripe.txt requirements-dev.txt \
    | sed 's/functions-emulator\[test\]/functions-emulator/' >$(VENV)/requirements.txt
requirement_options = --pre azure-functions-durable==2.0.0rc3 azure-functions -r $(VENV)/requirements.txt
else
pythons := 3.10 3.11 3.12 3.13
requirements = true
requirement_options = -r requirements-dev.txt
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List these commands.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  HOST=auto|func|emulator  which host runs the app (demo, run, e2e)"
	@echo "  PORT=7071  DATA=.        where \`make run\` listens and keeps its state"
	@echo "  PYTHON=python3           which Python is in .venv; another one makes it anew"
	@echo "  SDK=2 PYTHON=python3.13  the tests on azure-functions-durable 2.0, in .venv-sdk2"

.PHONY: demo
demo: setup ## Tell the whole story once: short, paused, restocked, event sent, invoiced.
	@$(python) -m tools.demo

.PHONY: run
run: setup ## Start Azurite and the Functions host in the foreground; Ctrl-C stops both.
	@$(python) -m tools.run

.PHONY: test
test: $(if $(filter 2,$(SDK)),setup,style) ## Run all that CI runs: lint, unit, integration, e2e and browser.
	@$(python) tests/beside.py "$(pytest) tests" \
	    "$(package_pytest) --numprocesses $(shell expr $(cores) / 2 + 1) $(in_turn) $(package_tests)" \
	    $(if $(filter 2,$(SDK)),,"$(python) -m mypy")

.PHONY: lint
lint: style ## Check style and types.
	@$(python) -m mypy

.PHONY: style
style: setup
	@$(python) -m ruff check .
	@$(python) -m ruff format --check .

.PHONY: unit
unit: setup ## Run the tests that need no service.
	@$(pytest) tests/unit
	@$(if $(filter 2,$(SDK)),true,$(package_pytest) $(workers) $(package)/tests/unit)

.PHONY: public-suite
public-suite: ## Run the tests of a checkout of durabletask-python on the emulator: SUITE=/path/to/it.
	@test -n "$(SUITE)" || { echo "Say where it is: make public-suite SUITE=/path/to/durabletask-python" >&2; exit 1; }
	@$(MAKE) --no-print-directory setup SDK=2 PYTHON=$(if $(filter python3,$(PYTHON)),python3.13,$(PYTHON))
	@.venv-sdk2/bin/python -I $(package)/tests/conformance/public_suite.py $(SUITE)

# Microsoft's own runtime beside the emulator's worker. Its Python is 3.13, too.
CONFORMANCE := .venv-conformance
PYTHON_CONFORMANCE ?= python3.13

.PHONY: conformance
conformance: ## Compare the emulator with Microsoft's azure-functions-runtime, which needs Python 3.13.
	@if $(PYTHON_CONFORMANCE) -c 'import sys; sys.exit(sys.version_info < (3, 13))' 2>/dev/null; then \
	    $(MAKE) --no-print-directory $(CONFORMANCE)/.installed && \
	    $(CONFORMANCE)/bin/python -I -m pytest $(package)/tests/conformance; \
	else echo "Skipped: $(PYTHON_CONFORMANCE) is no Python 3.13. Name one: make conformance PYTHON_CONFORMANCE=/path/to/python3.13"; fi

$(CONFORMANCE)/.installed: $(package)/tests/conformance/requirements.txt $(package)/pyproject.toml
	@tools/step.sh "Making $(CONFORMANCE)" $(PYTHON_CONFORMANCE) -m venv $(CONFORMANCE)
	@tools/step.sh "Installing azure-functions-runtime (about half a minute)" \
	    $(CONFORMANCE)/bin/python -m pip install --disable-pip-version-check --no-input \
	        -r $(package)/tests/conformance/requirements.txt -e '$(package)[test]'
	@touch $@

.PHONY: integration
integration: setup ## Run the tests on Azurite.
	@$(pytest) tests/integration
	@$(if $(filter 2,$(SDK)),true,$(package_pytest) $(workers) $(package)/tests/integration)

.PHONY: e2e
e2e: setup ## Run the tests on Azurite and a host.
	@$(pytest) tests/e2e
	@$(package_pytest) $(workers) $(package)/tests/$(if $(filter 2,$(SDK)),sdk2,e2e)

.PHONY: browser
browser: setup ## Run the tests of the page; they need a Chromium or Chrome: CHROME=/path/to/it.
	@$(pytest) tests/browser

.PHONY: screenshots
screenshots: setup ## Take the pictures of the page anew: docs/pictures/.
	@$(python) -m tools.screenshots

.PHONY: model
model: setup ## Try every interleaving of two orders and FAULTS=2 faults; 3 take half an hour and 6 GB.
	@FAULTS=$(FAULTS) $(pytest) tests/unit/model

.PHONY: fuzz
fuzz: setup ## Send hostile input by the schema, by hand and by queue, then audit: INPUTS=100000 SEED=1.
	@$(python) -m tests.fuzz --inputs $(INPUTS) $(if $(SEED),--seed $(SEED))

.PHONY: fuzz-parsers
fuzz-parsers: setup $(VENV)/.installed-fuzz ## Fuzz what reads a client's input, guided by coverage: SECONDS=60 SEED=1.
	@$(python) -W ignore -m tests.fuzz.parsers -max_total_time=$(SECONDS) $(if $(SEED),-seed=$(SEED))

$(VENV)/.installed-fuzz: requirements-fuzz.txt $(VENV)/.installed
	@$(python) -m pip install --quiet --disable-pip-version-check -r requirements-fuzz.txt
	@touch $@

.PHONY: mutants
mutants: setup $(VENV)/.installed-mutants ## Tell which changes of a MODULE=ordering/clock.py its TESTS=tests/unit do not notice.
	@$(python) -m tests.mutants $(MODULE) --tests "$(TESTS)" --then "$(THEN)"

$(VENV)/.installed-mutants: requirements-mutants.txt $(VENV)/.installed
	@$(python) -m pip install --quiet --disable-pip-version-check -r requirements-mutants.txt
	@touch $@

.PHONY: audit
audit: setup ## Check the books of a running app (`make run`): each invariant, and what violates it.
	@$(python) -m tools.audit $(AUDIT)

.PHONY: chaos
chaos: setup ## Break things under load and audit after each round: MINUTES=5 SEED=1, or FAULTS= ORDERS=.
	@$(python) -m tools.chaos $(if $(FAULTS)$(ORDERS),$(if $(FAULTS),--faults $(FAULTS)) $(if $(ORDERS),--orders $(ORDERS)),--minutes $(MINUTES)) \
	    $(if $(SEED),--seed $(SEED)) $(CHAOS)

.PHONY: bench
bench: setup $(VENV)/.installed-bench ## Measure orders, engine and growth beside their limits: QUICK=1 BENCH="--against 898c4a3".
	@$(python) -m benchmarks $(if $(QUICK),--quick) $(BENCH)

$(VENV)/.installed-bench: requirements-bench.txt $(VENV)/.installed
	@tools/step.sh "Installing the packages of the benchmark (about half a minute)" \
	    $(python) -m pip install --disable-pip-version-check --no-input -r requirements-bench.txt
	@touch $@

.PHONY: setup
setup: venv node_modules/.installed ## Install what the others need; they call it.

# A make of its own: whether anything is installed is known only once the environment is there.
.PHONY: venv
venv:
	@tools/venv.sh "$(PYTHON)" "$(VENV)" "$(origin PYTHON)" "$(pythons)"
	@$(MAKE) --no-print-directory --silent $(VENV)/.installed

$(VENV)/.installed: requirements.txt requirements-stripe.txt requirements-dev.txt $(package)/pyproject.toml
	@$(requirements)
	@tools/step.sh "Installing Python packages (about half a minute)" \
	    $(python) -m pip install --disable-pip-version-check --no-input $(requirement_options)
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc
	@command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || { \
	    echo "node or npm was not found. Install Node.js 18 or newer; Azurite needs it." >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || { \
	    echo "node is $$(node -v), but 18 or newer is needed." >&2; exit 1; }
	@tools/step.sh "Installing Azurite (about half a minute)" npm ci
	@touch $@
