"""Each single call that changes the disk fails once, or from then on: no output, one sentence, and the same command again is a whole run.

A small library is loaded before Python and lets the n-th of these calls fail, in a process that is forked for each n. By default some
hundred of them are tried, others in each case and more of those with which files get their names; all of them with

    MOOCDB_FAST_FAULT_STEP=1 pytest tests/faults/test_every_write.py -s
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from unit.days import Runs, days_of, story

from faults.runs import TESTS, fast_folder

STEP = int(os.environ.get("MOOCDB_FAST_FAULT_STEP", "120"))


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    """The library, made by the compiler that makes the kernel."""
    target = tmp_path_factory.mktemp("shim") / "shim.so"
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    source = Path(__file__).with_name("shim.c")
    for name in (compiler, "gcc", "cc", "clang"):
        try:
            subprocess.run([name, "-O1", "-shared", "-fPIC", "-o", target, source, "-ldl"], check=True, capture_output=True)
        except FileNotFoundError:
            continue
        return target
    pytest.skip("no C compiler is there")


SCRIPT = """
import ctypes, errno, json, os, shutil, sys
from pathlib import Path
from unit.days import Runs, copied, differences, files, state_is_tidy
from moocdb_fast.errors import MoocdbError, OutputError
from moocdb_fast.publish import LOCK, STAGING

base, target, kind, full, step, offset, *days = sys.argv[1:]
base, full = Path(base), full == "full"
shim = ctypes.CDLL(None)
shim.fault_arm.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int]
shim.fault_call.restype = ctypes.c_char_p
error = errno.ENOSPC if full else errno.EIO
runs = Runs(Path(target))
runs.key = base / "key"
options = {"formats": ("csv", "parquet"), "restricted": runs.folder / "private"}

def work():
    if kind == "append":
        return runs.append(days[-1], **options)
    if kind == "overwrite":
        return runs.whole(days, "out", **options)
    return runs.append(days, append=False, **options)

def prepare():
    copied(base, runs.folder)

def whole():
    return differences(runs.folder / "out", base / "whole") == [] and files(runs.folder / "private") == files(base / "private_whole")

def attempt(n):
    prepare()
    before = files(runs.folder / "out") if kind != "fresh" else {}
    shim.fault_arm(os.fsencode(runs.folder), n, error, full)
    failed = None
    try:
        work()
    except MoocdbError as caught:
        failed = caught
    hit, call, seen = shim.fault_hit(), shim.fault_call().decode(), shim.fault_seen()
    shim.fault_arm(b"", 0, 0, 0)
    if not n:
        assert failed is None, failed
        return seen
    where = f"call {n} of kind {call}: "
    out = runs.folder / "out"
    if failed is None:
        if call in ("unlink", "rmdir"):  # what could not be removed waits for the next run
            for folder in (out, runs.folder / "private"):
                shutil.rmtree(folder / STAGING, ignore_errors=True)
                (folder / LOCK).unlink(missing_ok=True)
        assert whole(), where + "a run that ends well has no whole output"
        return "unnoticed " * bool(hit)
    assert isinstance(failed, OutputError), where + repr(failed)
    assert failed.message.startswith(f"cannot write to {runs.folder}"), where + failed.message
    assert os.strerror(error) in failed.message or "written" in failed.message, where + failed.message
    assert failed.hint, where
    if (out / "summary.json").exists():
        now = {name: content for name, content in files(out).items() if STAGING not in name and name != LOCK}
        assert now == before or (whole() if kind != "append" else True), where + "neither the old output nor the new one"
    elif kind != "append":  # half an append is completed by the next run
        there = {name for name in files(out) if STAGING not in name and name != LOCK} if out.exists() else set()
        assert not there, where + f"files without a summary: {there}"
        if not full and kind == "fresh":
            assert not out.exists(), where + "something is left"
    if kind != "append" and not (out / "summary.json").exists():
        there = files(runs.folder / "private")
        assert not there, where + f"identities without a summary: {sorted(there)}"
    work()
    assert whole(), where + "the same command again does not give the bytes of an unbroken run"
    if kind == "append":
        state_is_tidy(runs.folder)
    return "failed"

work_first = prepare() or work()  # what is loaded now need not be loaded by every child
total = attempt(0)
tally = {"failed": 0, "unnoticed ": 0}
step, offset = int(step), int(offset)
chosen = {*range(1 + offset % step, total + 1, step), *range(total - 120 + offset, total + 1, max(1, step // 8))}
for n in sorted(chosen):
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.write(writer, attempt(n).encode())
            code = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0, f"call {n}: exit status {status}"
    tally[said] = tally.get(said, 0) + 1
print(json.dumps([total, tally]))
"""

CASES = [(kind, how) for kind in ("fresh", "overwrite", "append") for how in ("once", "full") if STEP < 100 or (kind, how) != ("fresh", "once")]


@pytest.mark.promise("P11", "P14")
@pytest.mark.parametrize(("kind", "how"), CASES)
def test_every_call_fails(shim, kind, how):
    """EIO once; or a disk that is full from then on."""
    with fast_folder() as folder:
        base, target = folder / "base", folder / "target"
        base.mkdir(), target.mkdir()
        log = story(60_000)
        days = days_of(folder, log, 2)
        runs = Runs(base)
        options = {"formats": ("csv", "parquet")}
        runs.whole(days, restricted=base / "private_whole", **options)
        if kind != "fresh":
            runs.append(days[0], restricted=base / "private", append=kind == "append", **options)
        offset = CASES.index((kind, how)) * 17
        argv = [sys.executable, "-c", SCRIPT, base, target, kind, how, STEP, offset, *days]
        environment = {"LD_PRELOAD": str(shim), "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
        done = subprocess.run(list(map(str, argv)), env=os.environ | environment, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        total, tally = json.loads(done.stdout)
        print(f"{kind}, {how}: {total} calls, tried {sum(tally.values())}: {tally}")
        assert total > 200
        assert tally["failed"] > total // STEP // 2
