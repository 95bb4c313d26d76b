"""How well the translator knows the types of a log: in the summary and, briefly, in the report."""

import json

import pytest

from moocdb_fast import Options, Summary, translate
from moocdb_fast.cli.report import report
from moocdb_fast.events import PATHS, TYPES
from moocdb_fast.events.lookup import declaration, is_declared, reads_payload

BASE = {"username": "anna", "event_source": "browser", "context": {"course_id": "course-v1:A+B+C"}, "event": {}}
VIDEO = "block-v1:A+B+C+type@video+block@v"


def log(tmp_path, *types):
    lines = [BASE | {"event_type": name, "time": f"2024-03-05T10:{i // 60:02}:{i % 60:02}Z"} for i, name in enumerate(types)]
    lines[-1]["event_source"] = "server"
    (tmp_path / "log.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return translate(tmp_path / "log.json", tmp_path / "out", Options(key_file=tmp_path / "key", workers=1))


def test_types_are_mapped_with_payload_or_not_or_unknown(tmp_path):
    types = ["play_video", "edx.video.played", "pause_video", "accordion", "/dashboard", "my.own", "my.own", "other.own"]
    types += [f"/courses/course-v1:A+B+C/xblock/{VIDEO}/handler/anything", "add-staff somebody"]
    summary = log(tmp_path, *types)
    coverage = summary.coverage
    assert coverage.with_payload == {"play_video": 2, "pause_video": 1}
    assert set(coverage.common_fields) == {"accordion", "url_change", "i4x_video_anything", declaration("add-staff somebody").label}
    assert coverage.unknown == {"my.own": 2, "other.own": 1}
    written = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert written["coverage"] == {
        "with_payload": {"types": 2, "events": 3},
        "common_fields": {"types": 4, "events": 4},
        "unknown": {"types": 2, "events": 3},
        "unknown_types": {"my.own": 2, "other.own": 1},
    }
    assert sum(group["events"] for name, group in written["coverage"].items() if name != "unknown_types") == summary.events


@pytest.mark.promise("P25")
def test_the_report_is_short_and_shows_no_free_text():
    types = {"play_video": 3, "accordion": 1, "the learner wrote this": 2, **{f"own.{i:02}": 30 - i for i in range(20)}}
    said = report(Summary(event_types=types, families={"video": 3}))
    block = said.partition("events by what is mapped")[2].partition("\n\n")[0]
    assert [line.split()[-1] for line in block.splitlines()[1:4]] == ["3", "1", str(2 + sum(range(11, 31)))]
    assert "with payload (1 type)" in block
    assert "unknown (21 types)" in block
    assert "own.00" in block
    assert "8 more" in block
    assert "learner wrote" not in said
    assert "free text" in block


def test_no_block_without_events():
    assert "what is mapped" not in report(Summary())


@pytest.mark.parametrize("declared", TYPES, ids=lambda t: f"{t.name} {t.source}")
def test_every_declared_name_is_known(declared):
    names = [declared.label] if declared.label else [declared.name, *declared.also]
    for name in names:
        assert declaration(name, declared.source).meaning == declared.meaning
        assert is_declared(name)
        assert reads_payload(name) or not declared.meaning.reads_payload


def test_requests_on_modules_are_known_by_category_and_action():
    for pattern in PATHS:
        for category in pattern.categories:
            action = "anything" if pattern.action == "*" else pattern.action
            assert declaration(f"i4x_{category}_{action}").meaning == pattern.meaning
    assert declaration("i4x_some_block_no_such_action").action == "*"
    assert declaration("i4x_") is None
    assert declaration("nobody declared this") is None
