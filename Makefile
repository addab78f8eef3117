# What there is to do here. Every command works in a fresh checkout on a fresh machine: setup comes first, and is quick
# when all is there.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CACHE := $(or $(QUADLET_FLEET_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/quadlet-fleet)
# What Node has compiled, also TypeScript's compiler and the linter.
export NODE_COMPILE_CACHE := $(CACHE)/node
export PATH := $(CURDIR)/node_modules/.bin:$(CACHE)/engine:$(PATH)

CHECKS := check-format check-lint check-shell check-spelling check-types check-rooms check-unused check-unit
FLEET := node tools/fleet/cli.ts

.PHONY: help setup check docs site fuzz test hosts demo demo-clean bench release clean $(CHECKS)

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## install and build what is missing on this machine
	@tools/setup.sh

check: ## formatting, lint, spelling, types, rooms and unit tests: about a minute, without root
	@tools/setup.sh node
	@$(MAKE) --no-print-directory --jobs=$$(nproc) --keep-going --output-sync $(CHECKS)

check-format check-lint check-types check-rooms check-unused: check-%:
	@npm run --silent check:$*
check-shell check-spelling: check-%:
	@tools/check-$*.sh
check-unit:
	@NODE_OPTIONS=--test-reporter=dot npm test --silent

docs: ## write docs/ from the docstrings of the components and from the examples
	@tools/setup.sh node
	@node tools/docs/main.ts

# Its packages are apart from the project's, and only this installs them.
site: tools/site/node_modules/.package-lock.json ## the docs as a static site with search; to be served below a path: make site BASE=/quadlet-fleet/
	@node tools/site/node_modules/.bin/vitepress build tools/site $(if $(BASE),--base $(BASE))
	@echo 'It is in tools/site/dist. To read it: tools/site/node_modules/.bin/vitepress preview tools/site'

tools/site/node_modules/.package-lock.json: tools/site/package-lock.json
	@npm ci --prefix tools/site --no-audit --no-fund

fuzz: ## the property tests with new cases, 30 times as many
	@tools/setup.sh node
	@QUADLET_FLEET_FUZZ=3000 npm test --silent

test: setup check ## everything, also on real hosts; one file of those: make test FILE=lifecycle
	@trap '$(FLEET) clean' EXIT; node tools/test.ts $(FILE)

hosts: setup ## the tests on real hosts alone; a part of them: make hosts SHARD=1/6
	@trap '$(FLEET) clean' EXIT; node tools/test.ts $(if $(SHARD),--shard $(SHARD))

demo: ## two examples and three changes on a throwaway host; on a host of yours: make demo HOST=user@address
	@tools/setup.sh $(if $(HOST),node engine,packages node engine base images)
	@node tools/demo.ts up $(HOST)

demo-clean: ## remove the demo, and its host if it is a throwaway
	@node tools/demo.ts down

bench: setup ## measure
	@trap '$(FLEET) clean' EXIT; node bench/main.ts

release: ## commit and tag a release here, publish nothing: make release VERSION=0.2.0; without the commit: DRY=1
	@tools/setup.sh node
	@node tools/release.ts $(if $(TAG),--tagged "$(TAG)") $(if $(DRY),--dry) $(VERSION)

clean: demo-clean ## remove the demo, and what interrupted tests have left
	@$(FLEET) clean
