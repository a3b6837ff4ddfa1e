# The commands of this project. Everything they need is fetched on first use; see visualnn/launch.

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
IN_ENV := .venv/bin/
# Each may hold a TensorFlow or a browser: as many as there is memory for.
TEST_PROCESSES ?= 2
NPM = $(IN_ENV)python -m visualnn.launch.node

.DEFAULT_GOAL := help
.PHONY: help run test setup setup-test lint format generate bench bench-long fuzz lock clean

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: setup ## start everything and print the address (PORT=8001 for another port)
	@exec $(IN_ENV)python -m visualnn.launch

test: setup-test lint ## check everything: types, style, every test, coverage
	$(IN_ENV)coverage erase
	$(IN_ENV)coverage run -m pytest -n $(TEST_PROCESSES) --dist loadgroup
	$(IN_ENV)coverage combine --quiet
	@for package in layers exporters training; do \
		$(IN_ENV)coverage report --include="$$package/*" || exit 1; done

setup: python ## what `run` needs: virtual environment, packages, front end
	@$(PYTHON) -m visualnn.launch.setup

setup-test: python ## what `test` needs beyond that: judges, Chromium
	@$(PYTHON) -m visualnn.launch.setup --test

lint: setup-test ## types and style of Python and TypeScript
	$(IN_ENV)ruff check .
	$(IN_ENV)ruff format --check .
	$(IN_ENV)mypy
	$(NPM) run check
	$(NPM) run lint
	$(NPM) run test

format: setup-test ## put every file into the agreed shape
	$(IN_ENV)ruff check --fix .
	$(IN_ENV)ruff format .
	$(NPM) run format

generate: setup-test ## write anew what is made from the code: docs/layers, the README's pictures
	$(IN_ENV)python -m layers.reference
	$(IN_ENV)python -m exporters.protos.generate
	VISUALNN_PICTURES=docs/images $(IN_ENV)pytest -q tests/journeys/test_pictures.py

bench: setup-test ## measure the promised speeds, each with its ratio
	$(IN_ENV)python -m benchmarks

bench-long: setup-test ## train the manual's network on MNIST for its 20 epochs (minutes)
	$(IN_ENV)pytest -m long -s

fuzz: setup-test ## random cases of every layer against Keras, damaged files against every reader
	LAYER_CASES=100 $(IN_ENV)pytest --timeout 3000 tests/layers/test_property.py
	FUZZ_CASES=20000 $(IN_ENV)pytest --timeout 3000 tests/exporters/keras_weights/test_hostile_hdf5.py -k damaged
	FUZZ_CASES=10000 $(IN_ENV)pytest --timeout 3000 tests/exporters/onnx/test_hostile.py -k harm
	TENSORFLOW_CASES=20000 $(IN_ENV)pytest --timeout 3000 tests/exporters/tensorflow/test_hostile.py
	OLD_FILES=20000 $(IN_ENV)pytest --timeout 3000 tests/exporters/test_old_files.py
	FILE_CASES=20000 $(IN_ENV)pytest --timeout 3000 tests/exporters/test_hostile.py -k harm

lock: setup-test ## pin the packages of pyproject.toml anew
	$(IN_ENV)python -m visualnn.launch.lock

clean: ## remove what was built; data in var/ stays
	rm -rf .venv static/dist frontend/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "visualnn: no Python 3.11 or later here. Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 2; }
