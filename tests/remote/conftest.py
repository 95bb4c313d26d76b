"""The store, logs that lie in it and on this machine, and what the command says."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from unit.days import Runs, fast_folder, pieces, story, write

from moocdb_fast.cli import main

from .server import KEY, SECRET, Store, Wire

SHARD = 20 * 1024


@pytest.fixture(scope="session")
def store():
    with fast_folder() as folder:
        made = Store(folder)
        yield made
        made.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch, tmp_path_factory):
    """Those of the store, and no others that lie about on this machine."""
    nothing = tmp_path_factory.getbasetemp() / "no-such-file"
    for name, value in (
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", nothing),
        ("AWS_SHARED_CREDENTIALS_FILE", nothing),
    ):
        monkeypatch.setenv(name, str(value))
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def logs(store):
    """A folder with logs of several kinds; the same lies in the store, in `course/logs/`."""
    with fast_folder() as folder:
        root = folder / "logs"
        (root / "2024").mkdir(parents=True)
        first, second, third, fourth = pieces(story(400_000), 4)
        write(root / "a.json", first)
        (root / "2024" / "b.json.gz").write_bytes(gzip.compress(b"".join(line + b"\n" for line in second), mtime=0))
        write(root / "2024" / "c.log", third)
        write(root / "d.json", fourth)
        (root / "empty.json").touch()
        (root / ".hidden.json").write_bytes(b"{}\n")
        (root / "notes.txt").write_text("no log")
        store.put_folder(root, "course/logs")
        yield root


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path)


@pytest.fixture
def wire(store):
    made = Wire(store)
    yield made
    made.close()


@pytest.fixture
def fails(tmp_path, capsys):
    """The one sentence of a command that ends with a code. It never holds the key or its secret, and neither does a file that it leaves."""

    def run(code, *argv):
        assert main([*map(str, argv), "--key-file", str(tmp_path / "key"), "--quiet"]) == code
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("moocdb_fast: ")
        assert err.count("\n") == 1
        assert not any(word in err for word in (KEY, SECRET, "Traceback", "AWS Error"))
        return err

    return run


def no_secret_below(folder: Path) -> bool:
    return not any(SECRET.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())
