# The front door. `make demo` renders a video, `make test` runs every check and test.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
READY := $(VENV)/.ready
# What the container images have; `runpod` is the worker of a serverless endpoint.
IMAGE_EXTRAS := voice heif captions serve telemetry engines runpod
NODE_READY := deploy/bullmq/node_modules/.ready

.PHONY: help setup demo serve test check fix bench bench-rig bench-weights chaos lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 20

setup: $(READY) ## Make .venv and install what the other targets need

$(READY): requirements/dev.lock pyproject.toml
	@echo "Setting up $(VENV) (first run only)"
	@test -x $(BIN)/python || python3 -m venv $(VENV)
	@test -x $(UV) || $(BIN)/pip install --quiet uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --compile-bytecode --require-hashes -r requirements/dev.lock
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_READY): deploy/bullmq/package-lock.json
	@npm ci --silent --ignore-scripts --prefix deploy/bullmq
	@touch $@

check: $(READY) ## Lint, format, types, import contracts; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fix: $(READY) ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: check $(NODE_READY) ## Every check and every test, with coverage
	@$(BIN)/python -m compileall -q src
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=
	@rm -f .coverage.* # All that is whole is in .coverage: these are of programs that were killed.
	$(BIN)/coverage report --skip-covered --fail-under=85
	$(BIN)/coverage report --include='src/talkies/core/*' --fail-under=95 --format=total
	$(BIN)/coverage report --include='src/talkies/api/*' --fail-under=90 --format=total
	$(BIN)/coverage report --include='src/talkies/jobs/*,src/talkies/storage/*,src/talkies/engines/commands/*' --fail-under=99 --format=total

demo: $(READY) ## Render the sample portrait saying a sentence into out/
	@mkdir -p out
	$(BIN)/talkies render examples/portrait.png --text-file examples/speech.txt --voice heart \
	  -o out/demo.mp4 --captions sidecar --score --contact-sheet --overwrite

serve: $(READY) ## Serve the API, a worker and the docs; data in ./data (SERVE_FLAGS=)
	$(BIN)/talkies serve $(SERVE_FLAGS)

bench: $(READY) ## Measure, print ratios, write out/bench.json (FACES= and SPEECH= name folders)
	$(BIN)/python benchmarks/run.py $(if $(FACES),--faces $(FACES)) $(if $(SPEECH),--speech $(SPEECH)) $(BENCH_FLAGS)

bench-rig: $(READY) ## Measure characters and timelines, write out/bench-rig.json (RIG_FLAGS='--quick --only timelines,export')
	$(BIN)/python benchmarks/rig_bench.py $(RIG_FLAGS)

bench-weights: $(READY) ## Pull 20 GB of made-up weights through ten cuts (WEIGHTS_FLAGS='--gigabytes 2')
	$(BIN)/python benchmarks/weights_bench.py $(WEIGHTS_FLAGS)

chaos: $(READY) ## Kill the service at random, on SQLite and Postgres, and count what was lost (out/chaos.json)
	$(BIN)/python benchmarks/chaos.py $(CHAOS_FLAGS)

lock: ## Renew the lock files from pyproject.toml and requirements/dev.in
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  -c requirements/constraints.txt pyproject.toml -o requirements/core.lock
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  -c requirements/constraints.txt pyproject.toml $(IMAGE_EXTRAS:%=--extra %) -o requirements/image.lock
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  -c requirements/constraints.txt pyproject.toml $(IMAGE_EXTRAS:%=--extra %) requirements/dev.in -o requirements/dev.lock

clean: ## Remove the environment and everything made
	rm -rf $(VENV) out
