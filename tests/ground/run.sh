#!/bin/sh
# Tests of the ground console; arguments go to pytest. From the top folder: tests/ground/run.sh [-k session]
set -eu
cd "$(dirname "$0")/../.."
exec make -s ground-test GROUND_TEST_ARGS="$*"
