"""Nothing personal of a log and no secret is in any table, summary, list of rejects, message, argument or leftover, whatever the command."""

from __future__ import annotations

import base64
import gzip
import hashlib
import stat
from pathlib import Path

import pytest

from privacy.looking import contents, hashes_in, hashes_of, markers_in
from privacy.markers import Log, make_log
from privacy.watched import Watched, watched

KEY = "c0ffee5ec7e7" * 5 + "beef"
KEEP = ("--keep-anonymous", "--keep-background", "--keep-duplicates")
STAGING = ".moocdb_fast.staging"

pytestmark = pytest.mark.promise("P23", "P24", "P25")


@pytest.fixture(scope="module")
def log() -> Log:
    return make_log()


@pytest.fixture(scope="module")
def hashes(log: Log) -> set[str]:
    return hashes_of(log.markers.of("name") | log.markers.of("mail") | log.markers.of("id") | log.markers.of("ipv4"))


@pytest.fixture
def place(log: Log, tmp_path: Path) -> Path:
    """A folder with the log, whole and in two days, and the key."""
    half = len(log.lines) // 2
    for name, lines in {"log.json": log.lines, "days/1.json": log.lines[:half], "days/2.json": log.lines[half:]}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"".join(line + b"\n" for line in lines))
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "key").chmod(0o600)
    return tmp_path


def secrets_in(content: bytes) -> bool:
    """Whether the key stands in it, in any form."""
    raw = bytes.fromhex(KEY)
    forms = (raw, KEY.encode(), KEY.upper().encode(), base64.b64encode(raw), base64.urlsafe_b64encode(raw), repr(raw)[2:-1].encode())
    return any(form in content for form in forms)


def run(place: Path, *words: object, **more: object) -> Watched:
    done = watched(*words, place=place, **more)  # type: ignore[arg-type]
    assert not any((place / "tmp").iterdir()), "a temporary file was left behind"
    return done


def assert_clean(done: Watched, hashes: set[str], *folders: Path, known: frozenset[str] = frozenset()) -> None:
    """No marker (but those that are known to be there), hash of one, or key in what was said, in the arguments of any process, or below
    the folders; and no folder of its work was open to others."""
    found = {"(said)": done.said, "(arguments)": b"\n".join(done.seen)}
    for folder in folders:
        found |= {f"{folder.name}/{name}": content for name, content in contents(folder).items()}
    assert {name: markers for name, content in found.items() if (markers := markers_in(content) - known)} == {}
    assert {name: plain for name, content in found.items() if (plain := hashes_in(content, hashes))} == {}
    assert [name for name, content in found.items() if secrets_in(content)] == []
    assert done.open_folders == set()


def test_the_search_finds_what_is_there(log: Log, hashes: set[str]) -> None:
    """In the log as it stands, and hashes in their usual forms."""
    found = {text.lower() for text in markers_in(log.text())}
    heads = {text: text.lower().partition("@")[0].partition(" ")[0] for text in log.markers.known}
    assert {text for text, head in heads.items() if head not in found} == set()
    assert min(len(log.markers.of(kind)) for kind in ("name", "mail", "real name", "ipv4", "ipv6", "id", "session")) > 15
    (name, *_) = log.markers.of("name")
    for digest in (
        hashlib.md5(name.encode()).hexdigest(),
        hashlib.sha256(name.encode()).hexdigest()[:40],
        hashlib.sha1(name.encode()).hexdigest().upper(),
    ):
        assert hashes_in(f'"{digest}",'.encode(), hashes)
    assert secrets_in(f"key={KEY}".encode())
    assert markers_in(b"ZQMAIL0042X%40mail.example.org, 7,100,004,200,17 and 710000420017")


@pytest.mark.parametrize(("keep", "terminal"), [((), False), (KEEP, True)], ids=["default", "keep, on a terminal"])
def test_every_format(place: Path, hashes: set[str], keep: tuple[str, ...], terminal: bool) -> None:
    out = place / "out"
    done = run(place, "run", place / "log.json", "--out", out, "--key-file", place / "key", "--format", "csv,parquet,duckdb", *keep, "--workers", 2,
               terminal=terminal, work=(out,))  # fmt: skip
    assert done.code == 0, done.said
    assert b"translated" in done.said
    assert len(contents(out)["rejects.jsonl"].splitlines()) > 8
    assert_clean(done, hashes, out)


def test_split_by_course_and_safe_for_spreadsheets(place: Path, hashes: set[str]) -> None:
    out = place / "out"
    done = run(place, "run", place / "log.json", "--out", out, "--key-file", place / "key", "--split-by-course", "--spreadsheet-safe", work=(out,))
    assert done.code == 0, done.said
    assert_clean(done, hashes, out)


