# Each line is a command that a person could type. KEEP=1 leaves the demo's nodes running.
SWIFT ?= swift
IMPORTS := --explicit-target-dependency-import-check error

.PHONY: demo test build lint libraries

demo: build
	.build/release/ledge demo $(if $(KEEP),--keep)

test: libraries
	$(SWIFT) build --build-tests $(IMPORTS)
	$(SWIFT) test --skip-build

build: libraries
	$(SWIFT) build --configuration release --product ledge $(IMPORTS)

lint:
	$(SWIFT) format lint --strict --parallel --recursive \
		Sources Functions Models Cluster Tests Package.swift

# Installs what the system lacks of SQLite and libsodium; does nothing where both are present.
libraries:
	@.ci/install
