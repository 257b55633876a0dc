"""Recordings that are open for reading: descriptor, file key and index in RAM while they are used. Writes nothing, asks for no
identity; the daemon logs and limits each opening.

A player asks for many ranges of one film: the opening, the log line and the index (0.1 s for ten minutes) are done once. What
nobody read for `IDLE_S`, what its consents do not reach any more, what was erased, and everything at sign-out, is closed and
forgotten.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from capture.client import CaptureClient
from capture.container.index import load_index
from capture.container.progressive import ProgressiveMp4
from capture.errors import NotNow
from capture.messages import Opened, OpenRecording
from capture.model import Purpose
from capture.seal.stream import PlainReader, SalvageReader, SealedReader

OPEN_LIMIT = 4
READERS_LIMIT = 8
"""Answers that stream at a time: each holds a thread until its client has read it."""
IDLE_S = 120.0


class Key(NamedTuple):
    """Who reads what, and why: a download of something opened for review is another opening, with a log line of its own."""

    session: str
    recording_id: str
    purpose: Purpose


@dataclass(slots=True, eq=False)
class OpenFile:
    """One opening. `users` responses read from it now; it is closed once it is dropped and nobody reads."""

    facts: Opened
    fd: int
    used_s: float
    until_s: float
    """Boot time at which the first of the consents behind this opening runs out."""
    users: int = 0
    is_dropped: bool = False
    movie: ProgressiveMp4 | None = None
    """The first that was made of it, index and all; every other shares what lies in RAM."""
    making: threading.Lock = field(default_factory=threading.Lock)
    free: list[ProgressiveMp4] = field(default_factory=list)


class Lease:
    """One response's hold on an open file. A reader belongs to one thread, so each lease has its own. `close` is idempotent."""

    def __init__(
        self, file: OpenFile, boottime_s: Callable[[], float], give_back: Callable[[OpenFile, ProgressiveMp4 | None], None]
    ) -> None:
        self._file: OpenFile | None = file
        self._boottime_s = boottime_s
        self._give_back = give_back
        self._movie: ProgressiveMp4 | None = None

    @property
    def facts(self) -> Opened:
        return self._held().facts

    @property
    def fd(self) -> int:
        """Raises NotNow once it was dropped or its consents ran out: a transfer ends with what allowed it. Not SignInNeeded, for
        whoever took a consent back is still signed in."""
        return self._held().fd

    def movie(self) -> ProgressiveMp4:
        """The recording as an ordinary MP4. Raises SealBroken, Truncated, NotNow."""
        file = self._held()
        if self._movie is None:
            self._movie = _movie(file)
        return self._movie

    def close(self) -> None:
        """Give the hold back; the descriptor is closed if nobody else may want it."""
        file, self._file = self._file, None
        if file is not None:
            self._give_back(file, self._movie)

    def _held(self) -> OpenFile:
        if self._file is None or self._file.is_dropped or self._file.until_s <= self._boottime_s():
            raise NotNow
        return self._file


