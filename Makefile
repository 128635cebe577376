# Needs make and Python 3.11 to 3.13, nothing else. README.md has the same in plain commands.
#
#   make env     build .venv from requirements.lock (the others do this first)
#   make demo    grade a class of made-up students and print its table
#   make lab     open the student's notebooks in JupyterLab, on a copy in work/
#   make test    what CI runs
#   make test-browser   explorables and a whole assignment in a running JupyterLab (needs Chromium)
#   make bench   print the benchmarks' ratios
#   make lock    after a change of dependencies (needs uv); make lock LOCK_ARGS="--upgrade-package numpy"
#   make clean   remove .venv and what building leaves behind

.PHONY: env demo lab test test-browser bench lock clean
.DEFAULT_GOAL := env

VENV := .venv
STAMP := $(VENV)/.made-from-lock

# nbgrader calls other programs of its environment by name (alembic), hence PATH.
IN_VENV := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"

env: $(STAMP)

$(STAMP): requirements.lock pyproject.toml mlplab/pyproject.toml
	@$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || { \
	  for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
	    $$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	      >/dev/null 2>&1 && exec $$python -m venv $(VENV); \
	  done; \
	  echo "No Python 3.11 to 3.13 with its venv module was found$(if $(PYTHON), at $(PYTHON))." >&2; \
	  echo "Install one (on Debian and Ubuntu also: apt install python3-venv), or name it:" >&2; \
	  echo "make env PYTHON=/path/to/python3.12" >&2; \
	  exit 1; }
	@echo "Installing into $(VENV) (a minute or two) ..."
	@$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e ./mlplab -e .
	@touch $@

demo: env
	@$(IN_VENV) autograder demo

lab: env
	@$(IN_VENV) autograder lab

test: env
	@$(IN_VENV) ruff check -q --output-format concise .
	@$(IN_VENV) pytest -n 2 --dist loadfile --ignore tests/browser
	@$(IN_VENV) pytest --nbval --nbval-current-env --nbval-sanitize-with tests/nbval-sanitize.cfg notebooks
	@NBGRADER_EXECUTION=validate $(IN_VENV) pytest --nbval-lax --nbval-current-env source

test-browser: env
	@$(IN_VENV) pytest tests/browser

bench: env
	@set -e; for script in benchmarks/*.py; do \
	  echo "== $$script"; OPENBLAS_NUM_THREADS=1 $(IN_VENV) python $$script; \
	done

# --universal: one file for Linux, macOS and Windows and every Python from 3.11 on.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra test --no-emit-package mlplab \
	  --custom-compile-command "make lock" $(LOCK_ARGS) pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info mlplab/build mlplab/*.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
