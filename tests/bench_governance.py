"""Figures of a box that has grown: the gate, the lists as the page asks for them, the log verified, and the start. Two shapes:
many cases, and one very long one. The daemon is real and is asked over its socket; the box was written by `grown_box`.

For an idle machine. A start is mostly Python's imports, drivers of camera and pictures among them: that part is named.
"""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from audit_bench_log import audit_figures
from figures import Figure, against, at_most, timed
from grown_box import GrownBox, GrownCase, Shape

from capture import messages as m
from capture.consent import gate, opening_rules
from capture.consent.case_record import CaseRecord
from capture.model import Confidence, Scope, WallTime
from device.clock import SystemClock

ROOT = Path(__file__).resolve().parent.parent
MANY = Shape(cases=100, consents=10_000, recordings=5_000)
LONG = Shape(cases=1, consents=10_000, recordings=5_000)
ROUNDS = 9
_LOOKS = 20
_ASKS = 200


def governance_figures(
    folder: Path, shapes: tuple[Shape, ...] = (MANY, LONG), rounds: int = ROUNDS, log_lines: int | None = None
) -> Iterator[Figure]:
    """`log_lines` other than the full number are for tests."""
    for shape in shapes:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            yield from _grown(GrownBox(Path(name) / "box", shape), rounds)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield from audit_figures(Path(name)) if log_lines is None else audit_figures(Path(name), log_lines)


def _grown(grown: GrownBox, rounds: int) -> Iterator[Figure]:
    shape = grown.shape
    note = f"{shape.consents} consents in {shape.cases}, {shape.recordings} films"
    try:
        yield from _gate(grown, note)
        yield from _starts(grown, note, rounds)
        yield from _asked(grown, note, rounds)
    finally:
        grown.capture.close()


def _gate(grown: GrownBox, name: str) -> Iterator[Figure]:
    """The longest history there is, as it was just read: nothing of it was asked before."""
    case = grown.cases[-1]
    recording = grown.recording(case.recordings[0])
    at = WallTime(ms=SystemClock().wall_ms(), confidence=Confidence.BROWSER)
    first, again, openings = [], [], []
    for _ in range(3):
        record = grown.read(case)
        ask = partial(_ask, record, case, at)
        look = partial(opening_rules.reasons_against, record, recording, Scope.PRACTITIONER_REVIEW, at)
        first.append(timed(ask))
        again += [timed(ask) for _ in range(_ASKS)]
        openings += [timed(look) for _ in range(_ASKS)]
    yield at_most(f"gate, first answer, {_of(grown)}", first, "ms", 1, f"{name}; a case just read, two people, scope film")
    yield at_most(f"gate, answer, {_of(grown)}", again, "ms", 1, f"{name}; the same case again")
    yield at_most(f"gate, answer for an opening, {_of(grown)}", openings, "ms", 1, f"{name}; everybody in the film")


def _of(grown: GrownBox) -> str:
    return "one case" if len(grown.cases) == 1 else f"{len(grown.cases)} cases"


def _ask(record: CaseRecord, case: GrownCase, at: WallTime) -> None:
    assert gate.permits(Scope.FILM, (case.adult, case.child), record, at).is_given


def _starts(grown: GrownBox, name: str, rounds: int) -> Iterator[Figure]:
    box = grown.capture
    box.start()  # the first start reads the log of which nothing is remembered yet
    box.stop()
    ours, bare, imports, checks = [], [], [], []
    for _ in range(rounds):
        ours.append(timed(box.start))
        box.stop()
        bare.append(timed(lambda: _python("pass")))
        imports.append(timed(lambda: _python("import capture.__main__")))
        checks.append(timed(lambda: _quick_check(box.folder / "catalogue.sqlite")))
    yield at_most(f"start to the first answer, {_of(grown)}", ours, "s", 1, f"{name}; the process begins to the socket answers")
    value = statistics.median(ours)
    for what, peer in (("python -c pass", bare), ("its imports alone", imports), ("SQLite's quick_check", checks)):
        yield against(f"start against {what}, {_of(grown)}", value, "s", what, statistics.median(peer), None, None, name)


def _python(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def _quick_check(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)


def _asked(grown: GrownBox, name: str, rounds: int) -> Iterator[Figure]:
    box = grown.capture
    box.start()
    box.sign_in()
    cases = grown.cases[-_LOOKS:]
    first = [timed(partial(_case, grown, case)) for case in cases]
    note = f"{name}; over the socket"
    if len(cases) > 1:
        yield at_most(f"first look at a case, {_of(grown)}", first, "ms", 20, f"{note}; median of {len(cases)} cases")
    else:
        value = statistics.median(first) * 1e3
        yield Figure(
            f"first look at a case, {_of(grown)}", value, "ms", note=f"{note}; each statement is unsealed, once a sign-in"
        )
    verbs: dict[str, Callable[[], object]] = {
        "a case": lambda: _case(grown, cases[0]),
        "a page of the cases": lambda: box.client.call(m.ListCases(session=box.session), m.CaseList),
        "a page of a case's recordings": lambda: box.client.call(
            m.ListRecordings(session=box.session, case=cases[0].code), m.RecordingList
        ),
        "a page of all recordings": lambda: box.client.call(m.ListRecordings(session=box.session), m.RecordingList),
    }
    for what, ask in verbs.items():
        ask()
        ours, peers = [], []
        for _ in range(5 * rounds):
            ours.append(timed(ask))
            peers.append(timed(box.status))
        yield at_most(f"{what}, {_of(grown)}", ours, "ms", 20, note)
        value, peer = statistics.median(ours) * 1e3, statistics.median(peers) * 1e3
        yield against(f"{what}, {_of(grown)}, against", value, "ms", "the box's state", peer, None, None, note)
    further = list(_after_consents(grown, cases[0], rounds))
    yield at_most(f"a case after a further consent, {_of(grown)}", further, "ms", 20, note)
    box.stop()


def _after_consents(grown: GrownBox, case: GrownCase, rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        grown.capture.consent(case.code, case.adult, case.adult)
        yield timed(lambda: _case(grown, case))


def _case(grown: GrownBox, case: GrownCase) -> None:
    box = grown.capture
    found = box.client.call(m.GetCase(session=box.session, case=case.code), m.CaseFound)
    assert len(found.consents) == 2 * len(Scope)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder_name:
        began = time.perf_counter()
        for figure in governance_figures(Path(folder_name)):
            print(f"{time.perf_counter() - began:5.0f}  {figure.line()}", flush=True)  # noqa: T201  (this is what it is for)
