# Builds the kernel with AddressSanitizer, UndefinedBehaviorSanitizer and libFuzzer's counters into build/instrumented, and sets the environment in
# which it runs. Sourced by sanitize.sh and fuzz.sh. Needs clang with its runtime libraries (Debian: clang libclang-rt-14-dev).
python=${PYTHON:-$([ -x .venv/bin/python ] && echo "$PWD/.venv/bin/python" || echo python3)}
place=$PWD/build/instrumented
unset PYTHONPATH

if ! command -v clang++ >/dev/null; then
    echo "clang++ is needed (Debian: apt-get install clang libclang-rt-14-dev)" >&2
    exit 1
fi
runtime=$(clang++ -print-resource-dir)/lib/linux
machine=$(uname -m)

kernel_is_current() {
    [ -f "$place/built" ] && [ -z "$(find src/moocdb_fast/_core src/moocdb_fast/_core.pyx setup.py ci/instrument.sh -newer "$place/built" -print -quit)" ]
}

mkdir -p "$place"
if ! kernel_is_current; then
    rm -rf "$place/tree" "$place/site"
    mkdir "$place/tree"
    cp -r src setup.py pyproject.toml README.md LICENSE "$place/tree"
    # -O1 keeps what the optimizer would hide; vptr and function checks need runtime types that do not cross modules.
    flags="-O1 -g1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr,function -fno-sanitize-recover=undefined"
    CC=clang CXX=clang++ MOOCDB_FAST_CFLAGS="$flags" "$python" -m pip install --quiet --no-deps --target "$place/site" "$place/tree"
    clang++ -shared -fPIC -o "$place/libfuzzer.so" -Wl,--whole-archive "$runtime/libclang_rt.fuzzer_no_main-$machine.a" -Wl,--no-whole-archive -lpthread
    touch "$place/built"
fi
rm -rf "$place/src"
cp -r src "$place/src"
rm -f "$place"/src/moocdb_fast/*.so
cp "$place"/site/moocdb_fast/_core.*.so "$place/src/moocdb_fast"

# libFuzzer's hooks first: the sanitizer's own are only stand-ins for them. The C++ library, since Python loads it too late for the sanitizer.
instrumented() {
    env LD_PRELOAD="$place/libfuzzer.so $runtime/libclang_rt.asan-$machine.so $(clang++ -print-file-name=libstdc++.so.6)" PYTHONPATH="$place/src" \
        PYTHONMALLOC=malloc ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0:allocator_may_return_null=1:handle_abort=1" \
        UBSAN_OPTIONS=print_stacktrace=1 "$@"
}
