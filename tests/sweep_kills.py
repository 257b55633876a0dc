"""Kills a real daemon again and again while it films, at random times, and says what each kill cost. Erases nothing.

Each life of the daemon ends by SIGKILL and the next one, on the same folder, tells what was left: the log verifies, the recording
is marked, opens over the socket, and every picture of it is decoded and in order. The cost is counted in pictures: those that the
sensor had made (see `counting_daemon`) less those that play, each 1/fps of a second.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from pathlib import Path

import msgspec
from capture_box import CaptureBox, wait_until
from counting_daemon import new_count, read_count
from film_check import Film, check_film
from sweep_report import Rate, Trial, settled_bits

from capture import messages as m
from capture.audit.verify import Verdict, verify_log
from capture.config import FILE_NAME, load_config, write_config
from capture.container.movie import open_movie
from capture.errors import SealBroken, Truncated
from capture.model import Recording, RecordingState
from device.scene import read_counter

PROGRAM = Path(__file__).with_name("counting_daemon.py")
FPS = 30
PICTURES = {Rate.HIGH: (480, 270), Rate.LOW: (320, 240)}
_FILM_LIMIT_S = 300
_HOLD_S = 1.0


class Moment(Enum):
    """When the kill comes: around the first picture, while it films, around the stop."""

    OPENING = "opening"
    FILMING = "filming"
    SEALING = "sealing"


def moments(trials: int, chance: random.Random) -> list[Moment]:
    """One in seven around the opening, one in seven around the stop, the others while filming; in random order."""
    cycle = itertools.cycle([Moment.OPENING, Moment.FILMING, Moment.SEALING, *[Moment.FILMING] * 4])
    kinds = list(itertools.islice(cycle, trials))
    chance.shuffle(kinds)
    return kinds


class KillBox:
    """A provisioned box of one bit rate that is killed over and over. `close` it."""

    def __init__(self, folder: Path, rate: Rate) -> None:
        self.rate = rate
        self._count = folder.parent / f"{folder.name}.count"
        new_count(self._count)
        self._box = CaptureBox(folder, (sys.executable, str(PROGRAM), str(self._count)))
        self._set_camera()
        self._box.start(held=True)
        self._box.enrol()
        self._box.sign_in()
        self._family = self._box.family()
        self._known = ""
        self._problems: list[str] = []

    def kill(self, moment: Moment, chance: random.Random) -> Trial:
        """Film, kill, start again, look. What does not hold is named in the trial."""
        self._problems = []
        after_s, made = self._film_and_kill(moment, chance)
        self._verify((Verdict.GOOD, Verdict.TORN))
        self._box.start()
        self._verify((Verdict.GOOD,))
        self._box.wait_for("idle")
        self._box.sign_in()
        recording = self._new_recording()
        film = self._film_of(recording)
        played = 0 if film is None else film.pictures
        lost_s = (made - played) / FPS
        self._check(played <= made, "more plays than was filmed")
        self._check(lost_s <= self.rate.most_s, f"{lost_s:.3f} s lost")
        return Trial(
            kind=f"kill {moment.value}",
            rate=self.rate,
            at=round(after_s, 3),
            made_s=made / FPS,
            lost_s=lost_s,
            outcome="nothing left" if recording is None or film is None else recording.state.value,
            played_s=played / FPS,
            bits=0 if film is None else film.picture_bits,
            problems=tuple(self._problems),
        )

    def close(self) -> None:
        self._box.close()

    def _set_camera(self) -> None:
        path = self._box.folder / FILE_NAME
        config = load_config(path)
        width, height = PICTURES[self.rate]
        camera = msgspec.structs.replace(
            config.camera, width=width, height=height, fps=FPS, bitrate=self.rate.bitrate, audio_bitrate=48_000
        )
        limits = msgspec.structs.replace(config.limits, film_limit_s=_FILM_LIMIT_S)
        path.write_bytes(write_config(msgspec.structs.replace(config, camera=camera, limits=limits)))

    # --- the kill -------------------------------------------------------------------------------------------------------

    def _film_and_kill(self, moment: Moment, chance: random.Random) -> tuple[float, int]:
        """When the kill came (seconds since the hold was long enough, the first picture, the stopping press), and how many
        pictures had been made."""
        before = read_count(self._count).takes
        self._box.arm(*self._family)
        self._box.down()
        match moment:
            case Moment.OPENING:
                after_s = chance.uniform(0, 0.5)
                time.sleep(_HOLD_S + after_s)
            case Moment.FILMING:
                self._wait_for_first_picture(before)
                self._box.up()
                after_s = chance.choice((chance.uniform(0, 1.2), chance.uniform(0, 4)))
                time.sleep(after_s)
            case Moment.SEALING:
                self._wait_for_first_picture(before)
                self._box.up()
                time.sleep(chance.uniform(0.2, 2))
                self._box.down()
                after_s = chance.uniform(0, 0.12)
                time.sleep(after_s)
        self._box.kill()
        count = read_count(self._count)
        return after_s, count.pictures if count.takes > before else 0

    def _wait_for_first_picture(self, takes_before: int) -> None:
        wait_until(lambda: (count := read_count(self._count)).takes > takes_before and count.pictures > 0)

    # --- what is left ---------------------------------------------------------------------------------------------------

    def _new_recording(self) -> Recording | None:
        found = self._box.client.call(m.ListRecordings(session=self._box.session), m.RecordingList).recordings
        newest = found[0] if found else None
        if newest is None or newest.recording_id == self._known:
            return None
        self._known = newest.recording_id
        self._check(newest.state in (RecordingState.INTERRUPTED, RecordingState.SEALED), f"it is {newest.state.value}")
        return newest

    def _film_of(self, recording: Recording | None) -> Film | None:
        """What plays; None where nothing was left."""
        if recording is None:
            return None
        verb = m.OpenRecording(session=self._box.session, recording_id=recording.recording_id, purpose="review")
        try:
            opened, fd = self._box.client.call_with_descriptor(verb, m.Opened)
        except Truncated as error:
            self._check(bool(error.reasons), "nothing is left, and nobody says why")
            return None
        try:
            movie = open_movie(fd, opened.file_key, opened.payload_offset, opened.is_sealed)
            sizes = movie.index.video.samples.sizes
            film = replace(check_film(movie.read_at(0, movie.size), read_counter), picture_bits=settled_bits(sizes, FPS))
        except (SealBroken, Truncated) as error:
            self._check(False, f"it does not open: {error.code}")
            return None
        finally:
            os.close(fd)
        self._problems += film.problems
        self._check(film.pictures == movie.index.frames, "not every picture decodes")
        self._check(film.first == 0, "it does not begin with the first picture")
        self._check(opened.recording.frames_kept == film.pictures, "the box counts another number of pictures")
        self._check(opened.is_sealed or recording.state is RecordingState.INTERRUPTED, "torn, and not marked")
        return film

    def _verify(self, good: tuple[Verdict, ...]) -> None:
        report = verify_log(self._box.folder / "audit.log", self._box.folder / "vault")
        self._check(report.verdict in good, f"the log is {report.verdict.value}")

    def _check(self, holds: bool, problem: str) -> None:
        if not holds:
            self._problems.append(problem)


def sweep_kills(folder: Path, rate: Rate, trials: int, seed: int) -> Iterator[Trial]:
    """So many kills of one box; when and how depends on `seed` alone."""
    chance = random.Random(f"{seed}-{rate.name}-kills")
    box = KillBox(folder, rate)
    try:
        for moment in moments(trials, chance):
            yield box.kill(moment, chance)
    finally:
        box.close()
