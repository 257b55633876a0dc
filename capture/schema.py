"""The catalogue's tables and how an older one is brought up to date, in one transaction. Knows no row's meaning.

In clear stand only ids, sequence numbers, sizes, times and the states that the locked box needs (P7); all else is in `sealed`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from capture.errors import CatalogueBroken

STEPS: Sequence[Sequence[str]] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        # what the last statement of a case must be: a statement taken away from the end is noticed
        """CREATE TABLE case_head (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            case_code TEXT NOT NULL UNIQUE,
            practitioner TEXT NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 1),
            last_hash TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE statement (
            case_code TEXT NOT NULL REFERENCES case_head (case_code),
            sequence INTEGER NOT NULL CHECK (sequence >= 1),
            type TEXT NOT NULL,
            practitioner TEXT NOT NULL,
            nonce TEXT NOT NULL UNIQUE,
            sealed BLOB NOT NULL,
            PRIMARY KEY (case_code, sequence)
        ) STRICT""",
        """CREATE TABLE recording (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            recording_id TEXT NOT NULL UNIQUE,
            case_code TEXT NOT NULL,
            visit_id TEXT NOT NULL,
            practitioner TEXT NOT NULL,
            state TEXT NOT NULL,
            started_ms INTEGER NOT NULL,
            started_confidence TEXT NOT NULL,
            boot_id TEXT NOT NULL,
            started_boottime_ns INTEGER NOT NULL,
            stop_reason TEXT,
            duration_ms INTEGER NOT NULL,
            sealed_bytes INTEGER NOT NULL,
            frames_generated INTEGER NOT NULL,
            frames_kept INTEGER NOT NULL,
            marks_ms TEXT NOT NULL,
            longest_sync_ms REAL NOT NULL,
            is_transferred INTEGER NOT NULL CHECK (is_transferred IN (0, 1))
        ) STRICT""",
        "CREATE INDEX recording_by_case ON recording (case_code, number)",
        "CREATE INDEX recording_by_practitioner ON recording (practitioner, number)",
    ),
    (
        "ALTER TABLE recording ADD COLUMN is_locked INTEGER NOT NULL DEFAULT 0 CHECK (is_locked IN (0, 1))",
        # when the case's films are due to be erased, UTC milliseconds; NULL while the work goes on
        "ALTER TABLE case_head ADD COLUMN erase_due_ms INTEGER",
        # what the family can be given: signed by the box, ids and times alone
        """CREATE TABLE erasure (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            erasure_id TEXT NOT NULL UNIQUE,
            case_code TEXT NOT NULL,
            practitioner TEXT NOT NULL,
            receipt BLOB NOT NULL
        ) STRICT""",
        "CREATE INDEX erasure_by_case ON erasure (case_code, number)",
        # the list of cases asks for those that were not erased, of each case on it
        "CREATE INDEX recording_kept ON recording (case_code) WHERE state != 'erased'",
    ),
    (
        # what was brought back by whoever holds recovery, until the taker has opened it: headers, of use to the taker alone
        """CREATE TABLE hand_over (
            case_code TEXT PRIMARY KEY REFERENCES case_head (case_code),
            taker TEXT NOT NULL,
            result BLOB NOT NULL
        ) STRICT, WITHOUT ROWID""",
        # headers that films of a case which changed hands are still to get
        """CREATE TABLE new_header (
            recording_id TEXT PRIMARY KEY REFERENCES recording (recording_id),
            header BLOB NOT NULL,
            old_hash TEXT NOT NULL,
            recipients TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
    ),
    (
        # films whose erasing was begun, until a receipt names them: what can be read of them only before the first byte goes
        """CREATE TABLE erasing (
            recording_id TEXT PRIMARY KEY REFERENCES recording (recording_id),
            ask_id TEXT NOT NULL,
            practitioner TEXT NOT NULL,
            header_hash TEXT NOT NULL,
            sealed_bytes INTEGER NOT NULL,
            gone BLOB
        ) STRICT, WITHOUT ROWID""",
        # where it was noted before
        """INSERT INTO erasing (recording_id, ask_id, practitioner, header_hash, sealed_bytes)
            SELECT recording_id, '', practitioner, '', sealed_bytes FROM recording JOIN meta ON key = 'recordings.being_erased'
            WHERE instr(' ' || value || ' ', ' ' || recording_id || ' ') > 0""",
        "DELETE FROM meta WHERE key = 'recordings.being_erased'",
    ),
)
"""Step n makes version n + 1 of version n. Published steps are never changed; a new version is a new step."""


def check(connection: sqlite3.Connection, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Raises CatalogueBroken for a catalogue from a newer version; reads only."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(steps):
        raise CatalogueBroken(f"schema {version} is newer than this version knows ({len(steps)})")


def upgrade(connection: sqlite3.Connection, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Bring the schema to `len(steps)`: wholly or not at all. Raises CatalogueBroken for one from a newer version.

    `connection` is in autocommit mode; the version is `user_version`, which SQLite keeps inside the transaction.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        check(connection, steps)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for step in steps[version:]:
            for command in step:
                connection.execute(command)
        if version < len(steps):
            connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have rolled it back already
            connection.execute("ROLLBACK")
        raise
