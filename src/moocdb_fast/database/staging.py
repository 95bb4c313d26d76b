"""Tables beside the course: made and filled under names of their own, swapped in by one RENAME TABLE.

Readers see the old course or the new one. Whatever a load leaves behind when it dies is under these names, and the next one removes it."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress

from ..errors import DatabaseError, UsageError
from ..schema import TABLES
from ..sql import CHECKS_OFF, CHECKS_ON, create_database, drop_tables, quoted, rename_tables
from .session import LOCK_WAIT, Session, errno_of

MOST_CONNECTIONS = 16
_NEW, _OLD = "moocdb_fast_new_", "moocdb_fast_old_"
_ANSWER = 60  # seconds for a statement that waits for locks of others
_LOCK_WAIT = 20
_SWAP_TRIES, _SWAP_WAIT, _SWAP_PAUSE = 20, 10, 2


def check_connections(number: int) -> None:
    """Refuse a number of connections that is none, or more than a later load would look for."""
    if not isinstance(number, int) or not 1 <= number <= MOST_CONNECTIONS:
        raise UsageError(f"--connections cannot be {number!r}", f"use a number from 1 to {MOST_CONNECTIONS}")


def new_name(table: str) -> str:
    """What a table is called until the swap."""
    return _NEW + table


def _old_name(table: str) -> str:
    return _OLD + table


def enter(session: Session) -> None:
    """Use the database; make it if it is not there."""
    name = session.target.database
    if session.value("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = %s", (name,)) == 0:
        session.run(create_database(name))
    session.run(f"USE {quoted(name)}")


def lock(session: Session) -> None:
    """Be the only load into this database for as long as the session lasts."""
    if session.value("SELECT GET_LOCK(%s, 0)", (_lock_name(session),)) != 1:
        raise DatabaseError(f"another load into database {session.target.database!r} is under way", "wait for it to end")
    session.run(f"SET SESSION lock_wait_timeout = {_LOCK_WAIT}")
    names = [_lock_name(session, number) for number in range(MOST_CONNECTIONS)]
    (holders,) = session.rows("SELECT " + ", ".join(["IS_USED_LOCK(%s)"] * len(names)), names)
    for holder in holders:
        if holder is not None:  # a connection of a load that was killed, busy with its last statement
            kill(session, int(holder))


def mark_helper(session: Session, number: int) -> None:
    """Let a later load find this connection if this one is killed."""
    session.value("SELECT GET_LOCK(%s, 0)", (_lock_name(session, number),))


def kill(session: Session, connection: int) -> None:
    """End another connection; it may be gone already."""
    with suppress(DatabaseError):
        session.run(f"KILL {connection}")


def _lock_name(session: Session, number: int | None = None) -> str:
    digest = hashlib.sha256(session.target.database.encode()).hexdigest()[:32]
    return f"moocdb_fast {digest}" + ("" if number is None else f" {number}")


def refuse_obstacles(session: Session) -> None:
    """Things of other people that a swap would break."""
    database = session.target.database
    names = ", ".join(["%s"] * len(TABLES))
    views = session.rows(
        f"SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type <> 'BASE TABLE' AND table_name IN ({names})",
        (database, *TABLES),
    )
    if views:
        raise DatabaseError(f"{views[0][0]} in database {database!r} is a view, not a table", "drop it, or load into another database")
    referring = session.rows(
        "SELECT table_schema, table_name, referenced_table_name FROM information_schema.key_column_usage "
        f"WHERE referenced_table_schema = %s AND referenced_table_name IN ({names})",
        (database, *TABLES),
    )
    ours = {*TABLES, *map(new_name, TABLES), *map(_old_name, TABLES)}
    for schema, table, referenced in referring:
        if schema != database or table not in ours:
            raise DatabaseError(f"table {schema}.{table} refers to {referenced} of this course", "drop its foreign key before the load")


def remove_leftovers(session: Session) -> None:
    """Drop everything under our own names."""
    session.run(CHECKS_OFF)
    session.run(drop_tables(map(new_name, TABLES)))
    session.run(drop_tables(map(_old_name, TABLES)))
    session.run(CHECKS_ON)


def swap(session: Session) -> None:
    """Give the new tables the names of the course. Readers that hold the old ones are waited for, but not for ever, and not in one
    go: as long as RENAME waits, new readers wait behind it."""
    there = {
        str(row[0]) for row in session.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (session.target.database,))
    }
    pairs = [(name, _old_name(name)) for name in TABLES if name in there] + [(new_name(name), name) for name in TABLES]
    session.run(f"SET SESSION lock_wait_timeout = {_SWAP_WAIT}")
    session.answer_within(_ANSWER)
    for tries_left in reversed(range(_SWAP_TRIES)):
        try:
            session.run(rename_tables(pairs))
        except DatabaseError as error:
            if errno_of(error) != LOCK_WAIT:
                raise
            if not tries_left:
                raise DatabaseError(
                    f"the old course in {session.target.database!r} is in use, so the new one could not take its place",
                    "end the transactions that read it (SHOW PROCESSLIST names them), and run the same command again",
                ) from error
            time.sleep(_SWAP_PAUSE)
        else:
            return


def drop_old(session: Session) -> str | None:
    """Drop the tables that were replaced; a sentence when that was not possible, which harms nobody."""
    try:
        remove_leftovers(session)
    except DatabaseError:
        return f"the old tables are still there as {_OLD}*; the next load removes them"
    return None
