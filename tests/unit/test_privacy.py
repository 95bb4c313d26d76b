"""Who the learners are stays out of everything a run writes and says, but for the restricted folder."""

from __future__ import annotations

import csv
import hmac
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from moocdb_fast import Options, translate

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from synthetic_log import Plan, lines  # noqa: E402

ID = "7100{}0017"
"""The generator's six-digit platform ids, made long enough that no offset or time can look like one."""
MAILS = ("first.learner@example.org", "second_learner@example.com")
REAL_NAME = "Quintessa Zyxwvut"
PAGE = "https://courses.example.org/courses/course-v1:ExampleX+SYN101+1T2024/courseware/u/s/"


def personal_lines():
    """What the generator does not write: e-mails and real names, in the places where platforms have them."""
    made = {"host": "courses.example.org", "ip": "198.18.0.1", "context": {"user_id": int(ID.format("900001"))}, "page": None}
    account = {"email": [MAILS[0]], "name": [REAL_NAME], "username": ["learner900001"], "mailing_address": [MAILS[0]]}
    changed = {"setting": "email", "old": MAILS[0], "new": MAILS[1], "user_id": int(ID.format("900001"))}
    forgotten = {"event_type": f"/courses/?email={MAILS[1]}&next=/u", "event": {}, "referer": f"https://courses.example.org/login?email={MAILS[0]}"}
    for event in (
        {"event_type": "/create_account", "event": json.dumps({"POST": account, "GET": {}})},
        {"event_type": "edx.user.settings.changed", "event": changed},
        forgotten,
        {"event_type": "seq_next", "event_source": "browser", "event": {}, "page": f"{PAGE}?email={MAILS[0]}#{MAILS[1]}"},
        {"event_type": "seq_next", "event": {}, "username": MAILS[0]},
        {"event_type": "seq_next", "event": {}, "username": "", "ip": f"{'198.19.0.9'}, 198.18.0.2"},
    ):
        yield json.dumps(made | {"username": "learner900001", "event_source": "server", "time": "2024-09-03T10:00:00+00:00"} | event).encode()
    yield b'{"username": "learner900002", "email": "%s" "broken"}' % MAILS[1].encode()
    yield b'["learner900003", "198.18.0.3"]'


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    path = tmp_path_factory.mktemp("privacy") / "log.json"
    made = []
    for era in ("legacy", "modern"):
        made += lines(Plan(size=700_000, era=era, seed=5, users=60, courses=2, resources=40, bad_rate=0.02))
    made = [re.sub(rb'(user_id\\?": \\?"?)(\d{6})\b', lambda m: m[1] + ID.format(m[2].decode()).encode(), line) for line in made]
    path.write_bytes(b"".join(line + b"\n" for line in [*made, *personal_lines()]))
    return path


@pytest.fixture(scope="module")
def secrets(log):
    """Everything personal that the log holds, by kind."""
    text = log.read_text(encoding="utf-8", errors="replace")
    found = {
        "names": set(re.findall(r"learner\d{6}", text)),
        "addresses": set(re.findall(r"\b198\.1[89]\.\d+\.\d+\b", text)),
        "platform ids": set(re.findall(r"7100\d{6}0017", text)),
        "e-mails and real names": {*MAILS, REAL_NAME},
    }
    assert min(len(found[kind]) for kind in ("names", "addresses", "platform ids")) > 10
    assert all(secret in text for secret in found["e-mails and real names"])
    return found


def words(path):
    """The bytes of a file, and of Parquet also every cell: it is compressed."""
    content = path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        content += repr([column.to_pylist() for column in table.columns]).encode() + repr(table.schema.metadata).encode()
    return content


def leaks(contents, secrets):
    """Which secrets stand in which of the contents (name → bytes); other spellings of letters and `@` count."""
    pattern = re.compile("|".join(re.escape(secret) for kind in secrets.values() for secret in kind).replace("@", "(?:@|%40)"), re.IGNORECASE)
    return {name: found for name, content in contents.items() if (found := set(pattern.findall(content.decode("utf-8", "replace"))))}


def written(folder):
    return {str(path.relative_to(folder)): words(path) for path in folder.rglob("*") if path.is_file()}


def command(log, tmp_path, *options):
    argv = [sys.executable, "-m", "moocdb_fast", "run", str(log), "--out", str(tmp_path / "out"), *map(str, options)]
    return subprocess.run(argv, env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "config")}, capture_output=True, timeout=60, check=False)


def test_the_search_finds_what_is_there(log, secrets):
    assert leaks({"log": log.read_bytes()}, secrets) == {"log": set().union(*secrets.values())}


