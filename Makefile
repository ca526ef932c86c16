# Everything a newcomer needs, from Python 3.11+ and make alone.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup demo test docs console stateful filters fuzz-filters faults hostile mutations kills attribution e2e packaged fuzz bench-actions bench-control bench-cold-start bench-handlers bench-ladder bench-updates bench-quality bench-off-policy bench-reasons bench-replays bench-training reproducible check lint synth scan deploy wheel release clean bench-leave-one-out smoke

help: ## what there is to make
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r target what; \
		do printf '%-16s  %s\n' "$$target" "$$what"; done

setup: $(VENV)/.ready ## make .venv with the tastemaker command

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Tastemaker needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	@echo "setting up $(VENV) (once, a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,dev]'
	@touch $@

demo: setup ## the main job on real data
	@$(BIN)/tastemaker demo

test: setup ## the test suite, on up to four cores
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

console: setup ## the console's files again, of console/src; needs the npm registry
	@bin="$$($(BIN)/python -m infra.node)" && cd console && PATH="$$bin:$$PATH" && \
		node "$$bin/../lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --silent && \
		node node_modules/typescript/bin/tsc --noEmit && node build.mjs

stateful: setup ## 1,000 random sequences of 50 steps, each answered as a reference of its own says; half an hour
	@$(BIN)/python -m pytest -s tests/unit/operations/stateful/test_stateful.py --sequences 1000 --steps 50

filters: setup ## 10,000 random filters on 50 random data sets, against an evaluator that is slow and obvious; minutes
	@$(BIN)/python -m pytest -s tests/unit/operations/filters/test_meaning.py --filters 10000 --filter-data 50

faults: setup ## every side-effecting AWS call of every machine fails once, in every way; an hour; FAULTS="--machines batch" runs some
	@$(BIN)/python -m tests.integration.faults $(FAULTS)

mutations: setup ## every grant of the roles taken away, one by one, and the test run that needs it; half an hour
	@$(BIN)/python -m tests.permissions

hostile: setup ## what becomes of 60 files that nobody should have sent, and what their senders are told
	@$(BIN)/python -m tests.unit.pipelines.imports.hostile_files

kills: setup ## PutEvents from 8 clients for a minute, with the service killed twice
	@$(BIN)/python -m tests.e2e.kills

attribution: setup ## 100,000 events of three sources and of none, the service killed among them: sums by source
	@$(BIN)/python -m tests.e2e.attributed

e2e: setup ## the demo, the examples and the guides against services of their own
	@$(BIN)/python -m pytest -m e2e tests/e2e

packaged: setup ## the main job with the functions as Lambda runs them: cold starts, memory, sizes of both platforms
	@$(BIN)/python -m tests.e2e.packaged

fuzz: setup ## 20,000 random calls of all operations over HTTP; FUZZ="--seed 2 --only 17" makes one of them again
	@$(BIN)/python -m tests.e2e.fuzz $(FUZZ)

$(VENV)/.fuzz: $(VENV)/.ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,dev,fuzz]'
	@touch $@

fuzz-filters: $(VENV)/.fuzz ## a million texts for the parser of filters, guided by its coverage; two minutes
	@$(BIN)/python -m tests.unit.domain.filters.fuzz

# Of its own: it is installed while the suite runs in the other one.
SITE := build/docs
$(SITE)/.ready: constraints.txt
	@$(PYTHON) -m venv $(SITE)
	@$(SITE)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt mkdocs-material
	@touch $@

docs: $(SITE)/.ready ## the documents as a site, build/site, every link and anchor checked
	@NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs build --quiet
	@echo "build/site/index.html; to search it, too: $(PYTHON) -m http.server --directory build/site"

$(VENV)/.bench: $(VENV)/.ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench,demo,dev]'
	@touch $@

bench-quality: $(VENV)/.bench ## v2 against its parts and known models; QUALITY="--sets ml-100k films --seeds 0 1" runs some
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.quality.compare $(QUALITY)

bench-leave-one-out: $(VENV)/.bench ## constants chosen on all sets but one, judged on that one, beside tuned peers
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.quality.leave_one_out --scores $(VENV)/leave-one-out.jsonl

OBP := $(VENV)/obp-0.4.1

$(OBP): $(VENV)/.ready
	@$(BIN)/python -m pip download --quiet --no-deps --dest $(VENV)/wheels obp==0.4.1
	@$(BIN)/python -m zipfile -e $(VENV)/wheels/obp-0.4.1-py3-none-any.whl $@

bench-off-policy: $(OBP) ## estimates of other policies against obp's, on its Open Bandit sample
	@$(BIN)/python -m bench.quality.off_policy --obp $(OBP)

