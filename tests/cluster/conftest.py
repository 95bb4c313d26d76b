"""A log of some dozen shards beside a compressed one, and what one process makes of them."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from unit.days import differences, fast_folder, story, write

from moocdb_fast import Options, translate

SHARD = 6 * 1024
LINES = story(250_000)


@dataclass
class Course:
    """A folder with logs, the key, and the tables of a run in one process."""

    folder: Path

    @property
    def logs(self) -> list[Path]:
        return [self.folder / "logs" / "a.json", self.folder / "logs" / "b.json.gz"]

    def options(self, **options: Any) -> Options:
        return Options(**({"key_file": self.folder / "key", "workers": 1, "shard_bytes": SHARD} | options))

    def translate(self, out: str, **options: Any) -> None:
        translate(self.logs, self.folder / out, self.options(**options))

    def is_whole(self, out: Path) -> None:
        """Every file of the output is, byte for byte, that of the run in one process."""
        assert differences(out, self.folder / "whole") == []
        assert not any(path.name.startswith(".") for path in out.iterdir())


@pytest.fixture(scope="session")
def course():
    with fast_folder() as folder:
        (folder / "logs").mkdir()
        made = Course(folder)
        write(made.logs[0], LINES[: -len(LINES) // 4])
        made.logs[1].write_bytes(gzip.compress(b"".join(line + b"\n" for line in LINES[-len(LINES) // 4 :]), mtime=0))
        made.translate("whole")
        yield made


@pytest.fixture
def work():
    with fast_folder() as folder:
        yield folder / "pieces"
