#!/usr/bin/env bash
# Runs what touches the kernel with AddressSanitizer and UndefinedBehaviorSanitizer (see instrument.sh): the corpus of golden logs, then tests.
#     bash ci/sanitize.sh [arguments for pytest]
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/instrument.sh
instrumented "$python" -c 'import moocdb_fast._core as c; assert "instrumented" in c.__file__, c.__file__'
if [ $# = 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    instrumented "$python" -m moocdb_fast run tests/golden/cases --out "$folder/out" --key-file "$folder/key" --workers 1 --payloads --restricted "$folder/restricted" --quiet
    # Hundreds of shards per log: as much again as all others together, and no code that they do not reach.
    set -- tests/conformance tests/fuzz tests/twin/test_corners.py tests/twin/test_kernel_agrees.py --deselect tests/twin/test_kernel_agrees.py::test_shards_make_no_difference
fi
MOOCDB_TWIN_EXAMPLES=${MOOCDB_TWIN_EXAMPLES:-1} instrumented "$python" -m pytest -q -p no:cacheprovider "$@"
