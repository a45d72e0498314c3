# Each line is a command that a person could type. KEEP=1 leaves the demo's nodes running;
# PYTHON, TENSORFLOW and NODE name programs that the bench runs its peers with.
SWIFT ?= swift
IMPORTS := --explicit-target-dependency-import-check error

.PHONY: demo test build bench lint libraries

demo: build
	.build/release/ledge demo $(if $(KEEP),--keep)

test: libraries
	$(SWIFT) build --build-tests $(IMPORTS)
	$(SWIFT) test --skip-build

build: libraries
	$(SWIFT) build --configuration release --product ledge $(IMPORTS)

bench: build
	.build/release/ledge bench all --out Tests/Peers/RESULTS.md \
		$(if $(PYTHON),--python $(PYTHON)) $(if $(NODE),--node $(NODE)) \
		$(if $(TENSORFLOW),--tensorflow $(TENSORFLOW))

lint:
	$(SWIFT) format lint --strict --parallel --recursive \
		Sources Functions Models Cluster Tests Package.swift

# Installs what the system lacks of SQLite and libsodium; does nothing where both are present.
libraries:
	@.ci/install
