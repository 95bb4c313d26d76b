"""What an interrupted run keeps for the next: the shards that it scanned, each with a mark that it is whole.

In the folder of the shards lie `scan.json`, which says what is scanned and how, and `<input>-<start>.done` per finished task.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .disk import read_object, sync_tree, write_whole
from .errors import UsageError
from .inputs import Input, Shard, changed, of_each
from .options import Options

ABOUT, DONE = "scan.json", ".done"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Scanned:
    """What a worker says of a task: its shard folders, and the damage of its input."""

    folders: list[str]
    damage: str | None


def mark_done(work: Path, shard: Shard, scanned: Scanned, *, durable: bool) -> None:
    """Say that a task is finished; `durable` marks outlive the machine."""
    from .shards import scanned_files

    if durable:
        sync_tree(*(work / name for name in scanned.folders))
    sizes = {name: scanned_files(work / name) for name in scanned.folders}
    write_whole(work / mark_name(shard), json.dumps({"folders": sizes, "damage": scanned.damage}).encode(), durable=durable)


def mark_name(shard: Shard) -> str:
    """The file that says that a task is finished."""
    return f"{shard.name}{DONE}"


def finished(work: Path, shard: Shard) -> Scanned | None:
    """The result of a task if it is finished and all its files are there."""
    from .shards import scanned_files

    try:
        mark = json.loads((work / mark_name(shard)).read_bytes())
        if all(scanned_files(work / name) == sizes for name, sizes in mark["folders"].items()):
            return Scanned(list(mark["folders"]), mark["damage"])
    except (FileNotFoundError, ValueError):
        pass
    return None


@dataclass
class Scan:
    """The tasks of a scan and those of them that an interrupted run has finished, by index."""

    folder: Path
    plan: Sequence[Shard]
    done: dict[int, Scanned] = field(default_factory=dict)
    other: bool = False  # whether there is an interrupted run that cannot be gone on with


def begin_scan(folder: Path, inputs: Sequence[tuple[Input, str]], plan: Sequence[Shard], options: Options) -> Scan:
    """Make the folder for the shards of a plan, or take over what an interrupted run of the same plan has left there.

    `inputs` come with their fingerprints.
    """
    scan = Scan(folder, plan)
    about = {"scan": _digest(inputs, options), "boot": None if options.resume else _boot()}
    if folder.exists():
        earlier = read_object(folder / ABOUT)
        if earlier.get("scan") == about["scan"] and earlier.get("boot") in (None, _boot()):
            found = ((shard.index, finished(folder, shard)) for shard in plan)
            scan.done = {index: scanned for index, scanned in found if scanned is not None}
        scan.other = not scan.done and has_marks(folder)
        _keep_only(folder, {name for scanned in scan.done.values() for name in scanned.folders}, {mark_name(plan[i]) for i in scan.done})
    folder.mkdir(exist_ok=True)
    write_whole(folder / ABOUT, json.dumps(about).encode(), durable=options.resume)
    return scan


def leave_scan(folder: Path, inputs: Sequence[tuple[Input, str]], options: Options) -> None:
    """Say that the shards and marks in a folder are of this scan, as a run that was interrupted would have left it: `begin_scan` takes them over."""
    write_whole(folder / ABOUT, json.dumps({"scan": _digest(inputs, options), "boot": None}).encode(), durable=False)


def has_marks(folder: Path) -> bool:
    """Whether anything here is worth keeping."""
    return any(folder.glob(f"*{DONE}"))


def refuse_pipes(inputs: Sequence[Input]) -> None:
    """What comes through a pipe cannot be read again by the next run."""
    if any(item.pipe for item in inputs):
        raise UsageError("a run can only be resumed when it reads files", "leave --resume out, or save the input to a file first")


def _digest(inputs: Sequence[tuple[Input, str]], options: Options) -> str:
    """Names the lines that are scanned and everything that shapes their shards."""
    from .scan import scan_options
    from .shards import shard_format

    times = of_each(changed, [item for item, _ in inputs])
    files = [(i.number, i.name, i.size, time, i.compression, fingerprint) for (i, fingerprint), time in zip(inputs, times, strict=True)]
    content = json.dumps([files, scan_options(options), options.shard_bytes, shard_format()])
    return hashlib.sha256(content.encode()).hexdigest()


def _boot() -> str:
    """Names the time since the machine was started: files that were not brought to the disk are whole only within it."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return f"unknown {os.getpid()}"


def _keep_only(folder: Path, shards: set[str], marks: set[str]) -> None:
    """Remove everything else, also what merging and placing have put beside the files of a scan."""
    from .shards import scanned_files

    for path in folder.iterdir():
        if path.name in shards:
            for extra in {file.name for file in path.iterdir()} - set(scanned_files(path)):
                (path / extra).unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        elif path.name not in marks:
            path.unlink()
