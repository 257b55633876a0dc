"""What a daemon does before it serves: owns the box's folder, keeps secrets from dumps, marks what a cut left. Mends no film."""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import resource
from pathlib import Path

from capture.audit.log import AuditEvent
from capture.erasing.eraser import Eraser
from capture.errors import BoxInUse, BoxUnusable, VaultFull, VigcamError
from capture.foundlings import adopt
from capture.model import RecordingState

_log = logging.getLogger(__name__)

_LOCK_NAME = "capture.lock"
_PR_SET_DUMPABLE = 4
"""prctl(2): no core dump, and no peeking by processes of the same user."""


def keep_secrets_in_ram() -> None:
    """No core dump of this process, whatever the system's pattern says. (Swap is kept away by the unit: see the threat model.)"""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl PR_SET_DUMPABLE")


def own_box(folder: Path) -> int:
    """Lock the box's folder for this process; the lock goes with it. Raises BoxInUse, BoxUnusable."""
    run = folder / "run"
    try:
        run.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(run / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise BoxUnusable(f"the box's folder cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise BoxInUse("another capture daemon owns this folder") from error
    return lock


def mark_interrupted(eraser: Eraser) -> None:
    """Bring catalogue and vault to one story after a cut, by what `eraser` works with. Every step says so in the log, and
    none touches footage but that which a press had let go already."""
    vault, recordings, audit = eraser.vault, eraser.recordings, eraser.audit
    try:
        vault.settle()
    except VigcamError:
        _log.exception("what was left could not be made durable")  # a bad block must not keep the box shut
    adopt(eraser)
    for underway in eraser.book.underway():
        try:
            eraser.end(underway)
        except (BoxUnusable, VaultFull):
            _log.exception("an erasure could not be ended")  # the next start tries again: a bad block must not keep the box shut
    try:
        eraser.sign_receipts()
    except VigcamError:
        _log.exception("a receipt could not be signed")  # what is gone is noted, and the next start tries again
    for recording_id in recordings.owed_lines():
        audit.append(AuditEvent.RECORDING_INTERRUPTED, recording=recording_id, why="log_failed")
        recordings.line_paid(recording_id)
    there = {*vault.recordings(), *vault.parts()}
    for recording in recordings.filming():
        recording_id = recording.recording_id
        if recording_id in there:
            # Sealed but for its manifest and row counts as interrupted too: nothing vouches for it.
            # The log first, as everywhere: a second cut here then repeats the line instead of losing it.
            audit.append(AuditEvent.RECORDING_INTERRUPTED, recording=recording_id, why="power_or_process_lost")
            recordings.mark_interrupted(recording_id)
        else:
            recordings.forget_unfilmed(recording_id)
    for recording in recordings.present():
        if recording.recording_id not in there and recording.state is not RecordingState.FILMING:
            # An erasure that the cut caught between the files and the catalogue.
            audit.append(AuditEvent.ERASED, recording=recording.recording_id, stage="found_gone")
            recordings.mark_erased(recording.recording_id)
