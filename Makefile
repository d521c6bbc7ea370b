# voicebot: `make demo` and `make test` do all the set-up on a fresh machine; `make help` lists the rest.
# Every part of the set-up looks first whether it is done (milliseconds), so running it again costs nothing.
SHELL := /bin/bash
.NOTPARALLEL:
.DEFAULT_GOAL := help

LOCAL ?= .local
VENV ?= .venv
export LOCAL VENV
ifneq ($(LOCAL),.local)
export VOICEBOT_PATHS__LOCAL := $(abspath $(LOCAL))
endif
BIN := $(VENV)/bin
# the extra words of a command: make demo ARGS="--json"
ARGS ?=

.PHONY: help setup machine venv asterisk rhvoice whisper test-tools demo serve doctor \
	test test-unit test-integration explore check lint types contracts bench bench-calls chaos learn lock wheel clean distclean

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

## set-up

setup: machine venv asterisk rhvoice whisper ## everything the robot needs: .venv and .local (about 500 MB to download, 2 minutes on a fast line)

machine: # what this machine lacks is said in one go, before anything is downloaded
	@setup/check_machine.sh

venv: # Python packages, as pinned in requirements.lock
	@setup/make_venv.sh

asterisk: # Asterisk 22.6 or newer
	@setup/fetch_asterisk.sh

rhvoice: # the voices
	@setup/fetch_rhvoice.sh

whisper: venv # the recognition model
	@setup/fetch_whisper.sh

test-tools: machine venv # what only the tests need: sipp, PostgreSQL, docker-compose; unpacked like Asterisk; a Vosk model
	@setup/fetch_sipp.sh
	@setup/fetch_postgres.sh
	@setup/fetch_compose.sh
	@setup/fetch_vosk_korean.sh

## use

demo: setup ## the robot rings a simulated city over real SIP and shows what was said (4 minutes)
	@$(BIN)/voicebot demo $(ARGS)

serve: setup ## run the robot: ticks, calls, /healthz
	@$(BIN)/voicebot serve $(ARGS)

doctor: setup ## what is missing or wrong on this machine
	@$(BIN)/voicebot doctor $(ARGS)

## development

# tests that nobody speaks in: two at once disturb no sound
CALLLESS := $(sort $(wildcard $(foreach part,engine store mis ear campaigns speech listen setup detector web,\
	tests/integration/test_$(part)*.py)))
test: setup test-tools check ## all checks and tests, with a real Asterisk pair (about 20 minutes)
	@echo "== unit tests" && $(BIN)/pytest tests/unit -q -n auto --durations=5
	@echo "== the demo, and beside it, out of its way, the integration tests without calls" && printf '%s\0' \
		"$(BIN)/pytest tests/acceptance -v --durations=3" \
		"nice -n 10 $(BIN)/pytest $(CALLLESS) -q -n 2 --dist loadfile --durations=5" | \
		xargs -0 -P 2 -I{} $(SHELL) -c '{}'
	@echo "== integration tests with calls" && \
		$(BIN)/pytest tests/integration $(addprefix --ignore=,$(CALLLESS)) -v --durations=15

test-unit: venv ## the quick round: unit tests alone (under a minute)
	@$(BIN)/pytest tests/unit -q -n auto $(ARGS)

test-integration: setup test-tools ## the real thing, without the demo: make test-integration ARGS="-k transfer"
	@$(BIN)/pytest tests/integration -v --durations=15 $(ARGS)

# `make test` draws the same examples every time; these are new ones in every round
ROUNDS ?= 10
explore: venv ## random examples for the tests of properties, new ones in every round: make explore ROUNDS=10
	@for round in $$(seq $(ROUNDS)); do echo "== round $$round of $(ROUNDS)"; \
		$(BIN)/pytest $$(grep -rl "from hypothesis" tests/unit --include="test_*.py") -q -n auto \
			--hypothesis-profile=explore $(ARGS) || exit 1; done

check: lint types contracts ## ruff, mypy --strict, import contracts

lint: venv
	@echo "== ruff" && $(BIN)/ruff check .

types: venv
	@echo "== mypy --strict" && $(BIN)/mypy && MYPYPATH=setup $(BIN)/mypy setup/*.py

contracts: venv
	@echo "== import contracts" && $(BIN)/lint-imports --no-cache

learn: setup ## the model of sample sentences anew from voicebot/language/samples/*.tsv (a minute)
	$(BIN)/python -m voicebot.language.learning

bench: setup ## response times at the patient's ear, CPU and memory per call, with the machine's load
	@set -e; for bench in tests/bench/bench_*.py; do echo "== $$bench"; $(BIN)/python "$$bench" $(ARGS); done

bench-calls: setup ## calls alone, measured at the ear: make bench-calls ARGS="--part noise" (response, barge, noise, loss, load)
	@$(BIN)/python tests/bench/bench_calls.py $(ARGS)

# the same seed: the same faults; without one, a new one is drawn and printed
FAULTS ?= 100
chaos: setup test-tools ## random faults against a workload of reminders, then the books: make chaos FAULTS=100 SEED=1
	@PYTHONPATH=. $(BIN)/python -m tests.chaos.run --faults $(FAULTS) $(if $(SEED),--seed $(SEED)) $(ARGS)

lock: venv ## pin the dependencies anew: requirements.lock, setup/build.lock
	@setup/lock.sh $(ARGS)

wheel: venv ## dist/voicebot-*.whl, with scenarios, configuration templates and audio in it
	@$(BIN)/python -m pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls -1 dist/*.whl

clean: ## remove what builds and tests leave; keeps .venv, .local and data
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find voicebot tests setup -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## clean, and remove .venv and .local: the next make setup downloads everything again
	@rm -rf "$(VENV)" "$(LOCAL)"
