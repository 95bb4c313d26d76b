"""Days that are appended give the tables of one run over all of them; what is there is never lost, and never read twice."""

from __future__ import annotations

import bz2
import fcntl
import gzip
import os
import shutil
import stat
import subprocess
import sys
from itertools import pairwise

import pytest
from days import COURSE, PAGE, Runs, days_of, differences, event, fast_folder, files, ledger, story, write
from hypothesis import given, settings
from hypothesis import strategies as st

import moocdb_fast
from moocdb_fast import plan
from moocdb_fast.errors import InputError, OutputError, TooManyRejects, UsageError
from moocdb_fast.inputs import STATE_MARK

PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}


@pytest.fixture
def runs():
    with fast_folder() as folder:
        yield Runs(folder)


LOG = story(200_000)
"""Some hundred lines of both eras."""


@pytest.fixture
def log():
    return LOG


@pytest.fixture
def days(runs, log):
    return days_of(runs.folder, log, 3)


# ---------------------------------------------------------------- one run over everything

OPTIONS = [
    {},
    {"split_by_course": True, "formats": ("csv", "parquet")},
    {"keep_duplicates": True, "keep_anonymous": True, "keep_background": True, "formats": ("parquet",)},
]


@pytest.mark.promise("P10")
@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    cuts=st.lists(st.integers(1, len(LOG) - 1), min_size=1, max_size=3, unique=True),
    packing=st.lists(st.sampled_from(sorted(PACK)), min_size=4, max_size=4),
    options=st.sampled_from(OPTIONS),
    shard_bytes=st.sampled_from([20_000, 1 << 26]),
    together=st.booleans(),
)
def test_appended_days_are_one_run(cuts, packing, options, shard_bytes, together):
    """Wherever the log is cut, also between an event and its echo or the end of its page."""
    ends = [0, *sorted(cuts), len(LOG)]
    with fast_folder() as folder:
        runs, paths = Runs(folder), []
        for n, (begin, end) in enumerate(pairwise(ends)):
            paths.append(folder / f"2024-03-{n:02}.json{packing[n]}")
            paths[n].write_bytes(PACK[packing[n]](b"".join(line + b"\n" for line in LOG[begin:end])))
        if together:  # the first two days at once
            runs.append(paths[:2], shard_bytes=shard_bytes, **options)
        for n in range(2 if together else 0, len(paths)):
            runs.append(paths[n], shard_bytes=shard_bytes, **options)
        runs.whole(paths, **options)
        assert differences(folder / "out", folder / "whole") == []


@pytest.mark.parametrize("options", [{}, {"split_by_course": True}], ids=["plain", "split"])
def test_personal_data(runs, days, options):
    """user_pii, payloads and the rejects with the beginnings of lines are those of one run, too."""
    for day in days:
        runs.append(day, restricted=runs.folder / "private", payloads=True, **options)
    runs.whole(days, restricted=runs.folder / "private_whole", payloads=True, **options)
    assert differences(runs.folder / "out", runs.folder / "whole") == []
    private = files(runs.folder / "private")
    assert private == files(runs.folder / "private_whole")
    assert any(name.endswith("event_payloads.parquet") for name in private)
    assert private["rejects.jsonl"]


def test_partitions_on_disk(runs, days, monkeypatch):
    monkeypatch.setattr(plan, "PARTITION_ROWS", 50)
    for day in days:
        runs.append(day)
    runs.whole(days)
    assert differences(runs.folder / "out", runs.folder / "whole") == []


def test_selected_courses(runs, days):
    course = "course-v1:ExampleX+SYN101+1T2024"
    for day in days:
        summary = runs.append(day, courses=course)
    assert summary.courses.get(course)
    runs.whole(days, courses=course)
    assert differences(runs.folder / "out", runs.folder / "whole") == []


# ---------------------------------------------------------------- state of users goes on, ids stay


def rows(runs, name, out="out"):
    return moocdb_fast.open(runs.folder / out).table(name).to_pylist()


CHECK = {"event_type": "problem_check", "page": PAGE.format(1), "context": {"course_id": COURSE}}
PROBLEM = "block-v1:X+Y+Z+type@problem+block@p1"


