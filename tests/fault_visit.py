"""A visit on a disk of which one call fails: film, stop, erase; what the box says then, and what its next start makes of it."""

from __future__ import annotations

import hashlib
import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from capture_box import wait_until
from faulty_kernel import FaultyKernel, Trouble
from filming_box import FilmingBox
from movies import decode
from replay_story import pieces

from capture.audit.verify import Verdict, verify_log
from capture.container.movie import open_movie
from capture.erasing.asking import ErasureWaiting
from capture.errors import SealBroken, Truncated, VigcamError
from capture.manifest import read_manifest
from capture.model import Recording, RecordingState
from capture.recorder.model import Phase
from capture.seal.stream import open_header
from device.disk import SystemDisk


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit ended: what the box said at its end, and the state of its recording after the next start ("" for no row)."""

    phase: Phase
    fault: str
    erased: str
    state: str


def count_calls(folder: Path) -> list[str]:
    """The system calls of a visit without trouble, from arming on."""
    kernel = FaultyKernel()
    box = FilmingBox(folder, SystemDisk(kernel)).start()
    before = len(kernel.calls)
    assert _visit(box) == (Phase.ARMED, "", "erased")
    calls = kernel.calls[before:]
    box.shut()
    box.box.close()
    return calls


def troubled_visit(folder: Path, number: int, trouble: Trouble) -> Outcome:
    """A visit whose call `number` goes wrong, then a start on the same folder, then a film that must be sealed. Asserts all that
    must hold whatever went wrong."""
    kernel = FaultyKernel()
    box = FilmingBox(folder, SystemDisk(kernel)).start()
    kernel.trouble_at(len(kernel.calls) + number, trouble)
    phase, fault, erased = _visit(box)
    assert box.failure is None
    assert box.panel.wrongs == []
    assert not box.camera.is_open
    rows = box.rows()
    assert all(row.state is not RecordingState.FILMING for row in rows)
    _words_fit(rows, phase, fault, erased, trouble)
    box.shut()
    left = _vault_files(box)
    box.restart_records()
    box.start()
    state = _one_story(box, left)
    _log_holds(box)
    _film(box)
    assert box.rows()[0].state is RecordingState.SEALED, "the next take"
    assert {name: data for name, data in _vault_files(box).items() if name in left} == _vault_files(box, only=left)
    box.shut()
    _log_holds(box)
    _nothing_in_clear(box)
    box.box.close()
    return Outcome(phase, fault, erased, state)


def _film(box: FilmingBox) -> Phase:
    box.arm()
    box.hold()
    if box.wait_for(Phase.RECORDING, Phase.IDLE, Phase.FAULTED, Phase.ARMED) is Phase.RECORDING:
        box.press()
    return box.wait_for(Phase.ARMED, Phase.IDLE, Phase.FAULTED)


def _visit(box: FilmingBox) -> tuple[Phase, str, str]:
    """From arming to rest, then the erasure of what was filmed, whatever becomes of either."""
    phase = _film(box)
    fault = box.control.state.fault
    rows = box.rows()
    return phase, fault, _erase(box, rows[0]) if rows else ""


def _erase(box: FilmingBox, row: Recording) -> str:
    """ "erased", or the code of what the page is told."""
    if box.control.state.phase is Phase.FAULTED:
        box.press()
        box.wait_for(Phase.IDLE)
    erasures = box.erasures()
    with closing(erasures):
        try:
            waiting = erasures.begin(box.practitioner, (row.recording_id,), row.recording_id)
        except VigcamError as error:
            return error.code
        erasures.confirm(next(ask for ask in box.control.state.asks if ask.ask_id == waiting.ask_id))

        def look() -> str:
            try:
                answer = erasures.poll(box.practitioner, waiting.ask_id)
            except VigcamError as error:
                return error.code
            return "" if isinstance(answer, ErasureWaiting) else "erased"

        return wait_until(look)


def _words_fit(rows: tuple[Recording, ...], phase: Phase, fault: str, erased: str, trouble: Trouble) -> None:
    """What is not sealed was said to be not, at once; and what went well was not called a fault."""
    if trouble is Trouble.SHORT:
        assert (phase, fault, erased) == (Phase.ARMED, "", "erased")
    if erased == "erased":
        assert [row.state for row in rows] == [RecordingState.ERASED]
    if any(row.state is RecordingState.INTERRUPTED for row in rows):
        assert (phase, fault) == (Phase.FAULTED, "disk_error")
    if phase is Phase.FAULTED:
        assert fault


def _one_story(box: FilmingBox, left: dict[str, bytes]) -> str:
    """Catalogue, vault and log agree and claim no more than is so; what was left was read only. The state of the one row."""
    rows = box.rows()
    for row in rows:
        files = {name: data for name, data in _vault_files(box).items() if name.startswith(row.recording_id)}
        if row.state is RecordingState.ERASED:
            assert not files
            continue
        assert files == {name: data for name, data in left.items() if name.startswith(row.recording_id)}, "it was touched"
        assert row.state in (RecordingState.SEALED, RecordingState.INTERRUPTED)
        frames = _frames(box, row)
        assert frames >= row.frames_kept
        if row.state is RecordingState.SEALED:
            manifest = read_manifest(files[f"{row.recording_id}.json"], box.box.device_key.public_hex)
            assert hashlib.sha256(files[f"{row.recording_id}.mp4.age"]).hexdigest() == manifest.sealed_hash
            assert frames == row.frames_kept == round(box.seconds * 30)
    assert {*box.vault.parts(), *box.vault.recordings()} == {r.recording_id for r in rows if r.state is not RecordingState.ERASED}
    return rows[0].state.value if rows else ""


def _frames(box: FilmingBox, row: Recording) -> int:
    """Decoded, not only counted; 0 where not one picture had reached the disk."""
    opened = box.vault.open(row.recording_id)
    try:
        file_key, offset = open_header(box.vault.header(opened.fd), box.unlocked.identity)
        movie = open_movie(opened.fd, file_key, offset, opened.is_sealed)
        numbers = decode(movie.read_at(0, movie.size)).numbers
    except (SealBroken, Truncated):
        return 0
    finally:
        os.close(opened.fd)
    assert numbers == list(range(movie.index.frames))
    return len(numbers)


def _log_holds(box: FilmingBox) -> None:
    report = verify_log(box.folder / "audit.log", box.folder / "vault")
    assert (report.verdict, report.bad_line, report.findings) == (Verdict.GOOD, None, ())


def _nothing_in_clear(box: FilmingBox) -> None:
    files = [path.read_bytes() for path in box.folder.rglob("*") if path.is_file()]
    assert not [piece for piece in pieces(box.encoded) for data in files if piece in data]


def _vault_files(box: FilmingBox, only: dict[str, bytes] | None = None) -> dict[str, bytes]:
    folder = box.folder / "vault"
    return {path.name: path.read_bytes() for path in folder.iterdir() if only is None or path.name in only}