bench-replays: setup ## 10,000 answers with events in between, each given again
	@$(BIN)/python -m bench.answers.replays

bench-handlers: setup ## the runtime function's handler and the local service, part by part; two minutes
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.answers.handlers

bench-ladder: setup ## import, train and serve made-up events in functions and containers; EVENTS="1000000 100000000" is more
	@$(BIN)/python -m bench.data.ladder $(if $(EVENTS),--events $(EVENTS))

bench-cold-start: setup ## from the start of a runtime process to its first answers
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.answers.cold_start

bench-updates: setup ## a campaign updated 100 times while 8 clients ask; four minutes
	@$(BIN)/python -m bench.answers.updates

RECIPES ?= aws-user-personalization-v2 aws-sims

bench-actions: setup ## propensities of next-best-action beside the truth of generated worlds; two minutes
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.quality.actions

bench-reasons: $(VENV)/.bench ## 1,000 recommendations without what is named as their reason
	@$(BIN)/python -m bench.quality.reasons

bench-training: setup ## time, memory, size and latency of training; RECIPES="aws-sims" runs some
	@for recipe in $(RECIPES); do $(BIN)/python -m bench.training.fits --recipe $$recipe || exit 1; done

reproducible: setup ## two trainings of the same data from two clean clones give the same bytes; ten minutes
	@$(BIN)/python -m bench.training.reproducible

lint: setup ## lint and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

check: lint ## lint, types, import rules
	@$(BIN)/python -m pytest tests/test_import_rules.py

# npm's `latest` of the CLI may be older than the library, so it is named.
CDK := bin="$$($(BIN)/python -m infra.node)" && PATH="$$bin:$$PATH" \
	node "$$bin/../lib/node_modules/npm/bin/npx-cli.js" --yes aws-cdk@2.1148.1
CDK_COMMAND ?= deploy --all

synth: setup ## the CloudFormation templates in cdk.out, with no account, network, Docker or node
	@CDK_OUTDIR=cdk.out CDK_CONTEXT_JSON='{"aws:cdk:bundling-stacks": []}' $(BIN)/python app.py

# Its dependencies are pinned by it, and would be ours, too.
CHECKOV := $(VENV)/checkov

$(CHECKOV)/.ready: $(VENV)/.ready
	@$(BIN)/python -m venv $(CHECKOV)
	@$(CHECKOV)/bin/python -m pip install --quiet --disable-pip-version-check checkov==3.3.30
	@touch $@

scan: synth $(CHECKOV)/.ready ## cfn-lint and checkov over the templates, with console, containers and Spark too; what is accepted, and why, is in .checkov.yaml
	@CDK_OUTDIR=cdk.out/console CDK_CONTEXT_JSON='{"aws:cdk:bundling-stacks": [], "tastemaker:console": 1, "tastemaker:containers": 1, "tastemaker:spark": 1}' \
		$(BIN)/python app.py
	@$(BIN)/cfn-lint cdk.out/*.template.json cdk.out/console/*.template.json
	@$(CHECKOV)/bin/checkov --config-file .checkov.yaml

deploy: setup ## both stacks into the account of your AWS credentials; see docs/deploy.md
	@$(CDK) $(CDK_COMMAND) $(CDK_ARGS)

smoke: setup ## walk through a deployment with a tiny job, and clean up; URL=<ApiUrl> and your AWS credentials
	@$(BIN)/python examples/smoke.py "$(or $(URL),$(error name the deployment: make smoke URL=<ApiUrl>))"

wheel: setup ## dist/*.whl, to install in a project of your own
	@TASTEMAKER_ASSEMBLY="$$($(BIN)/python -m tastemaker_local.synth)" \
		$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls dist/tastemaker-*.whl

SBOM := $(VENV)/sbom

$(SBOM)/.ready: $(VENV)/.ready
	@$(BIN)/python -m venv $(SBOM)
	@$(SBOM)/bin/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0
	@touch $@

release: $(SBOM)/.ready ## dist/release of the tag checked out: packages, sums, SBOMs, notes; SIGN_KEY=~/.ssh/id_ed25519 signs
	@TASTEMAKER_ASSEMBLY="$$($(BIN)/python -m tastemaker_local.synth)" \
		$(BIN)/python release.py --sbom-tool $(SBOM)/bin/cyclonedx-py $(if $(SIGN_KEY),--sign-key $(SIGN_KEY))

clean: ## remove what make made
	rm -rf $(VENV) cdk.out dist .pytest_cache .mypy_cache .ruff_cache