def test_durations_and_pages_across_midnight(runs):
    one = write(runs.folder / "1.json", [event(86390)])
    video = event(5, day=6, event_type="play_video", page="", context={"course_id": COURSE}, event="{}")
    two = write(runs.folder / "2.json", [video, event(20, day=6, page=PAGE.format(2))])
    runs.append(one)
    assert rows(runs, "observed_events")[0]["observed_event_duration"] is None
    summary = runs.append(two)
    first, second, _ = rows(runs, "observed_events")
    assert first["observed_event_duration"] == 15
    assert second["url_id"] == first["url_id"]  # where she was
    assert summary.run.warnings == []
    runs.whole([one, two])
    assert differences(runs.folder / "out", runs.folder / "whole") == []


def test_an_echo_across_midnight(runs):
    """The browser's copy was all there was of a check; the server's report of it makes it a copy, and its row goes."""
    browser = event(86399.8, **CHECK, event="input_p1_2_1=42")
    server = event(0.2, day=6, **CHECK | {"event_source": "server"}, event={"problem_id": PROBLEM, "answers": {"p1_2_1": "42"}, "attempts": 1})
    one, two = write(runs.folder / "1.json", [browser, event(86399.9, user="bob")]), write(runs.folder / "2.json", [server])
    runs.append(one)
    (before,) = rows(runs, "submissions")
    summary = runs.append(two)
    assert summary.counts.filtered["echo"] == 1
    (after,) = rows(runs, "submissions")
    assert (before["submission_key"][:2], after["submission_key"][:2]) == ("1:", "2:")
    assert [warning.rpartition(" in ")[2] for warning in summary.run.warnings] == ["submissions, resources_urls"]
    runs.whole([one, two])
    assert differences(runs.folder / "out", runs.folder / "whole") == []


def test_an_id_that_gets_a_name(runs):
    nameless = event(10, user="", context={"user_id": 7})
    one = write(runs.folder / "1.json", [nameless, event(11, user="bob")])
    two = write(runs.folder / "2.json", [event(12, user="ann", context={"user_id": 7})])
    runs.append(one)
    summary = runs.append(two)
    assert len(rows(runs, "users")) == 2
    assert any("in users" in warning for warning in summary.run.warnings)
    runs.whole([one, two])
    assert differences(runs.folder / "out", runs.folder / "whole") == []


def test_a_course_that_a_later_page_tells(runs):
    """A server event of 2012-13 names no course; its user is first seen in one on the day after."""
    problem = {"problem_id": "i4x://X/Y/problem/P1", "answers": {"i4x-X-Y-problem-P1_2_1": "a"}, "attempts": 1}
    server = event(10, event_type="problem_check", event_source="server", page="x_module", event=problem)
    one = write(runs.folder / "1.json", [server])
    two = write(runs.folder / "2.json", [event(20, page="https://lms.example.org/courses/X/Y/Z/courseware/u/s/")])
    assert "" in runs.append(one).courses
    assert set(runs.append(two).courses) == {"X/Y/Z"}
    runs.whole([one, two])
    assert differences(runs.folder / "out", runs.folder / "whole") == []


def standing(runs):
    """What each id stands for, by table, from the tables alone."""
    table = {name: rows(runs, name) for name in moocdb_fast.schema.TABLES}
    submission = {row["submission_id"]: row["submission_key"] for row in table["submissions"]}
    named = {
        "users": "user_key",
        "urls": "url",
        "problems": "problem_key",
        "os": "os_name",
        "agent": "agent_name",
        "observed_event_types": "observed_event_type_name",
        "observed_events": "observed_event_key",
        "submissions": "submission_key",
        "answers": "answer_content",
    }
    found = {name: {next(iter(row.values())): row[column] for row in table[name]} for name, column in named.items()}
    found["resources"] = {row["resource_id"]: row["resource_key"] or row["resource_uri"] for row in table["resources"]}
    found["resources_urls"] = {row["resources_urls_id"]: (row["resource_id"], row["url_id"]) for row in table["resources_urls"]}
    found["assessments"] = {row["assessment_id"]: (submission[row["submission_id"]], row["assessment_timestamp"]) for row in table["assessments"]}
    found["collaborations"] = {row["collaboration_id"]: (row["user_id"], row["collaboration_timestamp"]) for row in table["collaborations"]}
    return found


