"""Pseudonyms and the key file."""

import hashlib
import hmac
import multiprocessing
import os
import stat

import pytest

from moocdb_fast.errors import InputError, OutputError
from moocdb_fast.identities import default_key_path, load_key, pseudonym


@pytest.mark.promise("P23")
def test_pseudonym_is_the_published_hmac():
    # RFC 4231, test case 2
    assert pseudonym(b"Jefe", b"what do ya want for nothing?") == "5bdcc146bf60754e6a042426089575c75a003f08"
    key = bytes(range(32))
    assert pseudonym(key, b"n:learner_1") == hmac.new(key, b"n:learner_1", hashlib.sha256).hexdigest()[:40]


@pytest.mark.promise("P23")
def test_missing_key_is_made_once_with_mode_0600(tmp_path):
    path = tmp_path / "deep" / "folder" / "my.key"
    key, where, created = load_key(path)
    assert (where, created, len(key)) == (path, True, 32)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert bytes.fromhex(path.read_text().strip()) == key
    assert load_key(path) == (key, path, False)
    assert [p.name for p in path.parent.iterdir()] == ["my.key"]


def test_default_place(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert default_key_path() == tmp_path / "config" / "moocdb_fast" / "pseudonym.key"
    assert load_key(None)[1:] == (default_key_path(), True)
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")  # the specification says: ignore it
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_key_path() == tmp_path / "home" / ".config" / "moocdb_fast" / "pseudonym.key"


@pytest.mark.promise("P23", "P24")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_key_that_others_can_touch_is_refused(tmp_path, mode):
    path = tmp_path / "my.key"
    load_key(path)
    path.chmod(mode)
    with pytest.raises(InputError) as caught:
        load_key(path)
    assert caught.value.hint == f"run: chmod 600 {path}"


@pytest.mark.promise("P24")
@pytest.mark.parametrize("content", ["", "abc", "g" * 64, "a" * 63, "a" * 65, "secret words"])
def test_wrong_content_is_refused_and_not_quoted(tmp_path, content):
    path = tmp_path / "my.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(InputError) as caught:
        load_key(path)
    assert not content or content not in caught.value.message + caught.value.hint


def test_folders_and_pipes_are_no_keys(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(InputError):
            load_key(tmp_path / name)


def test_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises((OutputError, InputError)):
        load_key(tmp_path / "file" / "my.key")


@pytest.mark.promise("P24")
def test_key_does_not_print_itself(tmp_path):
    key, _, _ = load_key(tmp_path / "my.key")
    for text in (repr(key), str(key), f"{key}", repr([key])):
        assert key.hex() not in text
        assert repr(bytes(key)) not in text


def _load(path, queue):
    queue.put(load_key(path)[0].hex())


def test_runs_that_start_at_once_share_one_key(tmp_path):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    jobs = [context.Process(target=_load, args=(tmp_path / "my.key", queue)) for _ in range(8)]
    for job in jobs:
        job.start()
    keys = {queue.get(timeout=30) for _ in jobs}
    for job in jobs:
        job.join()
    assert keys == {(tmp_path / "my.key").read_text().strip()}
