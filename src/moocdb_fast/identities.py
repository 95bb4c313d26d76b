"""Pseudonyms: an HMAC under a secret key that only the owner of the key file can read."""

from __future__ import annotations

import errno
import hmac
import os
import re
import secrets
from pathlib import Path

from .errors import InputError, cannot_read, cannot_write, show
from .private import read_private

KEY_NAME = "pseudonym.key"
_KEY_TEXT = re.compile(rb"[0-9a-fA-F]{64}")
_LENGTH = 40


class Key(bytes):
    """Key material: bytes that do not print themselves."""

    def __repr__(self) -> str:
        return "<pseudonym key>"

    __str__ = __repr__


def default_key_path() -> Path:
    """Where the key lies when nobody says otherwise."""
    config = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    base = config if config.is_absolute() else Path.home() / ".config"
    return base / "moocdb_fast" / KEY_NAME


def load_key(path: Path | None = None) -> tuple[Key, Path, bool]:
    """The key, the file it lies in, and whether that file was made just now.

    A missing file is made with a fresh key and mode 0600. A file that others may read is refused.
    """
    path = Path(path) if path is not None else default_key_path()
    try:
        return _read(path), path, False
    except FileNotFoundError:
        pass
    except OSError as error:
        raise cannot_read(path, error) from error
    try:
        created = _create(path)
    except OSError as error:
        raise cannot_write(path, error, "--key-file") from error
    try:
        return _read(path), path, created  # read back: of two runs that start at once, one made the key that both use
    except OSError as error:
        raise cannot_read(path, error) from error


def pseudonym(key: bytes, actor: bytes) -> str:
    """The user_key of an actor: `n:<name>`, `i:<platform id>` or `anonymous`."""
    return hmac.digest(key, actor, "sha256").hex()[:_LENGTH]


def _read(path: Path) -> Key:
    text = read_private(path, "key file", 1024, another="name another file with --key-file").strip()
    if not _KEY_TEXT.fullmatch(text):
        hint = "name another file with --key-file, or move this one away to get a new key"
        raise InputError(f"the key file {show(path)} does not hold 64 hexadecimal digits", hint)
    return Key(bytes.fromhex(text.decode("ascii")))


def _create(path: Path) -> bool:
    """Make the key file; False when another run was faster. It appears complete or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            os.write(handle, secrets.token_hex(32).encode("ascii") + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            os.link(temporary, path)  # unlike a rename, a link never replaces a key that is already there
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS):
                raise
            if path.exists():  # a file system without hard links
                return False
            temporary.rename(path)
        return True
    finally:
        temporary.unlink(missing_ok=True)