@pytest.mark.parametrize(("seed", "servers"), [(1, True), (2, True), (3, True), (1, False), (2, False)])
def test_ids_stay_or_the_summary_says_which_do_not(runs, seed, servers):
    """Logs in the order of time, where they nearly always stay, and two logs of the same hours, as of two servers, where many do not."""
    log = story(150_000, "modern", seed)
    days = [write(runs.folder / f"server{n}.json", log[n::2]) for n in range(2)] if servers else days_of(runs.folder, log, 3)
    runs.append(days[0])
    before = standing(runs)
    for day in days[1:]:
        summary = runs.append(day)
        after = standing(runs)
        changed = {name for name, ids in before.items() if any(after[name].get(number) != thing for number, thing in ids.items())}
        warned = [warning.rpartition(" in ")[2] for warning in summary.run.warnings if "ids that were given" in warning]
        said = {name.strip() for names in warned for name in names.split(",")}
        # Submissions keep their keys where only the counts of lines are compared, so the summary may say more of rows, never less.
        assert changed <= said
        assert said - changed <= {"submissions", "assessments", "questions", "feedbacks"}
        assert len(changed) > 2 or not servers
        before = after


# ---------------------------------------------------------------- inputs that are there already


def untouched(runs):
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (runs.folder / "out").iterdir()}


@pytest.mark.promise("P15")
def test_what_is_there_is_skipped(runs, days):
    runs.append(days[:2])
    before = untouched(runs)
    copy = runs.folder / "zzz_copy.json"
    shutil.copyfile(days[0], copy)
    packed = runs.folder / "day1.json.gz"  # as a rotation of logs leaves it
    packed.write_bytes(gzip.compress(days[1].read_bytes()))
    for again in ([days[0]], [copy], [packed], [days[1], copy, days[0]]):
        summary = runs.append(again)
        assert (summary.run.taken, len(summary.run.skipped)) == (0, len(again))
        assert summary.lines_read == ledger(runs.folder / "out")["lines_read"] > 0
        assert summary.to_dict()["inputs"] == ledger(runs.folder / "out")["inputs"]
        assert untouched(runs) == before
    os.utime(days[0])
    summary = runs.append([*days, copy])
    assert (summary.run.taken, len(summary.run.skipped)) == (1, 3)
    runs.whole(days)
    assert differences(runs.folder / "out", runs.folder / "whole") == []


@pytest.mark.promise("P15")
def test_the_same_twice_at_once(runs, days):
    copy = runs.folder / "day0_copy.json"
    shutil.copyfile(days[0], copy)
    summary = runs.append([days[0], copy])
    assert [report.name for report in summary.inputs] == ["day0.json"]


def test_a_log_that_has_grown(runs, log):
    """Its new lines are added; those that are there already are duplicates of themselves."""
    path = write(runs.folder / "tracking.log", log[:100])
    first = runs.append(path)
    write(path, log[:150])
    summary = runs.append(path)
    assert summary.run.taken == 1
    assert "another input of this name" in summary.run.warnings[0]
    whole = runs.whole(path)
    assert summary.tables["observed_events"] == whole.tables["observed_events"] > first.tables["observed_events"]
    assert summary.tables["submissions"] == whole.tables["submissions"]


def test_days_without_a_line(runs, log):
    """Empty logs are all alike, but those of different days are different."""
    one = write(runs.folder / "1.json", log[:50])
    empty = [write(runs.folder / name, []) for name in ("2.json", "3.json")]
    runs.append([one, empty[0]])
    summary = runs.append([one, *empty])
    assert (summary.run.taken, len(summary.run.skipped)) == (1, 2)
    runs.whole([one, *empty])
    assert differences(runs.folder / "out", runs.folder / "whole") == []


def test_names_out_of_order(runs, days):
    """The order of appending counts; the summary says so for as long as it is so."""
    keys = []
    for day in (days[1], days[0], days[2]):
        summary = runs.append(day)
        keys.append({row["observed_event_key"].split(":")[0] for row in rows(runs, "observed_events")})
        assert any("day0.json was appended after day1.json" in w for w in summary.run.warnings) == (day != days[1])
    assert keys == [{"1"}, {"1", "2"}, {"1", "2", "3"}]
    assert [report.name for report in summary.inputs] == ["day1.json", "day0.json", "day2.json"]


