# Everything that a contributor types. `make help` lists it.

GO       ?= go
TOOL      = $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 60s
COVER    ?= 90
RACE      = CGO_ENABLED=1 $(GO) test -race
TEMPLFMT  = $(TOOL) templ fmt -prettier-command none -log-level warn
SOURCES   = git ls-files --cached --others --exclude-standard -- '*.go' ':!*_templ.go'

.DEFAULT_GOAL := help
.PHONY: help prereq format generate verify lint test soak fuzz cover bench demo build clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' Makefile

# The race detector makes SQLite, which is C that was made into Go, eight times as slow. So it is left out where it has
# little to find: the tests of cmd/usher start processes and wait for them, those of admin and conformance send one request
# after the other, and so do those of what stores list. make soak runs them under it too; what only repeats the suite of the
# stores, on another PostgreSQL or to look at the plans, skips itself there (storetest.SkipUnderRace).
UNRACED   = ./cmd/usher ./admin ./scimtest/conformance
LISTS     = ^TestConformance$$/^(Lists|Filters|Parts|Sorts|Cursors)$$

test: prereq lint verify build ## all that must pass before a commit: lint, generated files, the binary's size, tests, most under the race detector
	$(GO) test -timeout 15m $(UNRACED)
	$(GO) test -timeout 15m -run '^Test(Plans|Release)_|^TestConformance_Parts|$(LISTS)' ./store/sqlite ./store/postgres
	$(RACE) -timeout 15m -skip '$(LISTS)' $$($(GO) list ./... | grep -vxF "$$($(GO) list $(UNRACED))")

prereq: ## install what the tests use and this machine lacks (a C compiler for -race, strace, PostgreSQL also in version 18, PgBouncer, Chromium)
	@tools/prereq.sh

lint: ## formatting, go vet, staticcheck, the PromQL of the examples, and the rules of the house (arch_test.go)
	@bad=$$($(SOURCES) | xargs $(TOOL) gofumpt -l) && test -z "$$bad" || { echo "not formatted, run make format:" $$bad; exit 1; }
	@$(TEMPLFMT) -fail . || { echo "not formatted, it is now: commit it"; exit 1; }
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	cd tools && $(GO) vet ./... && $(GO) run ./promql ../examples/observability/alerts.yml ../examples/observability/dashboard.json
	$(GO) test -count=1 -run '^TestArchitecture' .

format: ## rewrite the sources in gofumpt style
	$(SOURCES) | xargs $(TOOL) gofumpt -w
	$(TEMPLFMT) .

generate: ## make the generated files again
	$(GO) generate ./...

verify: ## fail if a generated file is not what make generate writes
	@GO="$(GO)" tools/verify.sh

soak: prereq ## the long forms of the durability and fault tests: kills, power cuts, 100,000 members at once
	USHER_SOAK=1 $(GO) test -count=1 -timeout 3h -run 'Soak|Durability|PowerLoss' ./...
	$(RACE) -timeout 1h $(UNRACED) ./store/...

fuzz: ## run every fuzz target for FUZZTIME (60s) each
	@GO="$(GO)" FUZZTIME=$(FUZZTIME) tools/fuzz.sh

cover: ## statement coverage of scim and scimserver; fails under COVER (90) percent
	@GO="$(GO)" tools/cover.sh $(COVER) ./scim ./scimserver

bench: ## usher next to const and thin in one interleaved run, then what each row of a write costs; BENCH="-quick -json" passes flags
	$(GO) run ./bench $(BENCH)
	$(GO) test -run NONE -bench Rows -benchtime 500x ./store/sqlite

demo: ## a throw-away Usher with Okta and Entra traffic in it
	$(GO) run ./cmd/usher demo

# What calls methods by names that it makes up, as text/template does, keeps every method of every type in the binary: then
# it is larger by a tenth at once (docs/decisions/0026, 0027).
MOST      = 40000000

build: ## one static binary: bin/usher, of 40 MB at most
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/usher ./cmd/usher
	@test $$(wc -c <bin/usher) -le $(MOST) || { echo "bin/usher has $$(wc -c <bin/usher) bytes, more than $(MOST)" >&2; exit 1; }

clean: ## remove what the other targets made
	rm -rf bin
