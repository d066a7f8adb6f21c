# serve, test, lint, package, compat, simulate, examples, docs, costs, bench: each installs what it needs into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve test lint package compat simulate costs bench clean
serve: $(VENV)/.serve
	$(BIN)/kwire serve $(ARGS)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python protocol_specs/generate.py --check
	$(BIN)/python packaging/tables.py --check

compat: $(VENV)/.dev
	$(BIN)/python compat/run.py $(if $(CLIENT),--client=$(CLIENT)) $(if $(FEATURE),--feature=$(FEATURE)) $(ARGS)

simulate: $(VENV)/.dev
	$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),1000) $(ARGS)

# What requests, embedded clusters and restarts cost, without another broker: seconds.
costs: $(VENV)/.dev
	$(BIN)/python benchmarks/request_cost.py $(ARGS)
	$(BIN)/python benchmarks/embedded.py
	$(BIN)/python benchmarks/restart.py

# The sdist and the wheel, tried outside of the repository with each Python from 3.11 on that is here.
package: $(VENV)/.dev
	$(BIN)/python packaging/try_package.py $(ARGS)

# kwire beside Apache Kafka and kfake, about 20 minutes; ARGS=--short for one small round, ARGS="-k groups" for a section.
bench: $(VENV)/.dev
	$(BIN)/python benchmarks/compare.py $(ARGS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serve: $(VENV)/bin/python requirements/serve.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/serve.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.serve requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	touch $@

# After a change of dependencies in pyproject.toml: make lock, and commit requirements/.
.PHONY: lock
lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes pyproject.toml -o requirements/serve.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes --group dev -c requirements/serve.txt pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes --group examples -c requirements/serve.txt pyproject.toml -o requirements/examples.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes --group docs -c requirements/dev.txt -o requirements/docs.txt

# The documentation as a site in build/site; fails where a link or an anchor leads nowhere.
.PHONY: docs
docs: $(VENV)/.docs
	$(BIN)/python -m mkdocs build --quiet

$(VENV)/.docs: $(VENV)/.serve requirements/docs.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/docs.txt
	touch $@

# The examples, and the README's test on each Python that is there, with the built wheel in fresh environments.
.PHONY: examples
examples: $(VENV)/.dev
	$(BIN)/python examples/run.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
