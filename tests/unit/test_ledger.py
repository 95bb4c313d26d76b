"""The ledger: sums, reasons, rejects.jsonl and summary.json."""

import json
import stat

import pytest

from moocdb_fast.errors import InternalError
from moocdb_fast.ledger import Counts, FilterReason, InputReport, RejectReason, RejectsWriter, SalvageReason, Summary


def _counts(events=3, blank=2, cut=1):
    counts = Counts()
    counts.add(lines_read=events + blank + cut, events=events)
    counts.add_reasons("filtered", {"blank": blank})
    counts.add_reasons("rejected", {RejectReason.CUT: cut})
    return counts


@pytest.mark.promise("P1")
def test_lines_read_is_the_sum_of_the_fates():
    _counts().check("a.json")
    wrong = _counts()
    wrong.add(lines_read=1)
    with pytest.raises(InternalError, match=r"a\.json: 7 lines were read, but 3 translated, 2 filtered and 1 rejected"):
        wrong.check("a.json")


def test_merge_adds_everything():
    total = _counts()
    other = _counts(events=10)
    other.add(bad_payload=4, extra_events=5)
    other.add_reasons("salvaged", {"utf8": 6})
    total.merge(other)
    total.check("both")
    assert total.to_dict() == {
        "lines_read": 19, "events": 13, "filtered": 4, "rejected": 2, "salvaged": 6, "bad_payload": 4, "extra_events": 5,
        "filtered_by_reason": {"blank": 4}, "rejected_by_reason": {"cut": 2}, "salvaged_by_reason": {"utf8": 6},
    }  # fmt: skip


def test_undeclared_reason_is_a_bug():
    with pytest.raises(InternalError, match="nonsense"):
        Counts().add_reasons("rejected", {"nonsense": 1})


def test_reasons_are_the_documented_ones():
    assert " ".join(FilterReason) == "blank machine studio background anonymous course page_close echo duplicate"
    assert " ".join(RejectReason) == "bad_json cut too_long too_deep not_an_event no_time bad_time"
    assert " ".join(SalvageReason) == "utf8 prefix backslash surrogate cut_tail second_object"
    assert all(reason.doc for kind in (FilterReason, RejectReason, SalvageReason) for reason in kind)


@pytest.mark.promise("P1")
def test_summary_totals_inputs_and_keeps_the_run_apart(tmp_path):
    damaged = InputReport("b.json", "b.json", 20, "g", "gz", "the gzip data breaks off")
    summary = Summary(inputs=[InputReport("a.json", "/x/a.json", 10, "f"), damaged])
    summary.inputs[0].counts.merge(_counts())
    summary.inputs[1].counts.merge(_counts(events=1))
    summary.total()
    summary.run.wall_seconds = 1.5
    summary.write(tmp_path / "summary.json")
    assert [p.name for p in tmp_path.iterdir()] == ["summary.json"]
    read = json.loads((tmp_path / "summary.json").read_text())
    assert (read["lines_read"], read["events"], read["filtered"], read["rejected"]) == (10, 4, 4, 2)
    assert (summary.lines_read, summary.events, summary.filtered, summary.rejected, summary.salvaged) == (10, 4, 4, 2, 0)
    assert read["inputs"][1]["damage"] == "the gzip data breaks off"
    assert [report.name for report in summary.damaged] == ["b.json"]
    assert read["run"]["paths"] == ["/x/a.json", "b.json"]
    del read["run"]
    assert "/x/" not in json.dumps(read)
    assert "1.5" not in json.dumps(read)


def test_one_wrong_input_spoils_the_summary():
    summary = Summary(inputs=[InputReport("a.json", "a.json", 10, "f")])
    summary.inputs[0].counts.add(lines_read=1)
    with pytest.raises(InternalError, match=r"a\.json"):
        summary.total()


@pytest.mark.promise("P2", "P25")
def test_rejects_hold_no_text_by_default(tmp_path):
    with RejectsWriter(tmp_path / "rejects.jsonl") as rejects:
        rejects.write("odd\nname\udcff.json", 3, 120, "cut", b'{"username": "secret')
        rejects.write_all([("b.json", 1, 0, "bad_json", b"")])
    assert rejects.rows == 2
    lines = (tmp_path / "rejects.jsonl").read_bytes().decode("utf-8").splitlines()
    assert [json.loads(line)["reason"] for line in lines] == ["cut", "bad_json"]
    assert [*json.loads(lines[0])] == ["file", "line", "offset", "reason"]
    assert "secret" not in lines[0]


@pytest.mark.promise("P25")
def test_restricted_rejects_hold_the_start_and_belong_to_one(tmp_path):
    path = tmp_path / "rejects.jsonl"
    with RejectsWriter(path, starts=True) as rejects:
        rejects.write("a.json", 1, 0, "bad_json", b"\xff" + b"x" * 500)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["start"] == "\ufffd" + "x" * 199


@pytest.mark.promise("P2")
def test_rejects_never_replace_a_file_and_know_their_reasons(tmp_path):
    (tmp_path / "rejects.jsonl").write_text("mine")
    with pytest.raises(FileExistsError):
        RejectsWriter(tmp_path / "rejects.jsonl")
    with RejectsWriter(tmp_path / "new.jsonl") as rejects, pytest.raises(InternalError, match="whatever"):
        rejects.write("a", 1, 0, "whatever")
