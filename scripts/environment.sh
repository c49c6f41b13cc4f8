#!/bin/sh
# environment.sh VENV PINS [PYTHON]: make the virtual environment if it is missing or broken, with the newest Python
# there is or the one named, install the pinned requirements and this package (editable). Uses uv where it can be had,
# because it is ten times faster; else pip.
set -eu
venv=$1
pins=$2
named=${3:-}
python=$venv/bin/python

# Being in PATH is not enough: version managers leave shims behind that only print an error.
usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    cat >&2 <<'SENTENCE'
ppkit needs Python 3.11 or newer, with its venv module, and found none on this machine.
  Debian, Ubuntu:  sudo apt-get install python3 python3-venv
  macOS:           brew install python@3.13     (or the installer from python.org)
  Fedora:          sudo dnf install python3.13
Then run the same command again.
SENTENCE
    return 1
}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    found=${named:-$(find_python)}
    echo "Preparing $venv with $($found --version) (once; about a minute)"
    "$found" -m venv --clear "$venv"
fi

# uv is a convenience: a machine where it cannot be installed goes on with pip.
if [ ! -x "$venv/bin/uv" ]; then
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip --default-pip >/dev/null
    "$python" -m pip install --quiet --disable-pip-version-check --constraint requirements/dev.txt uv \
        >/dev/null 2>&1 || true
fi

with_uv() {
    [ -x "$venv/bin/uv" ] &&
        "$venv/bin/uv" pip install --quiet --python "$python" --requirement "$pins" &&
        "$venv/bin/uv" pip install --quiet --python "$python" --no-deps --editable .
}

with_pip() {
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip --default-pip >/dev/null
    "$python" -m pip install --quiet --disable-pip-version-check --requirement "$pins" &&
        "$python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
}

echo "Installing $(grep -c '==' "$pins") packages from $pins"
if ! with_uv && ! with_pip; then
    cat >&2 <<SENTENCE
The packages could not be installed (the reason stands above). Most often the machine is offline, or a proxy is in
the way. What is installed already stays: run the same command again when the network is back.
SENTENCE
    exit 1
fi
