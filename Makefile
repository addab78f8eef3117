# What there is to do here. Every command works in a fresh checkout on a fresh machine: setup comes first, and is quick
# when all is there.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CACHE := $(or $(QUADLET_FLEET_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/quadlet-fleet)
# What Node has compiled, also TypeScript's compiler and the linter.
export NODE_COMPILE_CACHE := $(CACHE)/node
export PATH := $(CURDIR)/node_modules/.bin:$(CACHE)/engine:$(PATH)

CHECKS := check-format check-lint check-shell check-spelling check-types check-rooms check-unit
FLEET := node tools/fleet/cli.ts

.PHONY: help setup check docs fuzz test demo demo-clean bench clean $(CHECKS)

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## install and build what is missing on this machine
	@tools/setup.sh

check: ## formatting, lint, spelling, types, rooms and unit tests: about a minute, without root
	@tools/setup.sh node
	@$(MAKE) --no-print-directory --jobs=$$(nproc) --keep-going --output-sync $(CHECKS)

check-format check-lint check-types check-rooms: check-%:
	@npm run --silent check:$*
check-shell check-spelling: check-%:
	@tools/check-$*.sh
check-unit:
	@NODE_OPTIONS=--test-reporter=dot npm test --silent

docs: ## write docs/ from the docstrings of the components and from the examples
	@tools/setup.sh node
	@node tools/docs/main.ts

fuzz: ## the property tests with new cases, 30 times as many
	@tools/setup.sh node
	@QUADLET_FLEET_FUZZ=3000 npm test --silent

test: setup check ## everything, also on real hosts; one file of those: make test FILE=lifecycle
	@trap '$(FLEET) clean' EXIT; node tools/test.ts $(FILE)

demo: ## both examples on a throwaway host; on a host of yours: make demo HOST=user@address
	@tools/setup.sh $(if $(HOST),node engine,packages node engine base images)
	@node tools/demo.ts up $(HOST)

demo-clean: ## remove the demo, and its host if it is a throwaway
	@node tools/demo.ts down

bench: setup ## measure
	@trap '$(FLEET) clean' EXIT; node bench/main.ts

clean: demo-clean ## remove the demo, and what interrupted tests have left
	@$(FLEET) clean