def test_days_that_are_appended(place: Path, hashes: set[str]) -> None:
    """What the next append needs is kept where only its owner can go."""
    out, state = place / "out", place / "out.state"
    for day in ("1.json", "2.json", "2.json"):
        done = run(place, "run", place / "days" / day, "--out", out, "--key-file", place / "key", "--append", *KEEP, work=(out, state))
        assert done.code == 0, done.said
        assert_clean(done, hashes, out)
    assert state.stat().st_mode & 0o077 == 0
    assert any(markers_in(content) for content in contents(state).values())  # so that this test would see them


def test_the_relational_stage(place: Path, log: Log, hashes: set[str]) -> None:
    """Its tables hold user agents as they were sent (docs/explanation/guarantees.md says so), and nothing else."""
    agents = "\n".join(text for text, where in log.markers.known.items() if where.endswith("in agent alone"))
    known = frozenset(markers_in(agents.encode()))
    out, moocdb = place / "out", place / "moocdb"
    done = run(place, "relations", place / "log.json", "--out", out, "--key-file", place / "key", *KEEP, work=(out,))
    assert done.code == 0, done.said
    assert_clean(done, hashes, out, known=known)
    done = run(place, "run", "--from-relations", out, "--out", moocdb, "--key-file", place / "key", *KEEP, work=(moocdb,))
    assert done.code == 0, done.said
    assert_clean(done, hashes, moocdb)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run", "{place}/log.json", "--out", "{place}/out", "--max-rejects", "3"), 6),
        (("run", "{place}/cut.json.gz", "--out", "{place}/out"), 5),
        (("run", "{place}/strange.json", "--out", "{place}/out"), 3),
        (("run", "{place}/log.json", "--dry-run"), 0),
        (("run", "{place}/log.json", "--out", "{place}/out", "--resume", "--max-reject-rate", "0.001"), 6),
        (("events", "explain", "{place}/log.json"), 0),
        (("run", "-", "--out", "{place}/out", "--max-rejects", "0"), 6),
        (("run", "{place}/log.json", "--out", "{place}/out", "--key-file", "{place}/log.json"), 3),
    ],
    ids=lambda value: value if isinstance(value, int) else " ".join(value).replace("{place}/", ""),
)
def test_errors_and_previews(place: Path, log: Log, hashes: set[str], words: tuple[str, ...], code: int) -> None:
    """Whatever is said when nothing, or not everything, could be done."""
    packed = gzip.compress(log.text())
    (place / "cut.json.gz").write_bytes(packed[: len(packed) * 2 // 3])
    (place / "strange.json").write_bytes(b"\n".join(line for line in log.lines if b'"time"' not in line and b'"username"' not in line))
    keyed = () if words[0] == "events" or "--key-file" in words else ("--key-file", place / "key")
    done = run(place, *(word.format(place=place) for word in words), *keyed, work=(place / "out",), stdin=log.text() if "-" in words else b"")
    assert done.code == code, done.said
    kept = place / "out" / STAGING  # of --resume, which only its owner can enter
    if kept.exists():
        assert kept.stat().st_mode & 0o077 == 0
        kept.rename(place / "kept")
    assert_clean(done, hashes, *(folder for folder in (place / "out",) if folder.exists()))


def test_asked_for_it_is_where_only_the_owner_can_go(place: Path, log: Log, hashes: set[str]) -> None:
    out, private = place / "out", place / "private"
    done = run(
        place, "run", place / "log.json", "--out", out, "--key-file", place / "key", "--restricted", private, "--payloads", work=(out, private)
    )
    assert done.code == 0, done.said
    assert_clean(done, hashes, out)
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in private.iterdir()}
    assert modes == dict.fromkeys(("event_payloads.parquet", "rejects.jsonl", "user_pii.csv"), 0o600)
    found = contents(private)
    assert not any(secrets_in(content) for content in found.values())
    assert len(markers_in(found["user_pii.csv"]) & log.markers.of("name")) > 50
    assert all(len(markers_in(found[name])) > 10 for name in modes)


def test_a_key_that_the_run_makes_is_shown_nowhere(place: Path, hashes: set[str]) -> None:
    out = place / "out"
    done = run(place, "run", place / "log.json", "--out", out, work=(out, place / "config"))
    assert done.code == 0, done.said
    (made,) = (path for path in (place / "config").rglob("*") if path.is_file())
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    text = made.read_text().strip().encode()
    everything = {"said": done.said, "seen": b"".join(done.seen), **contents(out)}
    assert [name for name, content in everything.items() if text in content.lower() or bytes.fromhex(text.decode()) in content] == []
    assert str(made).encode() in done.said  # the person is told where it is
