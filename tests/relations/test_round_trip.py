"""A log through the nine tables: the MOOCdb tables are those of the log itself, and nothing is lost on the way without being counted."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from golden.run import write_key
from hypothesis import given, settings
from twin.strategies import logs
from twin.test_kernel_agrees import MEMORY, each_log

from moocdb_fast import Options, translate
from moocdb_fast.relations import translate_relations, write_relations
from moocdb_fast.schema import TABLES

from .files import ours
from .moocdb import table

LOST = {"user_key", "problem_format", "observed_event_key", "click_event_key", "submission_key", "assessment_key"}
"""Columns that do not survive: keys name places in the input, pseudonyms of pseudonyms are others, and formats have no column."""


def rows(folder, name):
    return [{k: v for k, v in row.items() if k not in LOST} for row in table(folder, name)]


@pytest.fixture(scope="module")
def both(log, key, tmp_path_factory):
    """The MOOCdb tables of a log, and those of its nine tables."""
    folder = tmp_path_factory.mktemp("round")
    options = Options(workers=1, key_file=key)
    direct = translate(log, folder / "direct", options)
    stage = write_relations(log, folder / "tables", options)
    through = translate_relations(folder / "tables", folder / "through", options)
    return folder, direct, stage, through


@pytest.mark.parametrize("name", TABLES)
def test_the_same_tables(both, name):
    folder, *_ = both
    assert rows(folder / "through", name) == rows(folder / "direct", name)


def test_there_is_something_to_compare(both):
    _, direct, *_ = both
    assert min(direct.tables[name] for name in ("observed_events", "click_events", "submissions", "assessments", "problems")) > 30


def test_every_line_is_accounted_for(both):
    folder, direct, stage, through = both
    assert (stage.lines_read, stage.rejected, stage.salvaged) == (direct.lines_read, direct.rejected, direct.salvaged)
    assert (folder / "tables" / "rejects.jsonl").read_bytes() == (folder / "direct" / "rejects.jsonl").read_bytes()
    for reason in ("blank", "machine", "studio", "background", "anonymous", "duplicate"):
        assert stage.counts.filtered[reason] == direct.counts.filtered[reason]
    assert stage.counts.filtered["page_close"] == 0  # they are rows here
    assert stage.events <= through.lines_read <= stage.events + stage.extra_events  # further events of a line may be filtered
    assert (through.rejected, through.salvaged) == (0, 0)


@pytest.mark.parametrize("family", ["mixed", "problem", "envelope", "broken"])
def test_odd_logs(family):
    """Whatever a log holds: its tables can be read, their ids lead somewhere, and they are a good log again."""

    @settings(each_log, max_examples=10)
    @given(logs(family))
    def survive(files):
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
            folder = Path(name)
            key = write_key(folder / "key")
            (folder / "logs").mkdir()
            for file, content in files:
                (folder / "logs" / file).write_bytes(content)
            options = Options(workers=1, key_file=key, restricted=folder / "private", keep_anonymous=True, keep_background=True)
            direct = translate(folder / "logs", folder / "direct", replace(options, restricted=None))
            stage = write_relations(folder / "logs", folder / "tables", options)
            events = ours(folder / "tables", folder / "private").events()
            check(direct, stage, events)
            through = translate_relations(folder / "tables", folder / "through", replace(options, restricted=None))
            assert through.lines_read == len(events)
            assert through.rejected == 0

    survive()


def check(direct, stage, events):
    """The counts of a run and of the stage, and its events."""
    assert (stage.lines_read, stage.rejected, stage.salvaged, stage.bad_payload) == (
        direct.lines_read, direct.rejected, direct.salvaged, direct.bad_payload,
    )  # fmt: skip
    later = ("duplicate", "echo", "page_close")  # decided behind the scan
    assert stage.events + sum(stage.counts.filtered[r] for r in later) == direct.events + sum(direct.counts.filtered[r] for r in later)
    assert stage.events <= len(events) <= stage.events + stage.extra_events