@pytest.mark.promise("P23", "P25")
@pytest.mark.parametrize("options", [(), ("--split-by-course",), ("--keep-anonymous", "--keep-background", "--keep-duplicates")], ids=str)
def test_nothing_personal_is_written_or_said(log, secrets, tmp_path, options):
    done = command(log, tmp_path, "--format", "csv,parquet", *options)
    assert done.returncode == 0, done.stderr
    contents = written(tmp_path / "out")
    assert {"summary.json", "rejects.jsonl"} < set(contents)
    assert contents["rejects.jsonl"].count(b"\n") > 10
    assert leaks(contents | {"stdout": done.stdout, "stderr": done.stderr}, secrets) == {}


@pytest.mark.promise("P25")
def test_nothing_personal_is_said_when_a_run_fails(log, secrets, tmp_path):
    done = command(log, tmp_path, "--max-rejects", 0)
    assert done.returncode == 6
    assert leaks({"stdout": done.stdout, "stderr": done.stderr}, secrets) == {}


@pytest.fixture(scope="module")
def restricted(log, tmp_path_factory):
    folder = tmp_path_factory.mktemp("restricted")
    options = Options(restricted=folder / "private", formats=("csv", "parquet"), workers=1, key_file=folder / "key")
    translate(log, folder / "out", options)
    return folder


@pytest.mark.promise("P23", "P25")
def test_asked_for_it_is_in_the_restricted_folder_only(restricted, secrets):
    assert leaks(written(restricted / "out"), secrets) == {}
    private = written(restricted / "private")
    assert set(private) == {"user_pii.csv", "rejects.jsonl"}
    found = leaks(private, secrets)
    assert len(found["user_pii.csv"] & secrets["names"]) > 10
    assert len(found["user_pii.csv"] & secrets["platform ids"]) > 10
    assert len(found["user_pii.csv"] & secrets["addresses"]) > 10
    assert MAILS[1] in found["rejects.jsonl"]


@pytest.mark.promise("P23")
def test_user_pii_says_who_is_who(restricted, log):
    def table(path):
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    users, people = table(restricted / "out" / "users.csv"), table(restricted / "private" / "user_pii.csv")
    assert [(row["user_id"], row["user_key"]) for row in people] == [(row["user_id"], row["user_key"]) for row in users]
    key = bytes.fromhex((restricted / "key").read_text())
    assert len({row["user_name"] for row in people}) == len(people)
    ids = Counter()
    for line in log.read_bytes().splitlines():
        if found := re.search(rb'"user_id": (\d+).*"username": "(learner\d+)"', line):
            ids[found[2].decode(), found[1].decode()] += 1
    for row in people:
        assert row["user_key"] == hmac.new(key, b"n:" + row["user_name"].encode(), "sha256").hexdigest()[:40]
        expected = {number for name, number in ids if name == row["user_name"]}
        assert {row["platform_id"]} == expected or not expected


PERSONAL_PAGES = (
    "/u/learner900001",
    f"/courses/course-v1:ExampleX+SYN101+1T2024/discussion/forum/users/{ID.format('900001')}",
    f"/courses/course-v1:ExampleX+SYN101+1T2024/progress/{ID.format('900001')}",
)


@pytest.mark.promise("P23")
@pytest.mark.parametrize("path", PERSONAL_PAGES)
@pytest.mark.parametrize("how", ["request", "page"])
def test_pages_about_a_person_do_not_name_them(secrets, tmp_path, path, how):
    """Some addresses of the platform hold a user name or a platform id."""
    event = {"username": "learner900004", "time": "2024-09-03T10:00:00+00:00", "host": "courses.example.org", "event": {}}
    if how == "request":
        event |= {"event_source": "server", "event_type": path, "page": None}
    else:
        event |= {"event_source": "browser", "event_type": "page_view", "page": f"https://courses.example.org{path}"}
    (tmp_path / "log.json").write_text(json.dumps(event) + "\n")
    summary = translate(tmp_path / "log.json", tmp_path / "out", Options(workers=1, key_file=tmp_path / "key"))
    assert summary.events == 1
    assert leaks(written(tmp_path / "out"), secrets) == {}


@pytest.mark.promise("P23")
def test_payloads_of_an_earlier_run_do_not_stay(log, tmp_path):
    restricted = tmp_path / "restricted"
    options = {"key_file": tmp_path / "key", "restricted": restricted, "overwrite": True}
    translate(log, tmp_path / "moocdb", Options(payloads=True, **options))
    assert (restricted / "event_payloads.parquet").stat().st_mode & 0o777 == 0o600
    translate(log, tmp_path / "moocdb", Options(**options))
    assert sorted(path.name for path in restricted.iterdir()) == ["rejects.jsonl", "user_pii.csv"]
