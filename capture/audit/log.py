"""The audit log being written: append-only, hash-chained, each line signed by the box. Never rewrites, never cuts, never names.

The exact bytes of a line stand in `capture/audit/line.py`, the events and their fields in `docs/audit-log.md`. One thread of its
own writes and syncs; lines that wait together share one sync. A line exists once its future is done. After one failed write
nothing can be appended any more (fail closed): what the box cannot log, it does not do.

A power cut can leave the last lines torn (`capture/audit/tail.py`). At the next start they are not cut off but left standing,
ended by a newline and followed by a signed `tail_lost` line with their length and hash: the file only ever grows.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capture.audit.line import (
    EMPTY,
    KEY_FIELD,
    AuditEvent,
    AuditHead,
    AuditLine,
    Stamp,
    check_fields,
    link_of,
    make_line,
    parse_line,
)
from capture.audit.memory import RememberedHead
from capture.audit.tail import BATCH, read_end
from capture.device_key import DeviceKey
from capture.errors import AuditBroken
from capture.model import WallTime
from device.ports import Clock, Disk

__all__ = ["AuditEvent", "AuditHead", "AuditLine", "AuditLog"]


@dataclass(frozen=True, slots=True)
class _Entry:
    event: AuditEvent
    fields: dict[str, int | str]
    stamp: Stamp
    written: Future[AuditLine]


class AuditLog:
    """One open log; make it with `open`. All methods may be called from any thread."""

    def __init__(
        self,
        path: Path,
        fd: int,
        place: RememberedHead,
        device_key: DeviceKey,
        *,
        clock: Clock,
        disk: Disk,
        now: Callable[[], WallTime],
    ) -> None:
        self.path: Final = path
        """Where it can be read."""
        self._fd = fd
        self._place = place
        self._is_cut = False
        self._key = device_key
        self._clock = clock
        self._disk = disk
        self._now = now
        self._waiting: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._door = threading.Lock()  # boot times of two lines must stand in the order of their numbers
        self._is_closed = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._write_all, name="audit", daemon=True)
        self._thread.start()

    @classmethod
    def open(
        cls,
        path: Path,
        device_key: DeviceKey,
        clock: Clock,
        disk: Disk,
        now: Callable[[], WallTime],
        *,
        remembered: RememberedHead | None = None,
    ) -> AuditLog:
        """Open or begin the log at `path`, check its last line, and record a tail that a power cut left unfinished; and that the
        log was cut or put back, where the line that the box `remembered` does not stand where it stood.

        Only the end is checked here (the start of the box must not take longer each month); `capture/audit/verify.py` checks
        it all. Raises AuditBroken where the last line is not this box's own, OSError where the file cannot be used.
        """
        is_new = not path.exists()
        fd = disk.append(path)
        try:
            if is_new:
                disk.sync_folder(path.parent)
            head, tail = read_end(path, device_key.public_hex)
            if tail and _is_whole_line(tail, head, device_key.public_hex):  # only its newline was lost
                disk.write(fd, b"\n")
                disk.sync_data(fd)
                head, tail = read_end(path, device_key.public_hex)
            if tail and not tail.endswith(b"\n"):
                disk.write(fd, b"\n")
            is_cut = remembered is not None and not remembered.stands_in(path)
            end_offset = path.stat().st_size
        except BaseException:
            disk.close(fd)
            raise
        log = cls(path, fd, RememberedHead(*head, end_offset), device_key, clock=clock, disk=disk, now=now)
        try:
            if tail:
                lost = tail.removesuffix(b"\n")
                log.append(AuditEvent.TAIL_LOST, bytes=len(lost), sha256=hashlib.sha256(lost).hexdigest())
            if remembered is not None and is_cut:
                log.append(AuditEvent.LOG_CUT, sequence=remembered.sequence, hash=remembered.hash)
                log._is_cut = True
        except AuditBroken:
            log.close()
            raise
        return log

    @property
    def head(self) -> AuditHead:
        """Sequence number and hash of the last line that is on disk; (0, 64 zeros) before the first."""
        return self._place.head

    @property
    def place(self) -> RememberedHead:
        """The same with the place in the file where that line ends: what to remember outside of the log."""
        return self._place

    @property
    def is_cut(self) -> bool:
        """Whether the line that was remembered was not there when the log was opened."""
        return self._is_cut

    def append(self, event: AuditEvent, /, **fields: str | int) -> AuditLine:
        """Write one line; returns when it is on disk. Raises AuditBroken if it cannot be, ValueError as `submit`."""
        return self.submit(event, **fields).result()

    def submit(self, event: AuditEvent, /, **fields: str | int) -> Future[AuditLine]:
        """Hand one line in and return at once; its times are those of now. The future ends with the line when it is on disk,
        or with AuditBroken; its callbacks run in the audit thread and must be short. Raises ValueError for a field that may
        not stand in the log, and never anything else."""
        checked = check_fields(fields)
        at = self._now()  # outside the lock: the anchor has a lock of its own
        written: Future[AuditLine] = Future()
        written.set_running_or_notify_cancel()  # a line handed in cannot be taken back
        with self._door:
            if self._is_closed:
                written.set_exception(AuditBroken("the log is closed"))
                return written
            stamp = Stamp(self._clock.boot_id, self._clock.boottime_ns() // 1_000_000, at)
            self._waiting.put(_Entry(event, checked, stamp, written))
        return written

    def close(self) -> None:
        """Write what was handed in, then close. Safe to call twice."""
        with self._door:
            if self._is_closed:
                return
            self._is_closed = True
            self._waiting.put(None)
        self._thread.join()
        self._disk.close(self._fd)

    def _write_all(self) -> None:
        while True:
            entry = self._waiting.get()
            batch: list[_Entry] = []
            while entry is not None:
                batch.append(entry)
                if len(batch) == BATCH or self._waiting.empty():
                    break
                entry = self._waiting.get()
            if batch:
                self._write(batch)
            if entry is None:
                return

    def _write(self, batch: list[_Entry]) -> None:
        try:
            if self._failure is not None:
                raise AuditBroken("an earlier line could not be written") from self._failure
            lines, spelt, place = self._chain(batch)
            self._disk.write_all(self._fd, spelt)
            self._disk.sync_data(self._fd)
        except BaseException as error:  # noqa: BLE001 - whatever it was, nobody may wait for ever, and nothing may follow
            self._failure = self._failure or error
            broken = AuditBroken("the line could not be written")
            broken.__cause__ = error
            for entry in batch:
                entry.written.set_exception(broken)
            return
        self._place = place
        for entry, line in zip(batch, lines, strict=True):
            entry.written.set_result(line)

    def _chain(self, batch: list[_Entry]) -> tuple[list[AuditLine], list[bytes], RememberedHead]:
        lines: list[AuditLine] = []
        spelt: list[bytes] = []
        last = self._place.head
        for entry in batch:
            fields = entry.fields
            if last == EMPTY:
                fields = {KEY_FIELD: self._key.public_hex, **fields}
            lines.append(make_line(self._key, last, entry.stamp, entry.event, fields))
            spelt.append(lines[-1].encode())
            last = AuditHead(lines[-1].seq, link_of(spelt[-1]))
        return lines, spelt, RememberedHead(*last, self._place.end_offset + sum(map(len, spelt)))


def _is_whole_line(tail: bytes, head: AuditHead, public_hex: str) -> bool:
    try:
        line = parse_line(tail + b"\n")
        line.check_signature(public_hex)
    except AuditBroken:
        return False
    return (line.seq, line.prev) == (head.sequence + 1, head.hash)
