"""The generator of synthetic logs: the same bytes each time, the size asked for, valid JSON, and the shares it declares."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from synthetic_log import Plan, declared_groups, lines  # noqa: E402

ERAS = ("legacy", "modern", "mixed")

# What a reader makes of a line, in the words of declared_groups; written apart from the generator.
NAMED = {
    "sequence navigation": r"seq_(next|prev|goto)",
    "page_close": r"page_close",
    "problem_graded": r"problem_graded",
    "save and reset": r"problem_save|problem_reset|save_problem_(success|fail)|reset_problem",
    "answers and hints": r"problem_show|showanswer|edx\.problem\.hint\..*",
    "textbook": r"book|textbook\..*",
    "forum": r"edx\.forum\..*",
    "enrolment": r"edx\.course\.enrollment\..*",
}
PATHS = {
    "server copies of navigation": r".*/goto_position",
    "problem_get": r".*/problem_get",
    "problem check, request": r".*/problem_check",
    "save and reset": r".*/problem_(save|reset)",
    "answers and hints": r".*/(problem_show|hint_button)",
    "background, machines, authors": r".*/(save_user_state|publish_completion)"
    r"|/(event|jsi18n/|api/.*|user_api/.*|static/.*|favicon\.ico|login_ajax|logout|change_enrollment|heartbeat|robots\.txt)"
    r"|/(phpmyadmin|wp-admin|cgi-bin|sql)/.*|/\.env|/(course|container)/.*|/xblock/.*/(student|studio)_view/",
    "forum": r".*/discussion/(threads/.*|[^/]*/threads/create)",
}


def _group(line: dict[str, object]) -> str:
    kind, source = str(line["event_type"]), line["event_source"]
    if kind.startswith("/"):
        if "Googlebot" in str(line["agent"]):
            return "background, machines, authors"
        return next((group for group, pattern in PATHS.items() if re.fullmatch(pattern, kind)), "page views")
    if kind == "problem_check":
        return f"problem check, {source}"
    if "video" in kind or "transcript" in kind:
        return "mobile video" if source == "mobile" else "video"
    return next((group for group, pattern in NAMED.items() if re.fullmatch(pattern, kind)), "other named events")


@pytest.mark.parametrize("era", ERAS)
def test_same_plan_same_bytes_other_seed_other_bytes(era: str) -> None:
    plan = Plan(size=300_000, era=era)  # type: ignore[arg-type]
    first = list(lines(plan))
    assert list(lines(plan)) == first
    assert list(lines(Plan(size=300_000, era=era, seed=8))) != first  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [50_000, 3_000_000])
@pytest.mark.parametrize("era", ERAS)
def test_size_is_what_was_asked_for(era: str, size: int) -> None:
    total = sum(len(line) + 1 for line in lines(Plan(size=size, era=era)))  # type: ignore[arg-type]
    assert 0.95 * size <= total <= size


@pytest.mark.parametrize("escape_slashes", [False, True])
@pytest.mark.parametrize("era", ERAS)
def test_every_line_is_a_synthetic_event_in_order_of_time(era: str, escape_slashes: bool) -> None:
    made = list(lines(Plan(size=2_000_000, era=era, bad_rate=0, escape_slashes=escape_slashes)))  # type: ignore[arg-type]
    events = [json.loads(line) for line in made]
    times = [event["time"] for event in events]
    assert times == sorted(times)
    assert {event["host"] for event in events} <= {"courses.example.org", "studio.example.org"}
    assert all(re.fullmatch(r"(learner\d{6})?", event["username"]) for event in events)
    assert all(b"/" not in line.replace(b"\\/", b"") for line in made) is escape_slashes


def test_escaped_slashes_change_nothing_else() -> None:
    plain = lines(Plan(size=400_000, bad_rate=0))
    escaped = lines(Plan(size=400_000, bad_rate=0, escape_slashes=True))
    assert all(json.loads(a) == json.loads(b) for a, b in zip(plain, escaped, strict=False))


def test_malformed_lines_are_the_only_ones_that_differ() -> None:
    clean = list(lines(Plan(size=3_000_000, bad_rate=0)))
    spoilt = list(lines(Plan(size=3_000_000, bad_rate=0.05)))
    differing = [new for old, new in zip(clean, spoilt, strict=False) if old != new]
    assert 0.03 < len(differing) / min(len(clean), len(spoilt)) < 0.07
    broken = sum(not _is_json(line) for line in differing)
    assert broken > len(differing) / 2  # the others are JSON, but no event, without a time, or with a lone surrogate


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_shares_of_lines_are_those_declared(era: str) -> None:
    events = [json.loads(line) for line in lines(Plan(size=20_000_000, era=era, bad_rate=0))]  # type: ignore[arg-type]
    counted = Counter(_group(event) for event in events)
    declared = declared_groups(era)  # type: ignore[arg-type]
    assert sum(declared.values()) == pytest.approx(1)
    assert set(counted) == {group for group, share in declared.items() if share}
    for group, share in declared.items():
        assert counted[group] / len(events) == pytest.approx(share, rel=0.25, abs=0.004), group


def test_one_check_is_told_by_browser_request_and_server_alike() -> None:
    events = [json.loads(line) for line in lines(Plan(size=2_000_000, era="modern", bad_rate=0))]
    told: dict[str, list[dict[str, object]]] = {}
    for event in events:
        if "problem_check" in event["event_type"] and event["username"]:
            told.setdefault(event["username"], []).append(event)
    checks = 0
    for mine in told.values():
        for browser, request, server in zip(mine[0::3], mine[1::3], mine[2::3], strict=False):
            checks += 1
            assert browser["event_source"] == "browser"
            assert str(request["event_type"]).endswith("/problem_check")
            keys = {re.sub(r"^input_|(\[\]|%5B%5D)?=.*$", "", piece) for piece in str(browser["event"]).split("&")}
            assert keys == set(server["event"]["answers"])  # type: ignore[index]
    assert checks > 20


def test_knobs_bound_what_occurs() -> None:
    events = [json.loads(line) for line in lines(Plan(size=3_000_000, users=25, courses=2, resources=30, bad_rate=0))]
    assert len({e["username"] for e in events} - {""}) <= 25
    assert len({e["context"]["course_id"] for e in events} - {""}) == 2
    modules = {m for e in events for m in re.findall(r"type@(?:video|problem)\+block@[0-9a-f]{32}", json.dumps(e))}
    assert 20 <= len(modules) <= 40


@pytest.mark.parametrize("name", ["log.json", "log.json.gz"])
def test_command_writes_the_same_as_the_library(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    command = [sys.executable, str(BENCHMARKS / "generate.py"), "--size", "200KB", "--era", "mixed", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    data = gzip.decompress(out.read_bytes()) if name.endswith(".gz") else out.read_bytes()
    assert data == b"".join(line + b"\n" for line in lines(Plan(size=200_000, era="mixed")))


def test_readme_has_the_declared_shares() -> None:
    command = [sys.executable, str(BENCHMARKS / "generate.py"), "--shares"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert printed in (BENCHMARKS / "README.md").read_text(encoding="utf-8")
