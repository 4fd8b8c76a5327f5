# `make` lists what can be done. Every target first sees to it that .venv is there and up to date.

PYTHON ?= python3
PORT   =
ARGS   =

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup lab demo test check bench notebooks browser conformance kernels clean

help: ## show this list
	@echo "voicelab: make TARGET"
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with everything in it (PYTHON=python3.12)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "voicelab needs Python 3.11 or later; $(PYTHON) is not. Name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up $(VENV): a minute or two, and about 800 MB ..."
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	  elif $(PYTHON) -m venv --without-pip $(VENV) 2>/dev/null \
	    && $(PYTHON) -m pip --python $(VENV) install -qq pip; then :; \
	  else echo "$(PYTHON) cannot make a virtual environment. Install your system's venv package (on Debian: python3-venv)." >&2; \
	    exit 1; fi
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@# JupyterLab would ask for consent to news in a corner, and look for updates on the internet.
	@$(BIN)/python -m jupyter labextension disable --level=sys_prefix \
	  @jupyterlab/apputils-extension:announcements 2>/dev/null
	@touch $(READY)

lab: $(READY) ## open JupyterLab on the first notebook (PORT=8899 ARGS="--no-browser")
	@$(BIN)/python -m jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir='$(CURDIR)' \
	  --LabApp.default_url=/lab/tree/notebooks/00_first_call.ipynb $(if $(PORT),--port=$(PORT)) $(ARGS)

demo: $(READY) ## place a simulated call and show what it left behind
	@$(BIN)/voicelab demo $(ARGS)

test: $(READY) ## everything a machine with only Python can test (ARGS="-k wav")
	@$(BIN)/python -m pytest -m "not ui" $(ARGS)

check: $(READY) ## style, types, spelling, notebooks without outputs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb

bench: $(READY) ## run every benchmark and print its figures, in two minutes (ARGS=--full: in twenty)
	@for bench in g711.py resample.py "frames.py $(ARGS)" "calls.py $(ARGS)" "bridge.py $(ARGS)" "barge_in.py $(ARGS)" \
	  "corpus.py $(ARGS)"; do \
	  echo; echo "== bench/$$bench"; $(BIN)/python bench/$$bench || exit 1; done

notebooks: $(READY) ## execute every notebook in a kernel
	@$(BIN)/python -m pytest -m notebook $(ARGS)

browser: $(READY) ## drive JupyterLab in headless Chromium (VOICELAB_CHROMIUM=/path/to/chromium)
	@$(BIN)/python -m pytest -m ui $(ARGS)

conformance: $(READY) ## independent clients against voicelab's servers (ARGS="--only openai"), 1 GB
	@$(BIN)/python tests/conformance/run.py $(ARGS)

kernels: $(READY) ## every notebook on ipykernel 6.31, 7.3 and 7.4 (ARGS="--only 7.4.0")
	@$(BIN)/python tests/kernels/run.py $(ARGS)

clean: ## remove the environments and everything that was built or cached
	rm -rf $(VENV) .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis screenshots build dist bench/peers/bun_sink/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
