# `make demo` and `make test` are all a newcomer needs; both make .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# --no-compile: Python compiles what it imports when it first does, which is a small part of what is installed.
PIP := -m pip install --quiet --no-compile --disable-pip-version-check
NEWEST := .venv-newest
LEARN := .venv-learn
WORKERS ?= -n 2 --dist worksteal
TORCH ?= torch==2.13.0
PEER ?= stable-baselines3==2.9.2 sb3-contrib==2.9.2
MARK ?= not slow

.PHONY: demo docs test test-slow test-learn test-newest test-lowest dist coverage reproduce lint bench bench-learn clean

$(VENV)/core: pyproject.toml constraints.txt
	@echo "Installing Edgeworth and what it needs into $(VENV), once."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP) --constraint constraints.txt --editable .
	@touch $@

$(VENV)/dev: $(VENV)/core
	$(BIN)/python $(PIP) --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(VENV)/core
	$(BIN)/edgeworth demo
	@echo "Open report.html. The command edgeworth is in $(BIN)."

# Two workers would compile the same kernels at the same time: they find them compiled.
test: $(VENV)/dev
	-$(BIN)/edgeworth compile --quiet
	$(BIN)/python -m pytest -q -m "not slow" $(WORKERS)

test-slow: $(VENV)/dev
	-$(BIN)/edgeworth compile --quiet
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -q $(WORKERS)

# The deep learners, in an environment of their own, so that `make test` never needs torch, which is large. TORCH says which one,
# for instance TORCH='torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu'; MARK=slow runs the long tests.
$(LEARN)/done: pyproject.toml constraints.txt
	@echo "Installing $(TORCH) and what the tests of the deep learners need into $(LEARN), once."
	@test -x $(LEARN)/bin/python || $(PYTHON) -m venv $(LEARN)
	$(LEARN)/bin/python $(PIP) --constraint constraints.txt $(TORCH)
	$(LEARN)/bin/python $(PIP) --constraint constraints.txt --editable '.[dev,learn]'
	@touch $@

# NEEDS_TORCH: a run in which no test passed is a failure, not a run without failures.
test-learn: $(LEARN)/done
	NEEDS_TORCH=1 $(LEARN)/bin/python -m pytest -q -m "$(MARK)" $(WORKERS) tests/learning/deep edgeworth/learning/deep edgeworth/forecasting/networks

# For a nightly run: the newest versions of everything, whatever constraints.txt says, in an environment of their own.
test-newest:
	@test -x $(NEWEST)/bin/python || $(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python $(PIP) --upgrade --upgrade-strategy eager --editable '.[dev]'
	$(NEWEST)/bin/python -m pip list --format freeze --exclude-editable | diff constraints.txt - || true
	$(NEWEST)/bin/python -m pytest -q -m "not slow" $(WORKERS)

# A wheel and a source archive; each installs into an empty environment, with the newest versions, and runs the demonstration there.
dist: $(VENV)/core
	$(BIN)/python $(PIP) --constraint constraints.txt hatchling
	rm -rf dist
	$(BIN)/python -m hatchling build
	.ci/installed $(PYTHON) dist/*.whl
	.ci/installed $(PYTHON) dist/*.tar.gz

# The wheel with the lowest versions that pyproject.toml allows, away from the sources, on Python 3.11, for which all of them were built.
test-lowest: dist
	$(BIN)/python .ci/lowest.py > dist/lowest.txt
	TESTS=tests .ci/installed $(PYTHON) dist/*.whl --constraint dist/lowest.txt

# What the tests reach; kernels are compiled, so no line of theirs is seen.
coverage: $(VENV)/dev
	-$(BIN)/edgeworth compile --quiet
	$(BIN)/python -m pytest -q -m "$(MARK)" $(WORKERS) --cov=edgeworth --cov-report=term:skip-covered --cov-report=html

# All claims of the papers at the smallest budget, against the verdicts that are known.
reproduce: $(VENV)/core
	$(BIN)/edgeworth reproduce all --budget smoke --expect verdicts.json --out pages

# The site, from docs/index.md on: every warning is an error, nothing is fetched.
$(VENV)/site: $(VENV)/core
	$(BIN)/python $(PIP) --constraint constraints.txt --editable '.[docs]'
	@touch $@

docs: $(VENV)/site
	$(BIN)/python -m sphinx -W --keep-going -n -E -q -j auto docs docs/_build/html
	@echo "Open docs/_build/html/index.html."

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev
	$(BIN)/python $(PIP) --constraint constraints.txt --editable '.[bench]'
	for each in allocation routing trading finite_games offloading mechanisms carbon carbon_env scheduling token_market head_to_head fusion consensus studies knapsack allocation_gap routing_wide threads; do $(BIN)/python benchmarks/$$each.py || exit 1; done

bench-learn: $(LEARN)/done
	$(LEARN)/bin/python $(PIP) --constraint constraints.txt $(PEER)
	$(LEARN)/bin/python benchmarks/deep_learning.py
	$(LEARN)/bin/python benchmarks/best.py
	$(LEARN)/bin/python benchmarks/forecasting.py

clean:
	rm -rf $(VENV) $(NEWEST) $(LEARN) build dist docs/_build htmlcov .coverage report.html report.svg head_to_head.html
