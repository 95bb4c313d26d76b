"""CONTRIBUTING's worked example, done: one declaration, and a new event type is mapped, documented, explained and counted."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import moocdb_fast

ROOT = Path(__file__).resolve().parents[2]
SECTION = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Adding an event type")[2].partition("\n## ")[0]


def block(language):
    (text,) = re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    return text


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A copy of the package, with the declaration of the section at the end of the family's types."""
    folder = tmp_path_factory.mktemp("taught")
    shutil.copytree(Path(moocdb_fast.__file__).parent, folder / "moocdb_fast", ignore=shutil.ignore_patterns("__pycache__"))
    (named,) = re.findall(r"`src/(moocdb_fast/events/\w+\.py)`", SECTION)
    module = folder / named
    module.write_text(module.read_text(encoding="utf-8") + f"\nTYPES = (*TYPES, {block('python')})\n", encoding="utf-8")
    return folder


def run(taught, *argv):
    environment = os.environ | {"PYTHONPATH": str(taught), "XDG_CONFIG_HOME": str(taught / "config")}
    return subprocess.run([sys.executable, *map(str, argv)], capture_output=True, text=True, check=True, env=environment, cwd=taught).stdout


PAGE = "from moocdb_fast.cli import render_events\nprint(render_events.pages()['blocks.md']())"
LINES = """
from moocdb_fast.events import TYPES
from moocdb_fast.events.examples import example, text
print(text(example(next(t for t in TYPES if t.name == "acme.flashcards.answered"))))
"""


def test_the_type_is_documented_with_its_rows(taught):
    page = run(taught, "-c", PAGE)
    section = page.partition("## `acme.flashcards.answered`")[2].partition("\n## ")[0]
    assert "Logged since 2024. Source: documentation of the flash cards block." in section
    assert block("markdown") in section


def test_the_type_is_explained(taught):
    (taught / "log.json").write_text(run(taught, "-c", LINES))
    said = run(taught, "-m", "moocdb_fast", "events", "explain", taught / "log.json")
    assert said.startswith("acme.flashcards.answered\n")
    assert block("text") in said


def test_the_type_is_mapped_and_counted(taught, tmp_path):
    (tmp_path / "log.json").write_text(run(taught, "-c", LINES))
    run(taught, "-m", "moocdb_fast", "run", tmp_path / "log.json", "--out", tmp_path / "out", "--quiet")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["coverage"]["with_payload"] == {"types": 1, "events": 1}
    assert summary["families"] == {"blocks": 1}
    assert (tmp_path / "out" / "submissions.csv").read_text().splitlines()[1].split(",")[5] == "Paris"


def test_the_how_to_shows_what_is_printed(taught):
    page = (ROOT / "docs" / "how-to" / "see-what-a-log-holds.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)    \.\.\.\n```", page, re.DOTALL)
    (taught / "examples").mkdir()
    shutil.copy(ROOT / "examples" / "tracking.log.gz", taught / "examples")
    assert shown in run(taught, "-m", "moocdb_fast", "events", "explain", "examples/tracking.log.gz")


def test_without_the_declaration_the_type_is_unknown(tmp_path):
    """So that the tests above cannot pass for another reason."""
    line = {
        "username": "a",
        "event_source": "server",
        "event_type": "acme.flashcards.answered",
        "time": "2024-03-05T10:00:00Z",
        "event": {"answer": "Paris"},
    }
    (tmp_path / "log.json").write_text(json.dumps(line) + "\n")
    summary = moocdb_fast.translate(tmp_path / "log.json", tmp_path / "out", moocdb_fast.Options(key_file=tmp_path / "key"))
    assert summary.coverage.to_dict()["unknown_types"] == {"acme.flashcards.answered": 1}
    assert summary.tables["submissions"] == 0
