"""What another key changes: the pseudonyms, all of them, and nothing else (docs/how-to/keep-pseudonyms-stable.md)."""

from __future__ import annotations

import csv

import pytest
from synthetic import made

from moocdb_fast import Options, translate
from moocdb_fast.schema import TABLES


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    (folder / "log.json").write_bytes(made(400_000, "modern", 9))
    for key in ("1", "2"):
        translate(folder / "log.json", folder / key, Options(workers=1, key_file=folder / f"{key}.key"))
    return folder / "1", folder / "2"


def people(out):
    with (out / "users.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.promise("P23")
def test_all_pseudonyms_change_and_nothing_else(outputs):
    first, second = outputs
    assert [name for name in TABLES if (first / f"{name}.csv").read_bytes() != (second / f"{name}.csv").read_bytes()] == ["users"]
    old, new = people(first), people(second)
    keys = [[row.pop("user_key") for row in rows] for rows in (old, new)]
    assert old == new
    assert len(old) > 3
    assert len({*keys[0], *keys[1]}) == 2 * len(old)
