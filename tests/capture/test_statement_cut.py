"""Power is cut anywhere between a statement's line and its commit: it is there, or it is told to be lost and its case is held."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from disk_record import RecordingDisk, Tape
from disk_replay import Kept, cut_at, kept_after
from record_box import ADULT, RecordBox

from capture.audit.log import AuditEvent, AuditLog
from capture.audit.verify import Verdict, verify_log
from capture.catalogue import Catalogue
from capture.held_cases import HeldCases
from capture.ids import CaseCode
from capture.log_memory import LogMemory, remembered_head
from capture.recall import recall
from device.disk import SystemDisk

FILES = ("catalogue.sqlite", "catalogue.sqlite-wal")
STATEMENTS = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """The catalogue's files as they stand, and how many statements somebody was told are there."""

    catalogue: tuple[bytes, ...]
    told: int


@dataclass(frozen=True, slots=True)
class Story:
    box: RecordBox
    case: CaseCode
    tape: Tape[Moment]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Statements in a case, lines beside them, and housekeeping."""
    folder = tmp_path_factory.mktemp("story")
    disk: RecordingDisk[Moment] = RecordingDisk(SystemDisk())
    box = RecordBox(folder, disk)
    box.audit.append(AuditEvent.BOX_PROVISIONED, box=box.box_id)
    unlocked = box.sign_in()
    case, told = box.open_case(unlocked), [1]

    def witness() -> Moment:
        return Moment(tuple((folder / name).read_bytes() for name in FILES), told[0])

    tape = disk.roll(folder, [folder / "audit.log"], witness)
    memory = LogMemory(box.catalogue, box.audit, box.clock)
    for _ in range(STATEMENTS):
        box.add(unlocked, case, ADULT)
        told[0] += 1
        box.audit.append(AuditEvent.PRESS)
        memory.remember()
        box.audit.append(AuditEvent.PRESS)
    disk.stop()
    box.close()
    return Story(box, case, tape)


def judge(story: Story, kept: Kept, moment: Moment, folder: Path) -> bool:
    """Start on this disk and assert what must hold; whether a statement was lost."""
    for path in folder.iterdir():
        path.unlink()
    kept.lay(folder)
    for name, data in zip(FILES, moment.catalogue, strict=True):
        (folder / name).write_bytes(data)
    box, log = story.box, folder / "audit.log"
    with closing(Catalogue.open(folder / FILES[0])) as opened:
        remembered = remembered_head(opened)
        with closing(
            AuditLog.open(log, box.device_key, box.clock, SystemDisk(), lambda: box.wall, remembered=remembered)
        ) as audit:
            assert not audit.is_cut, "a power cut is taken for somebody's knife"
            memory = LogMemory(opened, audit, box.clock)
            memory.settle(log)
            audit.append(AuditEvent.STARTED)
            head = opened.head(story.case)
            assert head is not None
            assert head.count >= moment.told, "a statement is gone that somebody was told is there"
            is_held = bool(HeldCases(opened).all())
    key = box.device_key.public_hex
    report = verify_log(log, None, known_key=key, recall=lambda: recall(folder, key))
    assert (report.verdict, report.findings) == (Verdict.GOOD, ()), report.findings
    assert is_held is any("was lost" in note.what for note in report.notes), "held without a word, or lost without a hold"
    return is_held


@pytest.mark.promise("P3")
@pytest.mark.promise("P10")
def test_a_statement_is_never_lost_in_silence(story: Story, tmp_path: Path) -> None:
    lost, seen = 0, set()
    for at in range(len(story.tape.steps) + 1):
        cut = cut_at(story.tape, at)
        moments = {story.tape.before[max(0, at - 1)], story.tape.before[at]}  # a commit falls between two steps
        for kept in kept_after(cut, samples=1):
            for moment in moments:
                what = (tuple(kept.contents.values()), moment)
                if what not in seen:
                    seen.add(what)
                    lost += judge(story, kept, moment, tmp_path)
    assert lost >= STATEMENTS, "no statement was lost on any disk: nothing was tried"
