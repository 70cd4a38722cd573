# `make demo` and `make test` are all a newcomer needs; both make .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_METHODS := random,greedy,regret-greedy,q-learning,local-search,exact,highs,lp

.PHONY: demo test test-slow lint bench clean

$(VENV)/core: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev: $(VENV)/core
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/core
	$(BIN)/edgeworth compare allocation --preset melbourne-like --tasks 2000 --instances 3 --seeds 2 \
	  --methods $(DEMO_METHODS) --time-limit 4 --out report.html --plot report.svg

test: $(VENV)/dev
	$(BIN)/python -m pytest -q -m "not slow"

test-slow: $(VENV)/dev
	$(BIN)/python -m pytest -q

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	for each in allocation routing trading finite_games offloading mechanisms; do $(BIN)/python benchmarks/$$each.py || exit 1; done

clean:
	rm -rf $(VENV) build dist report.html report.svg