class Movies:
    """All open recordings of this process, at most `OPEN_LIMIT` besides those being read."""

    def __init__(self, client: CaptureClient, boottime_s: Callable[[], float]) -> None:
        self._client = client
        self._boottime_s = boottime_s
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._files: dict[Key, OpenFile] = {}
        self._closings = 0
        self._next_sweep: threading.Timer | None = None

    def lease(self, key: Key) -> Lease:
        """Open it, or use what is open. Raises what the daemon refuses with; the caller closes the lease."""
        self.sweep()
        found = self._join(key)
        if found is not None:
            return found
        # A player begins with several requests at once: one opens, the others find it open.
        with self._opening:
            found = self._join(key)
            if found is not None:
                return found
            while (opened := self._open(key)) is None:
                pass  # something was closed meanwhile, perhaps just this: only a new answer of the gate counts
            return opened

    def _open(self, key: Key) -> Lease | None:
        """None where anything was dropped while the daemon answered: its yes may be older than a withdrawal."""
        asked_s, closings = self._boottime_s(), self._closings
        verb = OpenRecording(session=key.session, recording_id=key.recording_id, purpose=key.purpose)
        facts, fd = self._client.call_with_descriptor(verb, Opened)
        with self._lock:
            if closings != self._closings:
                os.close(fd)
                return None
            file = self._files[key] = OpenFile(facts, fd, self._boottime_s(), asked_s + facts.lasts_ms / 1_000, users=1)
        return self._lease(file)

    def _lease(self, file: OpenFile) -> Lease:
        return Lease(file, self._boottime_s, self._give_back)

    def _join(self, key: Key) -> Lease | None:
        with self._lock:
            file = self._files.get(key)
            if file is None:
                return None
            file.users += 1
            return self._lease(file)

    @property
    def is_busy(self) -> bool:
        """Whether as many answers stream as may."""
        with self._lock:
            return sum(file.users for file in self._files.values()) >= READERS_LIMIT

    def drop_session(self, session: str) -> None:
        """Sign-out: everything this session has open ends, also in the middle of a transfer."""
        self._forget(lambda key: key.session == session)

    def drop_recording(self, recording_id: str) -> None:
        """Before an erasure: nothing of it stays open here."""
        self._forget(lambda key: key.recording_id == recording_id)

    def sweep(self) -> None:
        """Close what its consents do not reach any more, what was erased, what nobody has read for a while, and the longest
        unread past the limit."""
        with self._lock:
            now_s = self._boottime_s()
            # Erased: who asked for it may have closed the page that hears so, and the key must not stay for that.
            over = [key for key, file in self._files.items() if file.until_s <= now_s or os.fstat(file.fd).st_nlink == 0]
            self._drop([self._files.pop(key) for key in over])
            limit_s = now_s - IDLE_S
            unread = sorted(((file.used_s, key) for key, file in self._files.items() if not file.users), reverse=True)
            gone = [key for place, (used_s, key) in enumerate(unread) if used_s < limit_s or place >= OPEN_LIMIT]
            self._drop([self._files.pop(key) for key in gone])

    def _sweep_later(self) -> None:
        # Where nobody asks anything any more, no request comes that would sweep, and a key must not stay for that.
        if self._next_sweep is None and self._files:
            self._next_sweep = threading.Timer(IDLE_S + 1, self._sweep_alone)
            self._next_sweep.daemon = True
            self._next_sweep.start()

    def _sweep_alone(self) -> None:
        self.sweep()
        with self._lock:
            self._next_sweep = None
            self._sweep_later()

    def _forget(self, is_meant: Callable[[Key], bool]) -> None:
        with self._lock:
            self._closings += 1
            self._drop([self._files.pop(key) for key in list(self._files) if is_meant(key)])

    def _give_back(self, file: OpenFile, movie: ProgressiveMp4 | None) -> None:
        with self._lock:
            file.users -= 1
            file.used_s = self._boottime_s()
            self._sweep_later()
            if file.is_dropped:
                self._drop([file])
            elif movie is not None:
                file.free.append(movie)

    @staticmethod
    def _drop(files: list[OpenFile]) -> None:
        for file in files:
            file.is_dropped = True
            file.movie = None
            file.free.clear()
            if not file.users:
                os.close(file.fd)


def _movie(file: OpenFile) -> ProgressiveMp4:
    try:
        return file.free.pop()
    except IndexError:
        pass
    facts = file.facts
    kind = SealedReader if facts.is_sealed else SalvageReader
    reader: PlainReader = kind(file.fd, facts.file_key, facts.payload_offset)
    # A player begins with several requests at once: one reads the index, the others wait for it.
    with file.making:
        if file.movie is None:
            file.movie = ProgressiveMp4(reader, load_index(reader))
            return file.movie
        return file.movie.through(reader)
