"""From files, folders and archives to the dumps of one course; other exports are refused by name."""

import gzip
import io
import re
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

from coursera.reading import packed
from moocdb_fast.coursera.detect import open_dumps, open_export
from moocdb_fast.errors import InputError, UsageError


def parts(folder):
    """The dumps of a folder in the order of the options."""
    return [next(folder.glob(f"*{name}.sql")) for name in ("hash_mapping", "anonymized_general", "anonymized_forum")]


def count(source):
    """Rows by table; the source is closed."""
    found = {name: sum(batch.num_rows for batch in source.rows(name, [columns[0].name])) for name, columns in source.tables().items()}
    source.close()
    return found


@pytest.fixture(scope="module")
def expected(exports):
    found = count(open_dumps(*parts(exports[2])))
    assert found["users"] == 42
    assert found["kvs.quiz"] > 20
    return found


def test_three_files(exports, expected):
    source = open_dumps(*parts(exports[1]))
    assert (source.format, source.course) == (1, 136)
    assert [Path(file.path) for file in source.files] == parts(exports[1])
    assert [file.bytes for file in source.files] == [path.stat().st_size for path in parts(exports[1])]
    assert count(source) == expected


def test_a_folder_an_archive_one_file(exports, expected, tmp_path):
    folder = tmp_path / "a" / "b"
    shutil.copytree(exports[2], folder)
    (folder / "readme.txt").write_text("x")
    (folder / "s-001_unanonymizable.sql").write_text("not even SQL")
    (folder / "s-001_clickstream_export.gz").write_bytes(gzip.compress(b"{}\n"))
    source = open_export(tmp_path)
    assert source.clickstream == folder / "s-001_clickstream_export.gz"
    assert (source.format, source.course) == (2, None)
    assert count(source) == expected
    for path in parts(folder):
        packed(path)
        path.unlink()
    assert count(open_export(tmp_path)) == expected
    for name in ("x.tar", "x.tar.gz", "x.tar.xz", "x.zip"):
        archive = shutil.make_archive(
            str(tmp_path / name.split(".")[0]), {"tar": "tar", "tar.gz": "gztar", "tar.xz": "xztar", "zip": "zip"}[name[2:]], tmp_path / "a"
        )
        source = open_export(archive)
        log = source.clickstream
        assert gzip.decompress(log.read_bytes()) == b"{}\n"
        assert count(source) == expected
        assert not log.exists()
    one = tmp_path / "one.sql"
    one.write_bytes(b"".join(path.read_bytes() for path in parts(exports[2])))
    assert count(open_export(one)) == expected
    assert count(open_export(packed(one))) == expected
    assert count(open_dumps(one, one, one)) == expected


def test_files_whose_names_say_nothing_are_told_by_their_tables(exports, expected, tmp_path):
    for number, path in enumerate(parts(exports[2])):
        shutil.copy(path, tmp_path / f"forum{number}.sql")
    (tmp_path / "other.sql").write_text("CREATE TABLE x (a int);")
    assert count(open_export(tmp_path)) == expected


def test_mistakes_with_the_three(exports, tmp_path):
    hashes, general, forum = parts(exports[2])
    with pytest.raises(UsageError, match="given as the hash mapping dump, but is the forum dump") as caught:
        open_dumps(forum, general, hashes)
    assert caught.value.hint == "give it with --forum"
    with pytest.raises(InputError, match="no general dump"):
        (tmp_path / "x.sql").write_text("CREATE TABLE x (a int);")
        open_dumps(hashes, tmp_path / "x.sql", forum)
    with pytest.raises(InputError, match="there is no file or folder"):
        open_dumps(hashes, tmp_path / "nowhere.sql", forum)
    with pytest.raises(InputError, match="is empty"):
        (tmp_path / "empty.sql").write_text("\n")
        open_dumps(hashes, general, tmp_path / "empty.sql")
    with pytest.raises(InputError, match=re.escape("table access_groups is both in")):
        both = tmp_path / "both.sql"
        both.write_bytes(general.read_bytes() + forum.read_bytes())
        open_dumps(hashes, general, both)


