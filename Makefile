# Needs Rust 1.94 or newer, a C compiler and make.
# `make test` and `make lint` also install OpenLDAP, PostgreSQL and the headers of the Kerberos and XML security
# libraries from the distribution when they are missing, `make saml` those of the latter, and `make fuzz` a C++ compiler.

CARGO ?= cargo
# Tests wait for servers a fifth of their time: two for each processor.
TEST_THREADS ?= $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))

.DEFAULT_GOAL := help
.PHONY: help demo build saml saml-libraries test test-servers node-tools scim-servers deploy-tools check-deploy deb fmt fmt-check lint policy facts bench bench-rules bench-login bench-follow bench-check bench-saml fuzz-api test-directories test-access fuzz bench-million soak clean

help: ## print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: build ## build, then show a company's directory being followed (offline)
	./target/release/rosterd demo --stay

build: ## build the program: target/release/rosterd
	$(CARGO) build --release --locked

saml: saml-libraries ## build rosterd-xmldsig, which verifies SAML's signatures: target/release/rosterd-xmldsig
	$(CARGO) build --release --locked --package rosterd-xmldsig

saml-libraries: ## install what that is built with, when it is missing
	@./scripts/install-saml-libraries.sh

test: test-servers deploy-tools node-tools scim-servers fmt-check lint policy ## everything that must hold before a change is merged
	$(CARGO) test --workspace --all-features --locked -- --test-threads $(TEST_THREADS)

test-servers: ## install the servers that the tests start, when they are missing
	@./scripts/install-test-servers.sh

node-tools: deploy-tools ## install Node and what the tests start that is written for it
	@./scripts/node-tools.sh

deploy-tools: ## install what deploy/ is checked with: Helm's library, Kubernetes' schemas, hadolint, lintian
	@./scripts/deploy-tools.sh

scim-servers: deploy-tools ## install the SCIM server that tests read from
	@./scripts/scim-servers.sh

check-deploy: test-servers deploy-tools build saml ## deploy/ held to those tools; as root, the package and the image tried (not part of test)
	$(CARGO) test --all-features --locked --test it -- deploy::
	@./scripts/check-deploy.sh

deb: build saml ## a Debian package: target/deb
	@./scripts/package-deb.sh

soak: test-servers ## 10,000 schedules of crashes, pauses and cuts over several replicas (an hour)
	ROSTERD_SCHEDULES=10000 ROSTERD_TEST_ALL=1 $(CARGO) test --all-features --locked --test it -- replicas::schedules --nocapture

test-access: test-servers ## what people may do, against a model, in 120,000 drawn states (a quarter of an hour)
	ROSTERD_ACCESS_STATES=100000 $(CARGO) test --all-features --locked --test it -- access::promises --nocapture

test-directories: test-servers ## every directory server through hundreds of changes in any order (a quarter of an hour)
	ROSTERD_DIRECTORIES=whole ROSTERD_TEST_ALL=1 $(CARGO) test --all-features --locked --test it -- follow::

fmt: ## format the code
	$(CARGO) fmt --all

fmt-check:
	$(CARGO) fmt --all --check

lint: test-servers ## clippy, with every warning an error
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings
	$(CARGO) clippy --all-targets --locked -- -D warnings

policy: ## licences, banned crates, sources, advisories (deny.toml)
	@./scripts/policy.sh

facts: test-servers ## what an import from Grafana is held against, and the table of it
	$(CARGO) test --all-features --locked --test it -- grafana:: --nocapture

bench: test-servers build ## measure against the floor of the same machine (minutes; not part of test)
	$(CARGO) run --release --locked --package rosterd-bench --bin rosterd-bench -- target/release/rosterd

bench-million: test-servers build ## the same with a million people; a first sync over 800 MB fails (not part of test)
	$(CARGO) run --release --locked --package rosterd-bench --bin rosterd-bench -- target/release/rosterd million

bench-rules: build ## what 100,000 rules cost: compiled, matched, read (a minute; not part of test)
	$(CARGO) run --release --locked --package rosterd-bench --bin rosterd-bench-rules -- target/release/rosterd

bench-login: test-servers build ## how long looking for one person takes (a minute; not part of test)
	$(CARGO) run --release --locked --package rosterd-bench --bin rosterd-bench-login

bench-follow: test-servers build ## what following changes costs, by how many there are (minutes; not part of test)
	$(CARGO) run --release --locked --package rosterd-bench --bin rosterd-bench-follow

bench-check: test-servers build ## what asking for a permission costs (minutes; not part of test)
	$(CARGO) run --release --locked --package rosterd-bench --bin rosterd-bench-check

bench-saml: build saml ## what hostile SAML messages cost, and whom they keep waiting (minutes; not part of test)
	$(CARGO) run --release --locked --package rosterd-bench --bin rosterd-bench-saml

fuzz: ## look for bytes that break the readers of LDAP and SAML (8 targets, FUZZ_SECONDS=300 each; a short form is part of test)
	@./scripts/fuzz.sh

fuzz-api: test-servers ## try the API by its own description (minutes; a short form is part of test)
	ROSTERD_FUZZ_EXAMPLES=300 $(CARGO) test --all-features --locked --test it -- http::fuzz:: --nocapture

clean: ## remove what was built
	$(CARGO) clean
