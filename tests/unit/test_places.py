"""What a URI names, without any store: tests/remote has one."""

import glob
import os
from pathlib import Path

import pytest

from moocdb_fast import Options
from moocdb_fast.errors import InputError, UsageError
from moocdb_fast.inputs import discover
from moocdb_fast.remote import Remote, _fits, is_pattern, is_uri, place_of


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("s3://bucket/a/b.json", Remote("s3", "bucket", "a/b.json")),
        ("S3://bucket", Remote("s3", "bucket", "")),
        ("s3://bucket//a b%20.json", Remote("s3", "bucket", "a b%20.json")),
        ("s3://b/2024-0?.json", Remote("s3", "b", "2024-0?.json")),
        ("s3://b/x?", Remote("s3", "b", "x?")),
        ("s3://b?region=eu-west-1", Remote("s3", "b", "", "region=eu-west-1")),
        ("s3://b/a?.json?endpoint_override=h:9&scheme=http", Remote("s3", "b", "a?.json", "endpoint_override=h:9&scheme=http")),
        ("gcs://anonymous@b/x", Remote("gs", "anonymous@b", "x")),
        ("hdfs://me@host:8020/x/y", Remote("hdfs", "me@host:8020", "x/y")),
        ("viewfs:///x", Remote("viewfs", "", "x")),
        ("file:///a%20b/c", Path("/a b/c")),
        ("file://localhost/a", Path("/a")),
        ("a/s3://b", Path("a/s3:/b")),
        ("http://host/x", Path("http:/host/x")),
        (Path("x"), Path("x")),
    ],
)
def test_places(text, place):
    assert place_of(text) == place
    if isinstance(place, Remote):
        assert is_uri(text)
        assert place_of(str(place)) == place  # as another process is told
        assert place.query not in place.shown or not place.query


@pytest.mark.parametrize("text", ["s3://", "s3:///x", "gs://?region=x", "hdfs:///x", "file://host/x"])
def test_places_that_are_none(text):
    with pytest.raises(UsageError):
        place_of(text)


def test_below_and_within():
    place = Remote("s3", "b", "a/", "region=x")
    assert place.below("c/d") == Remote("s3", "b", "a/c/d", "region=x")
    assert Remote("s3", "b", "").below("c") == Remote("s3", "b", "c")
    assert place.holds(Remote("s3", "b", "a/c"))
    assert not place.holds(Remote("s3", "b", "ab/c"))
    assert not place.holds(Remote("s3", "other", "a/c"))
    assert Remote("s3", "b", "").holds(Remote("s3", "b", "x"))


PATTERNS = ["*", "*.json", "a/*", "a/*.json", "*/*", "**/*.json", "a/**/x.json", "a/**/b/*", "[ab]/x.json", "[!a]/*", "?/x.json", ".*", ".*/x.json",
            "a/.*", "**/.h.json", "a/b/c/x.json*", "*/b/**/*.json", "x.j[s]on"]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_find_what_glob_finds(tmp_path, monkeypatch, pattern):
    names = [
        "x.json",
        "a/x.json",
        "a/y.log",
        "a/b/x.json",
        "a/b/c/x.json",
        "b/x.json",
        ".h.json",
        ".d/x.json",
        "a/.h.json",
        "a/.d/x.json",
        "b/b/z.json",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    expected = {name for name in glob.glob(pattern, recursive=True) if os.path.isfile(name)}  # noqa: PTH113, PTH207 - it is the measure
    assert {name for name in names if _fits(name.split("/"), pattern.split("/"))} == expected
    assert is_pattern(Remote("s3", "b", pattern))


@pytest.mark.parametrize("name", ["restricted", "state", "key_file", "geoip"])
@pytest.mark.parametrize("value", ["s3://b/x", Path("s3://b/x"), "file:///x"])
def test_other_options_are_paths(name, value):
    with pytest.raises(UsageError, match="a path of this machine"):
        Options(**{name: value, "append": name == "state"})


def test_an_unknown_scheme_is_a_path_that_is_not_there():
    with pytest.raises(InputError, match="no file or folder http:/host/x"):
        discover(["http://host/x"])
