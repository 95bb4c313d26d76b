"""The example log is what its script makes."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_example", EXAMPLES / "make_example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_regenerating_gives_the_same_log(script: ModuleType, tmp_path: Path) -> None:
    again = tmp_path / "again.log.gz"
    tally = script.generate(script.PLAN, again)
    kept = gzip.decompress(script.LOG.read_bytes())
    assert gzip.decompress(again.read_bytes()) == kept
    assert kept.count(b"\n") == tally.lines
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"{tally.lines:,} lines" in readme
    assert f"{tally.malformed} lines are malformed" in readme


def test_compressed_file_carries_no_clock_and_no_name(script: ModuleType) -> None:
    header = script.LOG.read_bytes()[:10]
    assert header[3] == 0  # no flags: no name, no comment
    assert header[4:8] == bytes(4)  # no time


def test_example_has_both_eras_and_says_it_is_synthetic(script: ModuleType) -> None:
    text = gzip.decompress(script.LOG.read_bytes()).decode(errors="replace")
    assert "i4x://" in text
    assert "block-v1:" in text
    assert "example.org" in text
    assert "edx.org" not in text
    assert 1_700 <= text.count("\n") <= 2_300
