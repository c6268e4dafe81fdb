PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# the locks are complete, so nothing is left to resolve
FROM_LOCK := .ci/install.py --no-deps -r
# all packages at once, so that the first page opens sooner; empty to compile what is imported when it is
COMPILED := yes
# what is imported once is compiled once, also where Python is asked not to keep it
unexport PYTHONDONTWRITEBYTECODE

AIRFLOW := .venv-airflow
IN_AIRFLOW := AIRFLOW_HOME=$(abspath $(AIRFLOW))/home AIRFLOW__CORE__DAGS_FOLDER=$(CURDIR)/dags AIRFLOW__CORE__LOAD_EXAMPLES=False PYTHONPATH=$(CURDIR)/dags LEADSCORE_PYTHON=$(CURDIR)/$(BIN)/python

.DEFAULT_GOAL := help
.PHONY: api sentences roles airflow test-airflow test-units test-browser browser bench help app test soak lint lock sample mlflow clean

help:
	@echo "make app           set everything up and open the dashboard"
	@echo "make test          set everything up and run all tests, browser included"
	@echo "make soak          long rounds: a list in 20,000 more ways, other ones each day, every command on every small file, more kills, more examples"
	@echo "make lint          ruff and mypy"
	@echo "make api           write docs/api.md from the docstrings"
	@echo "make sentences     write docs/sentences.md: what the pages can say, when, with examples"
	@echo "make roles         write the table of docs/roles.md: who may do what"
	@echo "make lock          pin the dependencies anew"
	@echo "make bench         measure the speed of scoring, reasons and pages, into docs/benchmarks.md"
	@echo "make airflow       open Airflow with the pipelines"
	@echo "make test-airflow  run the pipelines in Airflow's own environment"
	@echo "make mlflow        open MLflow's pages for the runs and models kept here"
	@echo "make sample        make the sample leads and the shipped model anew"

app: $(VENV)/.app
	@$(BIN)/leadscore app

test: test-units test-browser

# one test on each core already, whose threads and processes would wait for each other
test-units test-browser test-airflow: export OMP_NUM_THREADS = 1
test-units test-browser test-airflow: export OPENBLAS_NUM_THREADS = 1
test-units test-browser test-airflow: export LOKY_MAX_CPU_COUNT = 1
test-units: browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 10 --ignore tests/browser

test-browser: browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --durations 10 tests/browser

browser: $(VENV)/.dev
	@$(BIN)/python tests/browser/install.py

soak: $(VENV)/.dev
	LEADSCORE_SOAK=1 $(BIN)/python -m pytest tests/soak $$(grep -rl IS_SOAK tests --include='test_*.py')
	LEADSCORE_SOAK=1 $(BIN)/python -m pytest -m hypothesis tests --ignore tests/soak --ignore tests/browser
	LEADSCORE_SOAK=1 $(MAKE) test-airflow

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

api: $(VENV)/.app
	$(BIN)/python docs/make_api.py

sentences: $(VENV)/.app
	$(BIN)/python docs/make_sentences.py

roles: $(VENV)/.app
	$(BIN)/python docs/make_roles.py

lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" $(UPGRADE) --extra tracking --extra tuning pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" $(UPGRADE) --extra tracking --extra tuning --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" $(UPGRADE) requirements-airflow.in -o requirements-airflow.txt

sample: $(VENV)/.app
	$(BIN)/leadscore sample-data --out sample_data
	$(BIN)/leadscore train sample_data/labelled_leads.csv --promote --synthetic

airflow: $(AIRFLOW)/.ready $(VENV)/.app
	@echo "Airflow opens at http://127.0.0.1:8080; its password stands in the lines below"
	$(IN_AIRFLOW) $(AIRFLOW)/bin/airflow standalone

test-airflow: $(AIRFLOW)/.ready $(VENV)/.app
	@rm -rf $(AIRFLOW)/test-home && mkdir -p $(AIRFLOW)/test-home
	@$(IN_AIRFLOW) AIRFLOW_HOME=$(abspath $(AIRFLOW))/test-home $(AIRFLOW)/bin/airflow db migrate > $(AIRFLOW)/migrate.log 2>&1 || { cat $(AIRFLOW)/migrate.log; exit 1; }
	$(IN_AIRFLOW) AIRFLOW_HOME=$(abspath $(AIRFLOW))/test-home $(AIRFLOW)/bin/python -m pytest --noconftest -o addopts= -o filterwarnings= -o pythonpath= -q --durations 10 tests/airflow

$(AIRFLOW)/.ready: requirements-airflow.txt | $(BIN)/python
	@echo "Installing Airflow into $(AIRFLOW) (once)"
	@test -x $(AIRFLOW)/bin/python || $(PYTHON) -m venv $(AIRFLOW)
	@$(AIRFLOW)/bin/python $(FROM_LOCK) requirements-airflow.txt || { echo "Airflow could not be installed. See the lines above."; exit 1; }
	@touch $@

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/speed.py

mlflow: $(VENV)/.app
	@$(BIN)/leadscore models mlflow

clean:
	rm -rf $(VENV)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing. Install Python 3.11 or newer, or name one: make app PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Name another: make app PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "A virtual environment could not be made. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.app: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing LeadScore into $(VENV) (once, about a minute)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade
	@$(BIN)/python $(FROM_LOCK) requirements.txt || { echo "The packages could not be installed. See the lines above; is the package index reachable?"; exit 1; }
	@test -z "$(COMPILED)" || $(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true
	@$(BIN)/python .ci/install.py --no-deps --editable .
	@$(BIN)/python -c 'import lightgbm' 2>/dev/null || { echo "LightGBM cannot start: the OpenMP library is missing. On Debian and Ubuntu: apt install libgomp1; on macOS: brew install libomp"; exit 1; }
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	@echo "Installing what the tests need into $(VENV) (once)"
	@$(BIN)/python $(FROM_LOCK) requirements-dev.txt || { echo "The packages could not be installed. See the lines above; is the package index reachable?"; exit 1; }
	@touch $@
