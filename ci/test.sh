#!/usr/bin/env bash
# Installs the package and its test extra into .venv and runs every check. As root on Debian it also installs what is missing there.
#     bash ci/test.sh [arguments for pytest]
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONPATH  # the tests are to meet the installed package, not the sources

have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }

if [ "$(id -u)" = 0 ] && have apt-get; then
    missing=()
    have g++ || missing+=(g++)
    have mariadbd || have mysqld || missing+=(mariadb-server)
    have clang++ || missing+=(clang)
    have valgrind || missing+=(valgrind)
    if [ ${#missing[@]} -gt 0 ]; then
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        have clang++ || missing+=("$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p')")
        apt-get install -y -qq --no-install-recommends "${missing[@]}"
    fi
fi

[ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
rm -rf build/lib* build/bdist*  # setuptools would pack files that are gone from the sources
.venv/bin/python -m pip uninstall --quiet --yes moocdb_fast 2>/dev/null || true
.venv/bin/python -m pip install --quiet ".[test]"
.venv/bin/python -I -c 'import moocdb_fast as m; assert "site-packages" in m.__file__, m.__file__'

# The kernel's instructions are counted, and it is built with sanitizers and fuzzed, beside the other checks, which leave a core free.
# A failure shows at the end.
mkdir -p build
(.venv/bin/python ci/instructions.py && bash ci/sanitize.sh && bash ci/fuzz.sh) >build/kernel.log 2>&1 &
kernel=$!
trap 'kill "$kernel" 2>/dev/null || true' EXIT

echo "== ruff";   .venv/bin/ruff check src tests ci benchmarks examples setup.py
echo "== mypy";   .venv/bin/mypy
echo "== pytest"; .venv/bin/pytest tests "$@"
echo "== instructions, sanitizers and fuzzer"
wait "$kernel" || { tail -n 200 build/kernel.log; exit 1; }
grep -E "instructions in|passed|inputs agree|^stat::number_of" build/kernel.log
