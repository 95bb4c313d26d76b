"""The same lines, written and packed in other ways, give the same bytes (P8)."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
from collections.abc import Callable

import pytest
import zstandard

import moocdb_fast
from moocdb_fast import Options

from .lines import ENVELOPE, GOOD

BOM = b"\xef\xbb\xbf"
Pack = Callable[[bytes], bytes]
PACK: dict[str, Pack] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor().compress}
BAD = b'{"username" 1}'


def lines() -> list[bytes]:
    made = [GOOD.replace(b"15:00", b"%02d:%02d" % (15 + n // 60, n % 60)).replace(b"learner_1", b"learner_%d" % (n % 7)) for n in range(300)]
    return [*made, BAD, b"", b"  ", made[5], *made[:3]]


def differences(found, plain, offsets_move: bool) -> list[str]:
    """Tables and counts that differ. The key of an event is where its line stands: with other line ends that is another byte."""
    (ours, ours_counted), (theirs, theirs_counted) = found, plain
    if offsets_move:
        ours, theirs = ({**files, "observed_events.csv": without_keys(files["observed_events.csv"])} for files in (ours, theirs))
    wrong = [name for name in theirs if ours.get(name) != theirs[name]]
    return wrong + [f"{name}: {n}" for name, n in ours_counted.items() if theirs_counted[name] != n]


def without_keys(observed_events: bytes) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(observed_events.decode(), newline="")))
    assert {row.pop("observed_event_key").partition(":")[0] for row in rows} == {"1"}
    return rows


def tables(tmp_path, name: str, content: bytes) -> tuple[dict[str, bytes], dict[str, int]]:
    folder = tmp_path / name
    folder.mkdir()
    (folder / name).write_bytes(content)
    summary = moocdb_fast.translate(folder / name, folder / "out", Options(workers=1, key_file=tmp_path / "key"))
    counts = {name: getattr(summary, name) for name in ("lines_read", "events", "rejected", "salvaged", "filtered")}
    return {path.name: path.read_bytes() for path in sorted((folder / "out").glob("*.csv"))}, counts


def in_members(pack: Pack, data: bytes, size: int) -> bytes:
    return b"".join(pack(data[at : at + size]) for at in range(0, len(data), size))


@pytest.fixture
def plain(tmp_path):
    found, counts = tables(tmp_path, "log.json", b"\n".join(lines()) + b"\n")
    assert counts == {"lines_read": 307, "events": 300, "rejected": 1, "salvaged": 0, "filtered": 6}
    assert ENVELOPE["page"].encode() in found["urls.csv"]
    return found, counts


@pytest.mark.promise("P8")
def test_line_ends_and_marks(tmp_path, plain) -> None:
    for name, content in (
        ("crlf.json", b"\r\n".join(lines()) + b"\r\n"),
        ("mixed.json", b"".join(line + (b"\r\n", b"\n")[n % 2] for n, line in enumerate(lines()))),
        ("open.json", b"\n".join(lines())),
        ("bom.json", BOM + b"\n".join(lines()) + b"\n"),
        ("bom_crlf.json", BOM + b"\r\n".join(lines())),
    ):
        assert differences(tables(tmp_path, name, content), plain, offsets_move=True) == [], name


@pytest.mark.promise("P8")
@pytest.mark.parametrize("kind", PACK)
def test_packed(tmp_path, plain, kind: str) -> None:
    """As one member, as many that meet within lines, and with a mark and the other line ends inside."""
    content = b"\n".join(lines()) + b"\n"
    for name, data in (
        ("one", PACK[kind](content)),
        ("many", in_members(PACK[kind], content, 1009)),
        ("bom_crlf", in_members(PACK[kind], BOM + content.replace(b"\n", b"\r\n"), 5003)),
        ("open", PACK[kind](content[:-1])),
    ):
        assert differences(tables(tmp_path, f"{name}.json.{kind}", data), plain, offsets_move=name == "bom_crlf") == [], name
