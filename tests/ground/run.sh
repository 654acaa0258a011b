#!/bin/sh
# Tests of the ground console; arguments go to pytest: tests/ground/run.sh -k "golden and help"
set -eu
cd "$(dirname "$0")/../.."
build=${XM_BUILD:-build}
make -s ground-tools BUILD="$build"
XM_BUILD="$build" exec /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/ground "$@"
