# Needs Python 3.11 or 3.12 and make; everything else comes from the package registries.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
WORKERS ?= 2

.PHONY: demo test check bench catalogue schema docs lock clean

demo: $(READY) ## a real migration verified, benchmarked and gated, then stopped by a planted defect
	$(BIN)/python -m verify.demo

# Groups that share an engine stay on one worker only once pytest-xdist groups under pytest 9.2 again (its issue 1386).
test: $(READY) ## every test, on real engines, in random order
	$(BIN)/python -m pytest tests -o addopts="" -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true \
		-p no:locust --import-mode=importlib -ra -n $(WORKERS) --dist loadgroup

check: $(READY) ## format, lint, types, import contracts, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/cutover catalogue
	$(BIN)/cutover schema
	$(BIN)/cutover docs

bench: $(READY) ## ratios against the physical limit, in one run
	$(BIN)/python -m benchmarks

catalogue schema docs: $(READY) ## write the generated files anew
	$(BIN)/cutover $@ --write

# The virtual environment is made once, from hashes, and again when what it is made of changes.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' \
		|| { echo "Python 3.11 or 3.12 is needed; $$($(PYTHON) --version) is $(PYTHON). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lock: ## resolve the dependencies anew, with hashes and without any index
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet pip-tools
	.venv-lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --all-extras --all-build-deps \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--output-file requirements.lock pyproject.toml
	rm -rf .venv-lock

clean: ## remove what was built; caches of engines stay
	rm -rf .venv .venv-lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info
