"""The load: log in, lock, clear away, fill and index tables beside the course, check, swap."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from ..errors import DatabaseError, InternalError, MoocdbError, cannot_write
from ..schema import TABLES, Table
from ..sql import CHECKS_OFF, CHECKS_ON, add_keys, add_references, count_rows, create_table, dangling, referring
from . import staging
from .filling import Stopped, check_place, fill
from .ordering import in_key_order
from .session import LOCAL_FORBIDDEN, Session, errno_of, log_in
from .source import Source, open_source
from .staging import check_connections, new_name
from .target import Ask, Target, Tls, target_of

_PING = 5.0  # seconds between two questions whether the server is still there
_ANSWER = 60  # seconds that it may take to say so
_IDLE = 300  # seconds without a question after which the server takes this load for dead, and lets another one begin
_PIPES = "moocdb_fast_pipes_"
_INSERTS = (
    "the server forbids LOAD DATA LOCAL, so the rows go in with INSERT, which is several times slower; "
    "to allow it, as administrator: SET GLOBAL local_infile = 1"
)


@dataclass(slots=True)
class Loaded:
    """What a load did: rows by table, and seconds by step."""

    database: str
    server: str
    version: str
    inserted: bool = False  # by INSERT instead of LOAD DATA
    tables: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.tables.values())


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """What a progress callback sees: the step, rows sent so far and in all (0: unknown), seconds."""

    phase: str
    rows_done: int
    rows_total: int
    elapsed: float


def load(
    path: str | os.PathLike[str],
    to: str | Target,
    *,
    password: str | None = None,
    password_file: str | os.PathLike[str] | None = None,
    defaults_file: str | os.PathLike[str] | None = None,
    tls: Tls | None = None,
    tls_ca: str | os.PathLike[str] | None = None,
    connections: int = 4,
    ask: Ask | None = None,
    progress: Callable[[LoadProgress], None] | None = None,
) -> Loaded:
    """Load the finished output in folder `path` into the database `to` (`mysql://user@host:3306/database`).

    The tables of the course that may be there are replaced all at once, at the very end; whatever goes wrong before that raises a
    MoocdbError and leaves them as they were.
    """
    check_connections(connections)
    source = open_source(path)
    if not isinstance(to, Target):
        to = target_of(to, password=password, password_file=password_file, defaults_file=defaults_file, tls=tls, tls_ca=tls_ca)
    target = log_in(to, ask)
    with _pipes() as folder, Session(target, answer_within=_ANSWER, idle=_IDLE) as control:
        version = str(control.value("SELECT VERSION()"))
        run = _Load(source, target, folder, control, connections, Loaded(target.database, target.server, version), progress)
        run.run()
        return run.loaded


@contextmanager
def _pipes() -> Iterator[Path]:
    """A private folder for the pipes. Those of loads that were killed are removed: their processes are gone."""
    try:
        for path in Path(tempfile.gettempdir()).glob(f"{_PIPES}*"):
            owner = path.name.removeprefix(_PIPES).partition("_")[0]
            if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
                shutil.rmtree(path, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{_PIPES}{os.getpid()}_")).resolve()
    except OSError as error:
        raise cannot_write(tempfile.gettempdir(), error, "TMPDIR") from error
    try:
        check_place(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class _Load:
    source: Source
    target: Target
    folder: Path
    control: Session  # holds the lock, and tells whether the server is still there
    connections: int
    loaded: Loaded
    progress: Callable[[LoadProgress], None] | None
    helpers: list[Session] = field(default_factory=list)
    idle: SimpleQueue[Session] = field(default_factory=SimpleQueue)
    stop: threading.Event = field(default_factory=threading.Event)
    sent: dict[str, int] = field(default_factory=dict)
    phase: str = ""
    started: float = field(default_factory=time.monotonic)

    def run(self) -> None:
        control = self.control
        staging.enter(control)
        staging.lock(control)
        staging.refuse_obstacles(control)
        control.answer_within(None)  # to drop a large table may take its time
        staging.remove_leftovers(control)
        control.answer_within(_ANSWER)
        self.loaded.inserted = not control.value("SELECT @@GLOBAL.local_infile")
        try:
            with ThreadPoolExecutor(self.connections, thread_name_prefix="load") as pool:
                try:
                    self._fill(pool)
                except BaseException:
                    self._abort()
                    raise
            staging.swap(control)
        except BaseException:
            self._clear_away()
            raise
        finally:
            for helper in self.helpers:
                helper.close()
        control.answer_within(None)
        if warning := staging.drop_old(control):
            self.loaded.warnings.append(warning)
        self.loaded.seconds["total"] = round(time.monotonic() - self.started, 3)

    def _fill(self, pool: ThreadPoolExecutor) -> None:
        for number in range(self.connections):
            helper = Session(self.target, files=self.folder)
            self.helpers.append(helper)
            staging.enter(helper)
            staging.mark_helper(helper, number)
            self.idle.put(helper)
        largest_first = sorted(TABLES.values(), key=self.source.size, reverse=True)
        self._all(pool, "rows", self._rows, largest_first)
        self._all(pool, "keys", self._keys, largest_first)
        self._all(pool, "check", self._check, largest_first)
        with self._step("references"):
            self.control.run(CHECKS_OFF)
            for table in TABLES.values():
                if statement := add_references(table, rename=new_name):
                    self.control.run(statement)
            self.control.run(CHECKS_ON)
        if self.loaded.inserted:
            self.loaded.warnings.append(_INSERTS)

    def _all(self, pool: ThreadPoolExecutor, step: str, task: Callable[[Session, Table], None], tables: list[Table]) -> None:
        """Do a task for all tables at once, each with a connection, and ask now and then whether the server is there."""
        with self._step(step):
            futures: set[Future[None]] = {pool.submit(self._with_helper, task, table) for table in tables}
            last_ping = time.monotonic()
            while futures:
                done, futures = wait(futures, 0.5, FIRST_EXCEPTION)
                for future in done:
                    future.result()
                self._say()
                if time.monotonic() - last_ping >= _PING:
                    self.control.value("SELECT 1")
                    last_ping = time.monotonic()

    def _with_helper(self, task: Callable[[Session, Table], None], table: Table) -> None:
        helper = self.idle.get()
        try:
            if not self.stop.is_set():
                task(helper, table)
        finally:
            self.idle.put(helper)

    def _rows(self, session: Session, table: Table) -> None:
        name = new_name(table.name)
        session.run(create_table(table, name))
        folder = None if self.loaded.inserted else self.folder
        try:
            rows = self._filled(session, table, name, folder)
        except DatabaseError as error:
            if folder is None or errno_of(error) not in LOCAL_FORBIDDEN:
                raise
            self.loaded.inserted = True  # something between here and the server forbids it
            rows = self._filled(session, table, name, None)
        if self.source.written is not None and rows != self.source.written.get(table.name):
            raise DatabaseError(
                f"table {table.name} has {rows} rows, but summary.json tells of {self.source.written.get(table.name)}", "translate the logs again"
            )
        self.loaded.tables[table.name] = rows

    def _filled(self, session: Session, table: Table, name: str, folder: Path | None) -> int:
        def watched() -> Iterator[bytes]:
            for piece in in_key_order(self._read(table)):
                self.sent[table.name] = self.sent.get(table.name, 0) + piece.count(b"\n")
                yield piece

        self.sent.pop(table.name, None)
        return fill(session, table, name, watched(), folder, self.stop)

    def _read(self, table: Table) -> Iterator[bytes]:
        for chunk in self.source.lines(table):
            if self.stop.is_set():
                raise Stopped
            yield chunk

    def _keys(self, session: Session, table: Table) -> None:
        if statement := add_keys(table, new_name(table.name)):
            session.run(statement)

    def _check(self, session: Session, table: Table) -> None:
        there = int(session.value(count_rows(new_name(table.name))))
        if there != self.loaded.tables[table.name]:
            raise DatabaseError(f"table {table.name} has {there} rows instead of {self.loaded.tables[table.name]}", "run the same command again")
        for column in referring(table):
            lost = session.value(dangling(table, column, new_name))
            if lost:
                what = f"{lost} values of {table.name}.{column.name} are in no row of {column.references}"
                raise DatabaseError(what, "these files are not as a run wrote them; translate the logs again")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.phase, began = name, time.monotonic()
        self._say()
        yield
        self.loaded.seconds[name] = round(time.monotonic() - began, 3)

    def _say(self) -> None:
        if self.progress:
            total = sum((self.source.written or {}).values())
            self.progress(LoadProgress(self.phase, min(sum(self.sent.values()), total), total, time.monotonic() - self.started))

    def _abort(self) -> None:
        """Whatever the helpers are doing fails now."""
        self.stop.set()
        for helper in self.helpers:
            helper.abort()

    def _clear_away(self) -> None:
        """Drop what was made, as far as the server is still there; else the next load does it. A broken connection may be anywhere in
        the middle of an answer, so this is a new one."""
        self.control.abort()
        with suppress(MoocdbError), Session(self.target, answer_within=_ANSWER) as session:
            staging.kill(session, self.control.id)
            for helper in self.helpers:
                staging.kill(session, helper.id)
            staging.enter(session)
            self._take_lock(session)
            staging.remove_leftovers(session)

    def _take_lock(self, session: Session) -> None:
        """The lock of a connection that was killed is free a moment later."""
        for _ in range(20):
            try:
                staging.lock(session)
            except DatabaseError:
                time.sleep(0.1)
            else:
                return
        raise InternalError("the lock of this load is not free")
