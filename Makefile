# make run    a living demo city in the browser
# make test   everything: unit, database, migrations, templates, browser
# make test-ha  a standby, a failover, a pooler, two programs: real servers on loopback
# make check  formatting, vet, linters, known vulnerabilities, tidy modules
# make bench  the program beside what this machine can do at most (BENCH='--scale city --keep', default a factory)
# make bench-go  benchmarks of the pure code and the readers
# make web    the front-end bundle
# make fmt    format the code

BIN := bin/fugong
GO  ?= go
NPM ?= npm

# One file that needs no library of the machine; it takes less memory, too.
export CGO_ENABLED := 0

WEB_SOURCES := web/package.json web/package-lock.json $(wildcard cmd/webbuild/*.go) $(shell find web/src -type f)

.PHONY: run build test test-ha check bench bench-go web fmt postgres
.DEFAULT_GOAL := run

run: postgres build
	@exec $(BIN) demo $(DEMO)

build: web/dist/manifest.json
	@$(GO) build -trimpath -ldflags='-s -w' -o $(BIN) ./cmd/fugong

# -count=1: a green run is a run, not a memory of one.
test: postgres web/dist/manifest.json
	$(GO) vet ./...
	$(GO) test -count=1 -shuffle=on -timeout 20m ./...

# The servers are the machine's own PostgreSQL and pgbouncer, started and ended by the tests.
test-ha: postgres pgbouncer web/dist/manifest.json
	FUGONG_HA=1 $(GO) test -count=1 -timeout 10m ./internal/e2e/ha

check: web/dist/manifest.json
	@test -z "$$(gofmt -l cmd internal migrations web/*.go)" || { gofmt -l cmd internal migrations web/*.go; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) tool govulncheck ./...

bench: postgres build
	@$(BIN) bench $(BENCH)

bench-go: web/dist/manifest.json
	$(GO) test -run '^$$' -bench . -benchmem ./internal/...

web: web/dist/manifest.json

web/dist/manifest.json: $(WEB_SOURCES) web/node_modules/.stamp
	$(GO) tool webbuild

web/node_modules/.stamp: web/package-lock.json
	$(NPM) --prefix web ci --ignore-scripts --no-audit --no-fund
	@touch $@

fmt:
	gofmt -w cmd internal migrations web/*.go

# A server is needed on the machine, not running: the program starts its own. Only root can be asked to install one.
postgres:
	@if ! command -v postgres >/dev/null && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && [ -z "$$FUGONG_PG_BIN$$FUGONG_DATABASE_URL" ]; then \
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
			apt-get update -qq && apt-get install -y --no-install-recommends postgresql; \
		else \
			echo 'PostgreSQL 14 or newer is missing: apt-get install postgresql, brew install postgresql@17, or set FUGONG_PG_BIN or FUGONG_DATABASE_URL.'; exit 1; \
		fi; \
	fi

# Only the tests of high availability need it.
.PHONY: pgbouncer
pgbouncer:
	@if ! command -v pgbouncer >/dev/null && ! [ -x /usr/sbin/pgbouncer ]; then \
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
			apt-get update -qq && apt-get install -y --no-install-recommends pgbouncer; \
		else \
			echo 'pgbouncer is missing: apt-get install pgbouncer. The tests that need it are skipped.'; \
		fi; \
	fi
