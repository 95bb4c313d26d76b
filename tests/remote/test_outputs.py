"""Tables in an object store: those of this machine, all of them there once summary.json is."""

from __future__ import annotations

import json
import signal
import socket
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from faults.runs import command, start
from unit.days import differences, facts

from moocdb_fast import translate
from moocdb_fast.cluster.afar import brought
from moocdb_fast.errors import InputError, Interrupted, OutputError
from moocdb_fast.publish import SUMMARY
from moocdb_fast.relations import translate_relations, write_relations
from moocdb_fast.remote import Remote, place_of

from .conftest import no_secret_below


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def place(store, request):
    """A folder of the store that nobody has used."""
    return f"out/{request.node.name}"


@pytest.mark.promise("P11")
@pytest.mark.parametrize("options", [{}, {"formats": ("csv", "parquet"), "split_by_course": True}, {"formats": ("duckdb",)}])
def test_the_tables_are_those_of_this_machine(store, logs, runs, place, temporary, options):
    translate(logs, runs.folder / "here", runs.options(**options))
    summary = translate(logs, store.uri(f"{place}/"), runs.options(**options))
    got = store.get_folder(place, runs.folder / "there")
    if "duckdb" in options.get("formats", ()):  # the same rows, not the same bytes
        (got / "moocdb.duckdb").write_bytes((runs.folder / "here" / "moocdb.duckdb").read_bytes())
    assert differences(got, runs.folder / "here") == []
    assert summary.run.out == facts(got)["out"] == f"s3://{place}/"
    assert no_secret_below(got)
    assert list(temporary.iterdir()) == []


@pytest.mark.promise("P11")
def test_the_summary_comes_last(store, logs, runs, place, wire):
    seen = []
    translate(logs, store.uri(place, wire.port), runs.options(), seen.append)
    sent = [path.partition("?")[0] for method, path in wire.requests if method in ("PUT", "POST")]
    assert set(sent[sent.index(f"/{place}/{SUMMARY}") :]) == {f"/{place}/{SUMMARY}"}  # one request, or several of an older pyarrow
    last = seen[-1]
    assert last.phase == "upload"
    assert 0 < last.bytes_done <= last.bytes_total


@pytest.mark.promise("P15")
def test_a_place_that_is_not_empty(store, logs, runs, place, fails, monkeypatch):
    """Nothing is read, nothing is written, nothing is removed."""
    monkeypatch.setattr(sys.modules["moocdb_fast.translate"], "perform", None)
    store.put(f"{place}/notes.txt", b"mine")
    assert "it holds other objects" in fails(4, "run", logs, "--out", store.uri(place))
    store.put(f"{place}/{SUMMARY}", b"{}")
    assert "it holds an earlier output" in fails(4, "run", logs, "--out", store.uri(f"{place}/"))
    assert "is an object, not a folder" in fails(4, "run", logs, "--out", store.uri(f"{place}/notes.txt"), "--overwrite")
    assert store.names(place) == ["notes.txt", SUMMARY]


@pytest.mark.promise("P11", "P15")
def test_an_output_is_replaced(store, logs, runs, place, wire):
    """What makes the old one an output goes first, what the new one does not replace goes too, and what is not ours stays."""
    translate(logs, store.uri(place), runs.options(split_by_course=True, formats=("parquet",)))
    split = set(store.names(place))
    store.put(f"{place}/mine.txt", b"mine")
    translate(logs, store.uri(place, wire.port), runs.options(overwrite=True))
    translate(logs, runs.folder / "here", runs.options())
    got = store.get_folder(place, runs.folder / "there")
    (got / "mine.txt").unlink()
    assert differences(got, runs.folder / "here") == []
    changes = [(method, path) for method, path in wire.requests if method not in ("GET", "HEAD") and ".probe-" not in path]
    assert next(one for one in changes if not one[1].endswith("/")) == ("DELETE", f"/{place}/{SUMMARY}")
    assert len([name for name in split if name not in store.names(place)]) > 20


def test_a_damaged_summary_of_an_earlier_output(store, logs, runs, place):
    store.put(f"{place}/{SUMMARY}", b"{")
    store.put(f"{place}/users.parquet", b"old")
    translate(logs, store.uri(place), runs.options(overwrite=True))
    assert "users.parquet" not in store.names(place)
    assert "users.csv" in store.names(place)


@pytest.mark.promise("P14", "P24")
def test_a_store_that_cannot_be_written_to(store, logs, runs, place, fails, monkeypatch, tmp_path):
    """It is told before anything is read."""
    monkeypatch.setattr(sys.modules["moocdb_fast.translate"], "perform", None)
    assert "there is no bucket nowhere" in fails(4, "run", logs, "--out", store.uri("nowhere/out"))
    assert "does not answer" in fails(4, "run", logs, "--out", store.uri(place, 1))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of another")
    assert "does not let these credentials in" in fails(4, "run", logs, "--out", store.uri(place))


def test_a_store_that_may_only_be_read(store, logs, runs, place, fails, monkeypatch):
    monkeypatch.setattr(sys.modules["moocdb_fast.translate"], "perform", None)
    for name, value in store.reader.items():
        monkeypatch.setenv(name, value)
    assert "cannot write to" in fails(4, "run", logs, "--out", store.uri(place))
    assert store.names(place) == []


