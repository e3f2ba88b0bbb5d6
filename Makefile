PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint figures clean

# The main job on real data: train on the digits, look at the curves, ask the saved model.
demo: $(VENV)/installed
	mkdir -p demo
	$(BIN)/chainrule train digits --out demo/digits.skops --plot demo/digits.png
	$(BIN)/chainrule inspect demo/digits.skops
	$(BIN)/chainrule predict demo/digits.skops digits --out demo/answers.csv
	head -4 demo/answers.csv
	@echo "The curves are in demo/digits.png, the model in demo/digits.skops, its answers in demo/answers.csv."

test: $(VENV)/installed lint
	$(BIN)/python -m pytest --numprocesses auto

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The table of the README.
figures: $(VENV)/installed
	$(BIN)/python benchmarks/figures.py

# An editable install with everything that tests, linters and plots need.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo build dist
