#!/bin/sh
# Makes .venv from requirements.lock, with nothing but Python's own pip. Does nothing when the lock is
# the one installed last. `PYTHON=/path/to/python3` chooses the interpreter for a new environment.
set -eu
cd "$(dirname "$0")/.."

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.11 python3.12 python3.13 /usr/bin/python3; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "AEIMS needs Python 3.11 or newer, and none was found on the PATH." >&2
    return 1
}

has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

if [ -f .venv/requirements.lock ] && cmp -s requirements.lock .venv/requirements.lock; then
    exit 0
fi

if ! usable .venv/bin/python; then
    python=$(find_python)
    if ! has_venv "$python"; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "Installing python3-venv"
            apt-get update -q
            DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3-venv
        fi
        # The package completes Debian's own Python, which need not be the first on the PATH.
        has_venv "$python" || python=/usr/bin/python3
        if ! has_venv "$python"; then
            echo "Python's venv module is missing. Install it: apt-get install python3-venv" >&2
            exit 1
        fi
    fi
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

echo "Installing the packages of requirements.lock (the first time takes a minute)"
.venv/bin/python -c 'import pip' 2>/dev/null || .venv/bin/python -m ensurepip >/dev/null # uv makes none
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
cp requirements.lock .venv/requirements.lock
