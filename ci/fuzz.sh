#!/usr/bin/env bash
# Fuzzes the scan of the kernel for some seconds, guided by coverage, under sanitizers (see instrument.sh). What fails is kept in build/fuzz/finds.
#     bash ci/fuzz.sh [seconds] [arguments for libFuzzer]
#     bash ci/fuzz.sh 0 build/fuzz/finds/crash-...      try one input again
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/instrument.sh
seconds=${1:-25}
mkdir -p build/fuzz
instrumented "$python" tests/fuzz/fuzz_scan.py build/fuzz -max_total_time="$seconds" "${@:2}"
[ $# -gt 1 ] || instrumented env PYTHONMALLOC=pymalloc "$python" tests/fuzz/fuzz_scan.py build/fuzz replay