@pytest.mark.promise("P11", "P14")
def test_a_store_that_is_lost_while_it_is_written_to(store, logs, runs, place, wire, temporary, fails):
    """No summary is there, so no output is; the tables are kept here, and the error says where."""
    wire.cut("PUT", "/observed_events.csv", 0)
    error = fails(4, "run", logs, "--out", store.uri(place, wire.port))
    assert SUMMARY not in store.names(place)
    (folder,) = temporary.iterdir()
    assert f"the tables are whole in {folder}/out" in error
    translate(logs, runs.folder / "here", runs.options())
    assert differences(folder / "out", runs.folder / "here") == []


@pytest.mark.promise("P11", "P14")
def test_a_store_that_is_lost_behind_the_upload(store, logs, runs, place, temporary, monkeypatch):
    """When what has arrived is to be looked at: the tables are kept then, too."""
    objects, asked = Remote.objects, []

    def lost(self):
        asked.append(self)
        if len(asked) > 1:
            raise InputError("the store is lost", "look")
        return objects(self)

    monkeypatch.setattr(Remote, "objects", lost)
    with pytest.raises(OutputError, match="the store is lost") as caught:
        translate(logs, store.uri(place), runs.options())
    (folder,) = temporary.iterdir()
    assert f"the tables are whole in {folder}/out" in caught.value.hint
    assert store.names(place) == []


def test_names_that_lead_out_of_the_folder(store, place, monkeypatch):
    """Somebody else may have put them among the pieces."""
    monkeypatch.setattr(Remote, "objects", lambda self: [(self.below("piece-0/../../evil"), 1)])
    plan = SimpleNamespace(pieces=[0], piece=lambda index: SimpleNamespace(name=f"piece-{index}"))
    with pytest.raises(InputError, match=r"whose name is no path: piece-0/../../evil"), brought(plan, place_of(store.uri(place))):
        pass


@pytest.mark.promise("P13")
def test_a_signal_while_it_is_written_to(store, logs, runs, place, temporary):
    """What has been uploaded is taken back."""

    def stop(progress):
        if progress.phase == "upload":
            raise Interrupted

    with pytest.raises(Interrupted, match="the store holds no output"):
        translate(logs, store.uri(place), runs.options(), stop)
    assert store.names(place) == []
    assert list(temporary.iterdir()) == []


def test_a_run_that_fails_leaves_nothing(store, logs, runs, place, temporary, fails):
    assert "nothing was written" in fails(6, "run", logs, "--out", store.uri(place), "--max-rejects", 0)
    assert store.names(place) == []
    assert list(temporary.iterdir()) == []


def test_no_folder_for_temporary_files(store, logs, place, fails, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nothing"))
    assert "temporary files cannot be written to - set TMPDIR" in fails(4, "run", logs, "--out", store.uri(place))


@pytest.mark.parametrize("option", [["--append"], ["--resume"], ["--restricted", "private"], ["--append", "--state", "s3://course/state"],
                                    ["--to", "mysql://me@127.0.0.1/x"]])  # fmt: skip
def test_options_that_need_a_folder_of_this_machine(store, logs, place, fails, option, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "this machine" in fails(2, "run", logs, "--out", store.uri(place), *option)
    assert [path.name for path in tmp_path.iterdir() if path.name != "temporary"] == []


def test_other_commands(store, logs, runs, place, fails, tmp_path):
    """The relational stage goes to a store and comes from a folder; what cannot write there says so."""
    write_relations(logs, store.uri(f"{place}/stage"), runs.options())
    write_relations(logs, runs.folder / "stage", runs.options())
    assert differences(store.get_folder(f"{place}/stage", runs.folder / "got"), runs.folder / "stage") == []
    translate_relations(runs.folder / "stage", store.uri(f"{place}/tables"), runs.options())
    translate_relations(runs.folder / "stage", runs.folder / "tables", runs.options())
    assert differences(store.get_folder(f"{place}/tables", runs.folder / "got-tables"), runs.folder / "tables") == []
    assert "writes to a folder of this machine" in fails(2, "coursera", tmp_path, "--out", store.uri(place))


def test_an_output_below_its_logs_is_not_read(store, logs, runs):
    """A run over the folder that holds its own output."""
    store.put_folder(Path(logs), "whole/logs")
    for overwrite in (False, True):
        summary = translate(store.uri("whole"), store.uri("whole/moocdb"), runs.options(overwrite=overwrite))
        assert all(report.name.startswith("logs/") for report in summary.inputs)
    assert json.loads(store.get_folder("whole/moocdb", runs.folder / "got").joinpath(SUMMARY).read_bytes())["run"]["taken"] == 5


def test_what_did_not_arrive_whole(store, logs, runs, place, monkeypatch, temporary):
    """A store that lost something without a word."""
    put = Remote.put

    def losing(self, source, *more):
        put(self, source, *more)
        if self.name == "users.csv":
            self.put_bytes(b"")

    monkeypatch.setattr(Remote, "put", losing)
    with pytest.raises(OutputError, match=r"users.csv did not arrive whole"):
        translate(logs, store.uri(place), runs.options())
    assert store.names(place) == []


@pytest.mark.promise("P13")
@pytest.mark.parametrize("where", ["input", "out"])
def test_ctrl_c_while_a_store_says_nothing(logs, tmp_path, where):
    """Whoever waits for an answer still hears a signal."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"s3://course/x/?endpoint_override=127.0.0.1:{silent.getsockname()[1]}&scheme=http"
        process = start(command(uri if where == "input" else logs, out=tmp_path / "out" if where == "input" else uri, key=tmp_path / "key"))
        connection, _ = silent.accept()
        assert connection.recv(1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=15)
        connection.close()
    assert process.returncode == 130
    assert err == "moocdb_fast: stopped by SIGINT; nothing was written - run the same command again\n"
