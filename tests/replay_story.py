"""A visit on a box whose disk is recorded: one take from the hold to the manifest, and if wanted its erasure. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from capture_box import wait_until
from disk_record import Create, RecordingDisk, Tape, Write
from factory import Encoded
from filming_box import FilmingBox

from capture.audit.chain import read_chain
from capture.erasing.asking import ErasureWaiting
from capture.ids import BoxId, RecordingId, recording_id
from capture.recorder.model import Phase
from capture.seal.keys import Identity
from device.disk import SystemDisk

CATALOGUE = ("catalogue.sqlite", "catalogue.sqlite-wal")
_PIECE = slice(32, 64)


@dataclass(frozen=True, slots=True)
class Moment:
    """Taken between two steps: the catalogue's files, the log's head as claimed, whether the erasure was said to be done."""

    catalogue: tuple[bytes, ...]
    lines: int
    is_erased: bool


@dataclass(frozen=True, slots=True)
class Story:
    """What was recorded, and what is needed to read it. `film` is the number of the recording's file on the tape."""

    folder: Path
    box_id: BoxId
    tape: Tape[Moment]
    recording_id: RecordingId
    identity: Identity
    film: int
    links: tuple[str, ...]
    frames: int
    clear: tuple[bytes, ...]
    """Pieces of the plaintext that must be nowhere."""

    def written(self) -> list[Write]:
        """Every write to the recording's own file."""
        return [step for step in self.tape.steps if isinstance(step, Write) and step.file == self.film]


@dataclass
class Told:
    """What the box has said so far."""

    is_erased: bool = False


def tell(
    folder: Path,
    encoded: Encoded,
    seconds: float,
    *,
    first: Callable[[FilmingBox], None] = lambda _box: None,
    then: Callable[[FilmingBox, Told], None] = lambda _box, _told: None,
) -> Story:
    """Film for so long on a new box in `folder`, then do what else is wanted, then end the daemon. What `first` does to the box
    may keep it from filming."""
    disk: RecordingDisk[Moment] = RecordingDisk(SystemDisk())
    box = FilmingBox(folder, disk, encoded, seconds).start()
    told = Told()

    def witness() -> Moment:
        files = tuple((folder / name).read_bytes() for name in CATALOGUE)
        return Moment(files, box.box.audit.head.sequence, told.is_erased)

    tape = disk.roll(folder, [folder / "audit.log"], witness)
    first(box)
    frames = 0
    box.arm()
    box.hold()
    if box.wait_for(Phase.RECORDING, Phase.FAULTED) is Phase.RECORDING:
        box.press()
        box.wait_for(Phase.ARMED)
        frames = max(row.frames_kept for row in box.rows())
        then(box, told)
    box.shut()
    disk.stop()
    box.box.close()
    [part] = [step for step in tape.steps if isinstance(step, Create) and step.path.suffix == ".part"]
    return Story(
        folder,
        box.box.box_id,
        tape,
        recording_id(part.path.name.partition(".")[0]),
        box.unlocked.identity,
        part.file,
        tuple(read_chain(folder / "audit.log").links),
        frames,
        pieces(encoded),
    )


def erase(box: FilmingBox, told: Told) -> None:
    """Asked for, and pressed; told once the box has said so."""
    erasures = box.erasures()
    filmed = box.rows()[0].recording_id
    waiting = erasures.begin(box.practitioner, (filmed,), filmed)
    erasures.confirm(next(ask for ask in box.control.state.asks if ask.ask_id == waiting.ask_id))
    wait_until(lambda: not isinstance(erasures.poll(box.practitioner, waiting.ask_id), ErasureWaiting))
    told.is_erased = True
    erasures.close()


def pieces(encoded: Encoded) -> tuple[bytes, ...]:
    """Bytes out of the middle of every picture and of the sound, and words of the container: none may reach a disk in clear."""
    packets = (packet.data for packet in (*encoded.video, *encoded.audio))
    return (b"ftypiso5", b"avcC\x01", *(data[_PIECE] for data in packets if len(data) >= _PIECE.stop))
