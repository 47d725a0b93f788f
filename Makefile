# `make run` and `make test` need Python 3.11, make and Debian's packages, nothing else.
# Each target is one tool; what it does is said in the tool.
.DEFAULT_GOAL := help
PY := .venv/bin/python
COMPILE := .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --quiet \
    --generate-hashes --no-header --no-annotate --no-emit-index-url
.PHONY: help setup run manage test test-long check format lock sbom audit-dependencies simulate mutation bench chaos screenshots lighthouse

help:          ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 20

setup:         ## make .venv from requirements.lock
	@sh tools/bootstrap.sh

run: setup     ## everything on this machine with demo data, until Ctrl-C
	@exec $(PY) -m tools.run

manage: setup  ## Django's command line on the running demo: make manage do="grant_free_minutes --help"
	@$(PY) -m tools.manage $(do)

test: setup    ## every test, with a real Asterisk and a real browser
	@$(PY) -m tools.test

test-long: setup  ## the tests that wait for minutes, the whole chaos, the long simulation, Lighthouse
	@$(PY) -m tools.test_long

check: setup   ## format, lint, types, import contracts, templates, migrations, fast tests
	@$(PY) -m tools.check

format: setup  ## write the code as the formatter wants it
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

lock: setup    ## resolve both locks anew from pyproject.toml; with hashes, without addresses
	@$(COMPILE) --all-extras --upgrade --output-file requirements.lock
	@$(COMPILE) --constraint requirements.lock --output-file deploy/requirements.lock
	@sed -n "/^sentry-sdk==/,/[^\\\\]$$/p" requirements.lock > deploy/sentry.lock

sbom: setup    ## what the images are made of, as CycloneDX, into .local/sbom.json
	@$(PY) -m tools.sbom

audit-dependencies: setup  ## the image's packages against published advisories; needs the network
	@.venv/bin/uv tool run --from pip-audit==2.10.1 pip-audit --requirement deploy/requirements.lock \
	    --no-deps --disable-pip --require-hashes --strict --progress-spinner off

simulate: setup  ## the money path at random, on its pure parts and on PostgreSQL: make simulate stored=200000 pure=10000000
	@$(PY) -m tests.simulation --pure $(or $(pure),1000000) --stored $(or $(stored),10000)

mutation: setup  ## put known defects into a copy of the code: each must be found by its test
	@$(PY) -m tools.mutation_check

bench: setup   ## measure the product beside pgbench and other yardsticks (make bench do="--help")
	@$(PY) -m tools.bench $(do)

chaos: setup   ## kill everything again and again while people talk, then count (make chaos do="--help")
	@$(PY) -m tools.chaos $(do)

screenshots: setup  ## pictures of every page and state, looked over by axe-core (make screenshots do="--help")
	@$(PY) -m tools.screenshots $(do)

lighthouse: setup  ## Lighthouse on the customer and operator pages, light and dark; fails below 98 (make lighthouse do="--help")
	@$(PY) -m tools.lighthouse $(do)
