"""The kernel against the twin: the same tables, byte for byte, for logs that hypothesis writes.

`MOOCDB_TWIN_EXAMPLES` sets how many logs of each family are tried. In CI the same logs come every time; elsewhere new ones.
"""

from __future__ import annotations

import difflib
import json
import os
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from golden.run import KEY, write_key
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import moocdb_fast
from moocdb_fast import events
from moocdb_fast.events import compiled

from . import invented
from .strategies import COURSES, FAMILIES, logs
from .translate import TwinOptions, translate

MEMORY = Path("/dev/shm")  # hundreds of small outputs, each brought to the disk: memory is quicker
EXAMPLES = int(os.environ.get("MOOCDB_TWIN_EXAMPLES", "20"))
COUNTS = ("lines_read", "events", "filtered", "rejected", "salvaged", "bad_payload", "extra_events")

each_log = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="CI" in os.environ,
    # Shrinking a whole log takes minutes and the difference is printed anyway: ask for it with MOOCDB_TWIN_SHRINK=1.
    phases=list(Phase) if "MOOCDB_TWIN_SHRINK" in os.environ else [Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)

options = st.builds(
    TwinOptions,
    courses=st.sampled_from(((), (), (), COURSES[:1], COURSES[1:3])),
    keep_anonymous=st.sampled_from((False, False, True)),
    keep_background=st.sampled_from((False, False, True)),
    keep_duplicates=st.sampled_from((False, False, True)),
)


def agree(files: list[tuple[str, bytes]], told: TwinOptions, shard_bytes: int = 64 * 1024 * 1024) -> None:
    """Translate with both, and compare all that they write."""
    wanted = translate(files, KEY, told)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        inputs, out, key = Path(folder, "logs"), Path(folder, "out"), write_key(Path(folder, "key"))
        inputs.mkdir()
        for name, content in files:
            (inputs / name).write_bytes(content)
        kept = {name: getattr(told, name) for name in ("courses", "keep_anonymous", "keep_background", "keep_duplicates")}
        chosen = moocdb_fast.Options(**kept, workers=1, key_file=key, shard_bytes=shard_bytes, payloads=True, restricted=Path(folder, "restricted"))
        moocdb_fast.translate([inputs], out, chosen)
        summary = json.loads((out / "summary.json").read_text())
        rejects = [json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines()]
        same("counts", {k: summary[k] for k in COUNTS}, {k: wanted.summary[k] for k in COUNTS})
        for kind in ("filtered", "rejected", "salvaged"):
            reasons = {k: v for k, v in summary[f"{kind}_by_reason"].items() if v}
            same(kind, reasons, wanted.summary[f"{kind}_by_reason"])
        same("rejects", [{k: r[k] for k in ("file", "line", "offset", "reason")} for r in rejects], wanted.rejects)
        for name, content in wanted.tables.items():
            same(name, (out / f"{name}.csv").read_bytes(), content)
        same("payloads", pq.read_table(Path(folder, "restricted", "event_payloads.parquet")).to_pylist(), wanted.payloads)


def same(what: str, kernel: object, twin: object) -> None:
    """Fail with the lines that differ."""
    __tracebackhide__ = True
    if kernel == twin:
        return
    texts = [x.decode(errors="replace").splitlines() if isinstance(x, bytes) else [str(x)] for x in (kernel, twin)]
    difference = list(difflib.unified_diff(*texts, "kernel", "twin", n=0, lineterm=""))
    raise AssertionError(f"{what} differ:\n" + "\n".join(difference[:20]))


@pytest.mark.promise("P3", "P4", "P5", "P6")
@pytest.mark.parametrize("family", FAMILIES)
def test_the_kernel_agrees_with_the_twin(family: str) -> None:
    @each_log
    @given(logs(family), options)
    def agrees(files: list[tuple[str, bytes]], told: TwinOptions) -> None:
        agree(files, told)

    agrees()


@pytest.mark.parametrize("family", invented.FAMILIES)
def test_they_agree_on_what_is_invented(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, invented.FAMILIES[family])

    @each_log
    @given(logs(family), options)
    def agrees(files: list[tuple[str, bytes]], told: TwinOptions) -> None:
        agree(files, told)

    agrees()


def declare(monkeypatch: pytest.MonkeyPatch, family: invented.Family) -> None:
    """Add a family to the declarations that both read."""
    types, paths = (*family.TYPES, *events.TYPES), (*family.PATHS, *events.PATHS)
    for module in (events, compiled):
        monkeypatch.setattr(module, "TYPES", types)
        monkeypatch.setattr(module, "PATHS", paths)
    for declared in family.TYPES:
        for name in declared.also:
            monkeypatch.setitem(events._CANONICAL, name, declared.name)


@pytest.mark.promise("P10")
@each_log
@given(logs("mixed"), st.integers(1, 2000))
def test_shards_make_no_difference(files: list[tuple[str, bytes]], shard_bytes: int) -> None:
    agree(files, TwinOptions(), shard_bytes)
