# What people type. `make help` lists it.
GO ?= go
# Without liblzma, xz is read in Go, and building environments takes half as long again.
TAGS ?= liblzma
FUZZTIME ?= 30s
TESTFLAGS ?= -timeout 40m
KILLS ?= 200
SUITE ?= trixie

.PHONY: help build demo test check fuzz bench golden compare-apt compare-effects compare-edits kill vm clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

build: ## build bin/ashlar, linked statically
	@testdata/tools/need-compiler $(TAGS)
	$(GO) build -trimpath -tags netgo,osusergo,$(TAGS) -ldflags='-s -w -linkmode external -extldflags -static' -o bin/ashlar ./cmd/ashlar

demo: build ## build recipes/nginx, start the image, fetch a page through it
	@testdata/tools/demo

test: check ## run every test
	$(GO) test -tags "$(TAGS)" $(TESTFLAGS) ./...
	$(GO) test $(TESTFLAGS) ./buildroot/xz

check: ## formatting, vet, and the rules of the source tree
	@testdata/tools/need-compiler $(TAGS)
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	$(GO) vet -tags "$(TAGS)" ./...
	$(GO) vet ./buildroot/xz

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@TAGS="$(TAGS)" testdata/tools/fuzz $(FUZZTIME)

bench: build ## Go benchmarks, then whole processes, with mmdebstrap beside them if it is there
	$(GO) test -tags "$(TAGS)" -run '^$$' -bench . -benchmem ./...
	@testdata/tools/bench

golden: ## rewrite the expectations of script tests; read the difference
	$(GO) test ./cmd/ashlar -run "TestScript|TestArchiveScript" -update

compare-apt: ## answers of the resolver beside those of apt-get
	$(GO) run ./buildroot/apt/comparetool -pretend 500
	$(GO) run ./buildroot/apt/comparetool

compare-effects: build ## effects of package sets beside what mmdebstrap makes of them; SETS names some
	$(GO) run ./buildroot/effects/comparetool $(SETS)

kill: build ## kill a build at 200 random moments (KILLS), and build again
	@testdata/tools/kill-builds $(KILLS)

vm: ## boot a virtual machine of Debian's SUITE (trixie) and run TESTS of containers in it
	@testdata/tools/vm $(SUITE) $(TESTS)

compare-edits: ## edits beside sed, augtool and the programs that read the files; five tables
	@testdata/tools/compare-edits

clean: ## remove bin
	rm -rf bin