def test_damage_is_told_once_and_remembered(runs, days):
    """The run that meets it ends with an exit code of its own; later ones only name it."""
    cut = runs.folder / "day1.json.gz"
    cut.write_bytes(gzip.compress(days[1].read_bytes())[:-2000])
    runs.append(days[0])
    summary = runs.append(cut)
    assert [report.name for report in summary.newly_damaged] == ["day1.json"]
    summary = runs.append(days[2])
    assert summary.newly_damaged == []
    assert [report.name for report in summary.damaged] == ["day1.json"]
    runs.whole([days[0], cut, days[2]])
    assert differences(runs.folder / "out", runs.folder / "whole") == []
    assert runs.append(days[1]).counts.filtered["duplicate"] > 10  # the whole copy adds what was missing


@pytest.mark.promise("P9")
def test_limits_are_about_what_is_new(runs, days):
    bad = write(runs.folder / "day9.json", [b"{"] * 20 + [event(1)])
    runs.append(days[0])
    before = files(runs.folder / "out")
    with pytest.raises(TooManyRejects):
        runs.append(bad, max_reject_rate=0.5)
    strange = write(runs.folder / "strange.json", [b'{"a": 1}'] * 3)
    with pytest.raises(InputError, match=r"no line of .* is a tracking event"):
        runs.append(strange)
    assert files(runs.folder / "out") == before
    assert runs.append(days[1], max_reject_rate=0.5).run.taken == 1


# ---------------------------------------------------------------- what does not fit is refused

OTHERS = [
    {"courses": COURSE},
    {"split_by_course": True},
    {"keep_anonymous": True},
    {"keep_background": True},
    {"keep_duplicates": True},
    {"line_limit": 1 << 20},
    {"payloads": True, "restricted": "private"},
]


@pytest.mark.parametrize("options", OTHERS, ids=lambda o: next(iter(o)))
def test_options_that_shape_rows_stay(runs, days, options):
    runs.append(days[0])
    before = files(runs.folder)
    if "restricted" in options:
        options = options | {"restricted": runs.folder / "private"}
    with pytest.raises(UsageError, match=r"but was .* when the output in .* was made"):
        runs.append(days[1], **options)
    assert {name: content for name, content in files(runs.folder).items() if not name.startswith("private")} == before


def test_formats_and_limits_may_change(runs, days):
    runs.append(days[0])
    runs.append(days[0], formats=("csv", "parquet"), max_rejects=1000)
    runs.whole(days[0], formats=("csv", "parquet"), max_rejects=1000)
    assert differences(runs.folder / "out", runs.folder / "whole") == []


def test_another_key(runs, days):
    runs.append(days[0])
    with pytest.raises(InputError, match="made with another pseudonym key"):
        runs.append(days[1], key_file=runs.folder / "other")


def test_another_version(runs, days, monkeypatch):
    from moocdb_fast import state

    runs.append(days[0])
    monkeypatch.setattr(state, "shard_format", lambda: "2")
    with pytest.raises(OutputError, match="written by another version"):
        runs.append(days[1])


def test_combinations_of_options(runs):
    for options in ({"append": True, "overwrite": True}, {"state": "there"}, {"append": True, "state": runs.folder / "out" / "state"}):
        with pytest.raises(UsageError):
            moocdb_fast.translate(write(runs.folder / "1.json", [event(1)]), runs.folder / "out", runs.options(**options))
    assert not (runs.folder / "out").exists()


def test_an_output_of_an_ordinary_run(runs, days):
    runs.whole(days[0], out="out")
    with pytest.raises(OutputError, match="was not made with --append"):
        runs.append(days[1])
    assert not (runs.folder / "out.state").exists()


def break_nothing(state):
    shutil.rmtree(state)


def break_index(state):
    (index,) = state.glob("*.index")
    index.write_bytes(index.read_bytes().replace(b"day0", b"day7"))


def break_shard(state):
    shard = next(state.rglob("columns"))
    shard.write_bytes(shard.read_bytes()[:-100])


def lose_shard(state):
    shutil.rmtree(next(state.rglob("columns")).parent)


