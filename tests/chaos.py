"""Every trouble at every call, and every cut with every disk that a card may leave: the whole of what `make test` samples.

Run: `make chaos`. Prints a table, and ends with exit code 1 at the first thing that does not hold, naming the call or the cut.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import factory
from fault_setup import keyrings_on, make_good, troubled_enrolment, troubled_provision
from fault_visit import count_calls, troubled_visit
from faulty_kernel import FaultyKernel, Trouble, fits
from ram_folder import ram_folder
from record_box import PASSPHRASE
from replay_story import erase, tell
from replay_sweep import sweep
from replay_verdict import Judge

from capture.device_key import DeviceKey
from capture.ids import new_practitioner_id
from device.disk import SystemDisk
from device.ports import Profile

FILMED_S = {8_000_000: 1.1, 500_000: 2.8}
RECUT_EVERY = 60
"""Of so many disks one is started on, and that start cut short at each of its steps."""

Trial = Callable[[Path, int, Trouble], str]
"""In a folder that is not there yet, with this trouble at the call of this number: how it ended, in a word for the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `tried` counts visits, boxes or disks."""

    what: str
    tried: int
    ends: Counter[str]

    def line(self, seconds: float) -> str:
        ends = ", ".join(f"{count} {end}" for end, count in sorted(self.ends.items()))
        return f"{self.what:<52} {self.tried:>6} {seconds:>5.0f} s   {ends}"


def visits(folder: Path) -> Iterator[Row]:
    def trial(here: Path, number: int, trouble: Trouble) -> str:
        end = troubled_visit(_made(here), number, trouble)
        return f"{end.fault or end.erased or 'refused'} → {end.state or 'nothing filmed'}"

    yield from _every_call("film and erase", folder, count_calls(_made(folder / "good")), trial)


def boxes(folder: Path) -> Iterator[Row]:
    good = make_good(folder / "good")

    def trial(here: Path, number: int, trouble: Trouble) -> str:
        return troubled_provision(here, number, trouble, good)

    yield from _every_call("make a box", folder, good.calls, trial)


def enrolments(folder: Path) -> Iterator[Row]:
    key, good = DeviceKey.create(folder / "device.key", SystemDisk()), FaultyKernel()
    keyrings_on(good, folder / "good", key).enrol(new_practitioner_id(), PASSPHRASE)

    def trial(here: Path, number: int, trouble: Trouble) -> str:
        return troubled_enrolment(here, key, number, trouble)

    yield from _every_call("enrol", folder, good.calls, trial)


def power_cuts(folder: Path) -> Iterator[Row]:
    for rate, seconds in FILMED_S.items():
        encoded = factory.encode(Profile(320, 180, 30, rate, audio_bitrate=48_000))
        story = tell(_made(folder / f"{rate}"), encoded, seconds, then=erase)
        tally = sweep(story, Judge(story, _made(folder / f"{rate}-cut")), samples=0, recut_every=RECUT_EVERY)
        what = f"power cut, {rate / 1e6:g} Mbit/s"
        yield Row(f"{what}: cuts; their disks by what was kept", tally.cuts, tally.rules)
        yield Row(f"{what}: disks by what became of them", tally.disks, tally.ends)
        yield Row(f"{what}: and a second cut in the next start", tally.second_cuts, Counter())


def _every_call(what: str, folder: Path, calls: Sequence[str], trial: Trial) -> Iterator[Row]:
    for trouble in Trouble:
        ends: Counter[str] = Counter()
        for number in (number for number, call in enumerate(calls) if fits(trouble, call)):
            try:
                ends[trial(folder / f"{trouble.name}-{number}", number, trouble)] += 1
            except Exception as error:
                raise AssertionError(f"{what}, {trouble.value} at call {number} ({calls[number]}): {error!r}") from error
        yield Row(f"{what}: {trouble.value} at every call", sum(ends.values()), ends)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def main() -> int:
    logging.disable(logging.CRITICAL)  # what goes wrong here goes wrong on purpose
    tried, begun = 0, time.monotonic()
    started = begun
    for part in (visits, boxes, enrolments, power_cuts):
        with ram_folder() as folder:
            try:
                for row in part(folder):
                    sys.stdout.write(row.line(time.monotonic() - started) + "\n")
                    sys.stdout.flush()
                    tried, started = tried + row.tried, time.monotonic()
            except AssertionError as error:
                sys.stdout.write(f"DOES NOT HOLD: {error}\n")
                return 1
    sys.stdout.write(f"all {tried} hold, in {time.monotonic() - begun:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
