"""Options: values are checked, the TOML file speaks the names of the command line."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from moocdb_fast.errors import InputError, UsageError
from moocdb_fast.options import FIELDS, Options, option_name, parse_size


def test_defaults_are_valid_and_frozen():
    options = Options()
    assert options.formats == ("csv",)
    assert options.shard_bytes == options.line_limit == 67_108_864
    with pytest.raises(FrozenInstanceError):
        options.workers = 3


@pytest.mark.parametrize(
    "bad",
    [
        {"workers": 0},
        {"workers": True},
        {"workers": 1.5},
        {"formats": ()},
        {"formats": ("xlsx",)},
        {"max_rejects": -1},
        {"max_reject_rate": 1.1},
        {"max_reject_rate": float("nan")},
        {"max_reject_rate": "0.1"},
        {"shard_bytes": 0},
        {"line_limit": -5},
        {"courses": ("nonsense",)},
        {"courses": ("a/b/",)},
        {"courses": ("course-v1:Only+Two",)},
        {"courses": (7,)},
    ],
)
def test_bad_values_are_usage_errors_that_name_the_option(bad):
    with pytest.raises(UsageError) as caught:
        Options(**bad)
    assert f"--{option_name(next(iter(bad)))}" in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        (" course-v1:Org+Num+Run/ ", "course-v1:Org+Num+Run"),
        ("course-v1%3AOrg%2bNum%2BRun", "course-v1:Org+Num+Run"),
        ("course-v1:Org Num Run", "course-v1:Org+Num+Run"),
        ("ccx-v1:Org+Num+Run+ccx@1", "ccx-v1:Org+Num+Run+ccx@1"),
        ("Org/Num/Run", "Org/Num/Run"),
    ],
)
def test_course_ids_are_spelled_as_in_the_tables(given, normal):
    assert Options(courses=(given, normal)).courses == (normal,)


def test_formats_are_ordered_and_unique():
    assert Options(formats=("parquet", "csv", "csv")).formats == ("csv", "parquet")


def test_sizes():
    assert [parse_size(t) for t in ("1", "64k", "64 MiB", "2GB", "1M")] == [1, 65536, 67108864, 2 << 30, 1 << 20]
    with pytest.raises(ValueError, match="64M"):
        parse_size("many")


def test_toml_speaks_option_names_and_overrides_win(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(
        'course = ["Org/Num/Run"]\nformat = "csv,parquet"\nworkers = 2\nkeep-anonymous = true\nkeep_duplicates = true\n'
        'key-file = "my.key"\nmax-reject-rate = 0.5\nshard-bytes = "1MiB"\nline-limit = 1000\n'
    )
    options = Options.from_toml(file, workers=5)
    assert options.courses == ("Org/Num/Run",)
    assert options.formats == ("csv", "parquet")
    assert (options.workers, options.keep_anonymous, options.keep_duplicates) == (5, True, True)
    assert options.key_file == tmp_path / "my.key"
    assert (options.max_reject_rate, options.shard_bytes, options.line_limit) == (0.5, 1 << 20, 1000)


def test_unknown_toml_key_names_the_nearest(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text("worker = 2\n")
    with pytest.raises(UsageError) as caught:
        Options.from_toml(file)
    assert "'worker'" in caught.value.message
    assert "did you mean workers?" in caught.value.hint


@pytest.mark.parametrize("text", ["workers = ", "overwrite = 1\n", "key-file = 3\n", 'shard-bytes = "big"\n', 'workers = "two"\n', "course = 3\n"])
def test_bad_toml_is_a_usage_error(tmp_path, text):
    file = tmp_path / "run.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        Options.from_toml(file)
    assert caught.value.hint


def test_missing_toml_is_an_input_error(tmp_path):
    with pytest.raises(InputError):
        Options.from_toml(tmp_path / "none.toml")


def test_to_dict_splits_what_shapes_the_tables_from_what_does_not():
    options = Options(courses=("a/b/c",), key_file=Path("some/k"), geoip=Path("some/g.mmdb"), workers=2)
    shaping, other = options.to_dict(tables=True), options.to_dict(tables=False)
    assert shaping["course"] == ["a/b/c"]
    assert (shaping["geoip"], other["key-file"]) == ("g.mmdb", "some/k")
    assert other["workers"] == 2
    assert {*shaping} | {*other} == {option_name(name) for name in FIELDS}
    assert not {*shaping} & {*other}


def test_every_option_explains_itself():
    assert all(field.metadata["help"] for field in FIELDS.values())