@pytest.mark.parametrize(
    ("damage", "message"),
    [(break_nothing, "does not hold what"), (break_index, "is damaged"), (break_shard, "is damaged"), (lose_shard, "is damaged")],
)
def test_a_state_that_is_lost_or_broken(runs, days, damage, message):
    runs.append(days[0])
    damage(runs.folder / "out.state")
    before = files(runs.folder / "out")
    with pytest.raises(OutputError, match=message) as caught:
        runs.append(days[1])
    assert "translate all logs again" in caught.value.hint
    assert files(runs.folder / "out") == before


def test_a_state_of_another_output(runs, days):
    runs.append(days[0])
    with pytest.raises(OutputError, match="belongs to an output that is not in"):
        runs.append(days[1], out="second", state=runs.folder / "out.state")
    runs.append(days[1], out="second")
    with pytest.raises(OutputError, match="does not hold what"):
        runs.append(days[2], out="second", state=runs.folder / "out.state")
    assert runs.append(days[1]).run.taken == 1  # it is unharmed
    shutil.rmtree(runs.folder / "out")
    with pytest.raises(OutputError, match="belongs to an output that is not in"):
        runs.append(days[2])


def test_a_folder_of_others_is_no_state(runs, days):
    (runs.folder / "mine").mkdir()
    (runs.folder / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(OutputError, match="holds other files"):
        runs.append(days[0], state=runs.folder / "mine")
    assert files(runs.folder / "mine") == {"thesis.txt": b"all of it"}


def test_a_state_in_use(runs, days):
    runs.append(days[0])
    with (runs.folder / "out.state" / STATE_MARK).open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="another run uses the state folder"):
            runs.append(days[1])


@pytest.mark.promise("P15")
def test_foreign_files_stay(runs, days):
    runs.append(days[0])
    (runs.folder / "out" / "notes.txt").write_text("mine")
    runs.append(days[1])
    assert (runs.folder / "out" / "notes.txt").read_text() == "mine"


# ---------------------------------------------------------------- people


@pytest.mark.promise("P23")
def test_the_state_is_private_and_apart(runs):
    """User names and answers lie in a folder that only its owner can enter, and nothing of it is in the output."""
    secret = "zaphod_beeblebrox"
    answer = {"problem_id": PROBLEM, "answers": {"p1_2_1": "fortytwo_point_five"}, "attempts": 1}
    log = [event(n, user=secret) for n in range(5)] + [event(9, user=secret, **CHECK | {"event_source": "server"}, event=answer)]
    before = os.umask(0)
    try:
        for n in range(2):
            runs.append(write(runs.folder / f"{n}.json", log[3 * n : 3 * n + 3]), state=runs.folder / "deep" / "state")
    finally:
        os.umask(before)
    state = runs.folder / "deep" / "state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    kept = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert secret.encode() in kept
    assert runs.key.read_bytes().strip() not in kept
    out = runs.folder / "out"
    assert not [path for path in out.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert not [path for path in out.rglob("*") if path.suffix not in (".csv", ".sql", ".json", ".jsonl")]


def test_a_state_is_not_taken_for_logs(runs, days):
    """A run over the folder that holds logs, output and state reads the logs only."""
    logs = runs.folder / "logs"
    logs.mkdir()
    shutil.copy(days[0], logs)
    runs.append(logs, out="logs/moocdb")
    shutil.copy(days[1], logs)
    summary = runs.append(logs, out="logs/moocdb")
    assert [report.name for report in summary.inputs] == ["day0.json", "day1.json"]


# ---------------------------------------------------------------- the command


def command(runs, *arguments):
    options = ["--out", "out", "--append", "--key-file", "key", "--workers", "1"]
    return subprocess.run(
        [sys.executable, "-m", "moocdb_fast", "run", *arguments, *options], cwd=runs.folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_command(runs, days):
    assert command(runs, "day0.json").returncode == 0
    done = command(runs, "day0.json", "day1.json")
    assert done.returncode == 0
    assert "1 input skipped, it is in the output already" in done.stderr
    done = command(runs, "day0.json", "day1.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.split("\n")[-3:] == ["nothing is new: 2 inputs skipped, they are in the output already", "output: out", ""]
    shutil.rmtree(runs.folder / "out.state")
    done = command(runs, "day2.json")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    runs.whole(days[:2])
    assert differences(runs.folder / "out", runs.folder / "whole") == []
