# Every target sets up what it needs from nothing and is quick the second time.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := app graph tools retrieval prompts eval

.PHONY: demo test lint eval safety xss bench bench-long faults faults-long browser clean lock

$(VENV)/.ready: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Recado needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/$(BIN)/python" -m eval.command "$$@"\n' "$(CURDIR)" "$(CURDIR)" > $(BIN)/recado
	chmod +x $(BIN)/recado
	touch $@

demo: $(VENV)/.ready
	$(BIN)/python -m app.cli demo

# All suites on the embedded engine, free and offline, then the gates: 1 broken, 2 not judged. BASELINE=RUN compares too.
eval: $(VENV)/.ready
	rm -rf var/eval/runs/newest
	$(BIN)/python -m eval.command eval run --name newest
	$(BIN)/python -m eval.command eval report var/eval/runs/newest $(if $(BASELINE),--against $(BASELINE))
	$(BIN)/python -m eval.command eval gate var/eval/runs/newest $(if $(BASELINE),--baseline $(BASELINE))

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Three processes for two cores: many tests wait for a settled burst or a page.
test: lint browser
	$(BIN)/pytest -m "not faults and not bench" --numprocesses $$(( ($$(nproc 2>/dev/null || echo 2) * 3 + 1) / 2 )) --dist loadfile --no-loadscope-reorder

# The browser tests need Chromium; CI installs Debian's, elsewhere a missing one skips those tests with a message.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| if [ "$$CI" = true ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	then apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else echo "No Chromium found: browser tests will be skipped (on Debian: apt-get install chromium)."; fi

# Every attack of eval/suites/safety against the shipped agent, with the embedded engine and with a model that obeys them.
safety: $(VENV)/.ready
	$(BIN)/recado eval run eval/suites/safety
	$(BIN)/python -m tests.eval.worst_model

# Everything somebody outside can write as script, on every page, in Chromium with the content policy off; some minutes.
xss: $(VENV)/.ready browser
	$(BIN)/python -m tests.xss.run

bench: $(VENV)/.ready
	$(BIN)/python -m tests.bench

bench-long: $(VENV)/.ready
	$(BIN)/python -m tests.bench --long

faults: $(VENV)/.ready
	$(BIN)/python -m tests.faults

faults-long: $(VENV)/.ready
	$(BIN)/python -m tests.faults --long

lock:
	uv pip compile pyproject.toml --group model --group dev --python-version 3.11 --universal --generate-hashes \
	--no-emit-index-url --no-annotate -o requirements.lock

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
