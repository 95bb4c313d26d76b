"""Runs a translator over the log of a case: the compiled one, or its plain-Python twin."""

from __future__ import annotations

from pathlib import Path

from .source import open_log

KEY = bytes(range(32))
"""The key of the pseudonyms in these tests."""


def write_key(path: Path) -> Path:
    """A file of that key."""
    path.write_text(KEY.hex() + "\n")
    path.chmod(0o600)
    return path


def compiled(log: Path, folder: Path) -> Path:
    """The package itself; gives the folder with the tables."""
    import moocdb_fast

    folder.parent.mkdir(parents=True, exist_ok=True)
    key_file = write_key(folder.with_name(folder.name + ".key"))
    moocdb_fast.translate([log], folder, moocdb_fast.Options(workers=1, key_file=key_file, overwrite=True))
    return folder


def twin(log: Path, folder: Path) -> Path:
    """The twin; gives the folder with the tables."""
    from twin.translate import translate

    folder.mkdir(parents=True, exist_ok=True)
    result = translate([(log.name.removesuffix(".gz"), open_log(log))], KEY)
    for name, data in result.tables.items():
        (folder / f"{name}.csv").write_bytes(data)
    return folder


TRANSLATORS = {"compiled": compiled, "twin": twin}
