"""The box's small database: meta values, sealed statements and each case's head. Opens no seal and judges no content.

SQLite in WAL mode with `synchronous=FULL`: what was committed survives a power cut. One connection, guarded by a lock, serves
every thread. Source: sqlite.org, "Write-Ahead Logging", "PRAGMA synchronous".
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capture import schema
from capture.errors import CatalogueBroken, VaultFull
from capture.ids import CaseCode, PractitionerId

Value = str | int | float | bytes | None

_STATEMENT = "case_code, sequence, type, practitioner, nonce, sealed"


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement as it lies in the catalogue; `sequence` counts from 1 within its case. The clear columns are only an
    index: what holds is inside `sealed`, and is compared with them at every read."""

    case: CaseCode
    sequence: int
    type: str
    practitioner: PractitionerId
    nonce: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class CaseHead:
    """How many statements a case has and the hash of the last (hex), so that a missing end is noticed."""

    case: CaseCode
    practitioner: PractitionerId
    count: int
    last_hash: str
    erase_due_ms: int | None = None
    """When its films are due, as its last statement about it has it; None while the work goes on."""


def _nothing() -> None:
    """What follows most statements besides."""


class Catalogue:
    """One open catalogue. Every method is one transaction and may be called from any thread.

    All raise CatalogueBroken where the database cannot be read or written, VaultFull where there is no room to write.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open, create if missing (readable by its owner alone), check, and bring up to date. One process at a time: the
        daemon holds the box's lock. Raises CatalogueBroken if it is no catalogue, damaged, or from a newer version."""
        try:
            # SQLite would create it readable for everybody; -wal and -shm take over the mode it has
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            _sync_folder(path.parent)
            _check_version(path)
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
        except (OSError, sqlite3.Error) as error:
            raise CatalogueBroken("cannot be opened") from error
        try:
            with _errors_named():
                for pragma in ("journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY", "foreign_keys = ON"):
                    connection.execute(f"PRAGMA {pragma}").fetchall()
                if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                    raise CatalogueBroken("damaged")
                schema.upgrade(connection)
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    @classmethod
    def read(cls, path: Path) -> Catalogue:
        """One that is only read, of whatever version, and whose box may be running. Raises CatalogueBroken."""
        # Where nothing waits in a -wal file, nothing is made beside the database either: it may be another user's.
        mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
        with _errors_named():
            return cls(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=5.0))

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def meta(self, key: str) -> str | None:
        """A small value kept for the daemon (attempts, the clock's anchor); None if never set."""
        row = self.row("SELECT value FROM meta WHERE key = ?", key)
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        self.change("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)

    def changes_by_others(self) -> int:
        """Another number as soon as any other connection has changed anything. Source: sqlite.org, "PRAGMA data_version"."""
        ((version,),) = self.rows("PRAGMA data_version")
        return int(version)

    def head(self, case: CaseCode) -> CaseHead | None:
        """None if there is no such case."""
        row = self.row("SELECT case_code, practitioner, count, last_hash, erase_due_ms FROM case_head WHERE case_code = ?", case)
        return None if row is None else CaseHead(*row)

    def heads(self, practitioner: PractitionerId, after: str, limit: int) -> tuple[CaseHead, ...]:
        """A practitioner's cases, newest first, from the one following `after` (empty: from the newest)."""
        rows = self.rows(
            """SELECT case_code, practitioner, count, last_hash, erase_due_ms FROM case_head
            WHERE practitioner = ? AND (? = '' OR number < (SELECT number FROM case_head WHERE case_code = ?))
            ORDER BY number DESC LIMIT ?""",
            practitioner,
            after,
            after,
            limit,
        )
        return tuple(CaseHead(*row) for row in rows)

    def case_counts(self) -> dict[str, int]:
        """How many cases each practitioner has; without those who have none."""
        return dict(self.rows("SELECT practitioner, count(*) FROM case_head GROUP BY practitioner"))

    def statements(self, case: CaseCode, after: int = 0) -> tuple[StatementRow, ...]:
        """The statements of a case behind the one numbered `after`, oldest first: all of them unless told."""
        rows = self.rows(
            f"SELECT {_STATEMENT} FROM statement WHERE case_code = ? AND sequence > ? ORDER BY sequence",  # noqa: S608 - constant
            case,
            after,
        )
        return tuple(StatementRow(*row) for row in rows)

    def first_statement(self, case: CaseCode) -> StatementRow | None:
        """The one that should have opened the case."""
        row = self.row(f"SELECT {_STATEMENT} FROM statement WHERE case_code = ? ORDER BY sequence LIMIT 1", case)  # noqa: S608 - constant
        return None if row is None else StatementRow(*row)

    def append(
        self, statement: StatementRow, statement_hash: str, previous: CaseHead | None, also: Callable[[], None] = _nothing
    ) -> None:
        """Add a statement, move its case's head, and do what follows `also`: all of it or nothing. `previous` is the head it was
        made on (None opens the case). Raises CatalogueBroken if the head is another one by now, or the nonce was used before."""
        with self.transaction():
            if self.head(statement.case) != previous or statement.sequence != (previous.count if previous else 0) + 1:
                raise CatalogueBroken("another statement came first")
            self.change(
                """INSERT INTO case_head (case_code, practitioner, count, last_hash) VALUES (?, ?, ?, ?)
                ON CONFLICT (case_code) DO UPDATE SET count = excluded.count, last_hash = excluded.last_hash""",
                statement.case,
                statement.practitioner,
                statement.sequence,
                statement_hash,
            )
            self.change(
                f"INSERT INTO statement ({_STATEMENT}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
                statement.case,
                statement.sequence,
                statement.type,
                statement.practitioner,
                statement.nonce,
                statement.sealed,
            )
            also()

    def set_erase_due(self, case: CaseCode, due_ms: int | None) -> None:
        self.change("UPDATE case_head SET erase_due_ms = ? WHERE case_code = ?", due_ms, case)

    def hand_over(self, rows: Sequence[StatementRow], taker: PractitionerId) -> None:
        """A case changes hands: `rows` lie sealed anew in the place of what stood there, and its head names the taker. To be
        called inside a transaction, beside the statement that says so."""
        for row in rows:
            command = "UPDATE statement SET sealed = ? WHERE case_code = ? AND sequence = ?"
            self.change(command, row.sealed, row.case, row.sequence)
        self.change("UPDATE case_head SET practitioner = ? WHERE case_code = ?", taker, rows[0].case)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is read and changed inside happens as one: all of it is on disk at the end, or none. Not to be nested."""
        with self._lock, _errors_named():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have rolled it back already
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, query: str, *values: Value) -> Sequence[tuple[Any, ...]]:
        with self._lock, _errors_named():
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, *values: Value) -> tuple[Any, ...] | None:
        found = self.rows(query, *values)
        return found[0] if found else None

    def change(self, command: str, *values: Value) -> int:
        """Run one writing command; returns how many rows it touched."""
        with self._lock, _errors_named():
            return self._connection.execute(command, values).rowcount


@contextmanager
def _errors_named() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise VaultFull("no room for the catalogue") from error
        # SQLite's own words may quote a value; its code says enough
        raise CatalogueBroken(getattr(error, "sqlite_errorname", type(error).__name__)) from error


def _check_version(path: Path) -> None:
    """Raises CatalogueBroken for one from a newer version, of which not a byte is changed: opening it for writing would move what
    waits in its -wal file."""
    # What cannot be read so is looked at again, and named, when it is opened.
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        schema.check(connection)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