def test_folders_with_too_little_or_too_much(exports, tmp_path):
    with pytest.raises(InputError, match="holds no hash mapping dump"):
        open_export(tmp_path)
    for path in parts(exports[2])[:2]:
        shutil.copy(path, tmp_path)
    with pytest.raises(InputError, match="holds no forum dump"):
        open_export(tmp_path)
    (tmp_path / "again").mkdir()
    for path in parts(exports[2]):
        shutil.copy(path, tmp_path / "again")
    with pytest.raises(UsageError, match="holds 2 hash mapping dumps"):
        open_export(tmp_path)


def test_courses_do_not_mix(exports, tmp_path):
    hashes, general, forum = parts(exports[1])
    other = tmp_path / "forum.sql"
    other.write_bytes(forum.read_bytes().replace(b"kvs_course.136.", b"kvs_course.120."))
    with pytest.raises(InputError, match="several courses: 120, 136"):
        open_dumps(hashes, general, other)


ON_DEMAND = "research export of Coursera's on-demand platform"


def test_other_exports_are_refused_by_name(exports, tmp_path):
    folder = tmp_path / "research"
    folder.mkdir()
    setup = "CREATE TABLE course_branches (course_id VARCHAR(50), course_branch_id VARCHAR(50));\n"
    (folder / "setup.sql").write_text(setup)
    (folder / "load.sql").write_text("\\copy course_branches FROM 'course_branches.csv' CSV\n")
    (folder / "course_branches.csv").write_text("a,b\n")
    with pytest.raises(InputError, match=ON_DEMAND):
        open_export(folder)
    with pytest.raises(InputError, match=ON_DEMAND):
        open_export(shutil.make_archive(str(tmp_path / "research"), "zip", folder))
    with pytest.raises(InputError, match=ON_DEMAND):
        open_export(folder / "setup.sql")
    with pytest.raises(InputError, match=ON_DEMAND):
        open_dumps(folder / "setup.sql", *parts(exports[2])[1:])
    for text, says in (
        ("--\n-- PostgreSQL database dump\n--\n", "PostgreSQL"),
        ("<?xml version='1.0'?><mysqldump/>", "XML"),
        ("CREATE TABLE x (a int);", "no hash mapping"),
    ):
        path = tmp_path / "one.sql"
        path.write_text(text)
        with pytest.raises(InputError, match=says):
            open_export(path)


def test_damaged_archives(exports, tmp_path):
    archive = Path(shutil.make_archive(str(tmp_path / "x"), "zip", exports[2]))
    whole = archive.read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as z:
        at = z.infolist()[0].header_offset + 200
    archive.write_bytes(whole[:at] + b"\0" * 400 + whole[at + 400 :])
    with pytest.raises(InputError, match="damaged"):
        open_export(archive)
    archive = Path(shutil.make_archive(str(tmp_path / "x"), "gztar", exports[2]))
    archive.write_bytes(archive.read_bytes()[:-3000])
    with pytest.raises(InputError, match="damaged"):
        open_export(archive)


def test_names_in_archives_lead_nowhere_else(exports, expected, tmp_path):
    archive = tmp_path / "x.tar"
    with tarfile.open(archive, "w") as t:
        for path in parts(exports[2]):
            t.add(path, arcname=f"../../../{path.name}")
    assert count(open_export(archive)) == expected
    assert not list(tmp_path.glob("*.sql"))


def test_nothing_stays_behind(exports, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    archive = shutil.make_archive(str(tmp_path / "x"), "zip", exports[2])
    count(open_export(archive))
    with pytest.raises(InputError):
        open_export(shutil.make_archive(str(tmp_path / "y"), "zip", tmp_path / "t"))
    assert not list((tmp_path / "t").iterdir())
