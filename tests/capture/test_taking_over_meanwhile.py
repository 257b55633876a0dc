"""What goes on at the box while a case changes hands: erasing, damage, a case that is held, somebody who looked before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from factory import UnsyncedDisk
from faults import FaultyDisk
from hand_over_box import FOOTAGE, HandOverBox

from capture.audit.verify import Verdict
from capture.erasing.book import ErasureBook, Underway
from capture.erasing.eraser import Eraser
from capture.errors import NotFound, NotNow
from capture.held_cases import HeldCases
from capture.ids import RecordingId
from capture.model import RecordingState, WallTime
from capture.seal.header import parse_header
from capture.seal.keys import Identity

pytestmark = pytest.mark.promise("P9")


@pytest.fixture
def disk() -> FaultyDisk:
    return FaultyDisk(UnsyncedDisk())


@pytest.fixture
def box(tmp_path: Path, disk: FaultyDisk) -> Iterator[HandOverBox]:
    box = HandOverBox(tmp_path, disk)
    yield box
    box.close()


def erase(box: HandOverBox, recording: RecordingId) -> None:
    """As a press does it, from the note on that it is begun."""
    eraser = Eraser(box.box.box_id, box.vault, box.box.catalogue, box.box.audit, box.box.device_key)
    eraser.end(begin_erasing(box, recording))
    eraser.sign_receipts()


def begin_erasing(box: HandOverBox, recording: RecordingId) -> Underway:
    return ErasureBook(box.box.catalogue).begin(Underway(recording, "ask-2222222222222222", box.taker.practitioner, "", 0))


def test_case_is_not_packed_while_one_of_its_films_is_erased(box: HandOverBox) -> None:
    film = box.film()
    begin_erasing(box, film)
    with pytest.raises(NotNow):
        box.packed()


def test_case_is_not_packed_while_it_is_filmed(box: HandOverBox) -> None:
    film = box.film()
    box.box.catalogue.change("UPDATE recording SET state = ? WHERE recording_id = ?", RecordingState.FILMING.value, film)
    with pytest.raises(NotNow):
        box.packed()


def test_case_is_not_packed_again_before_its_films_have_their_headers(box: HandOverBox) -> None:
    box.film()
    box.bring(box.rewrapped())
    box.take_over()
    with pytest.raises(NotNow):
        box.packing.pack(box.case, box.giver.practitioner, ())
    box.swap_all()
    box.packing.pack(box.case, box.giver.practitioner, ())


def test_case_is_handed_back(box: HandOverBox) -> None:
    film = box.film()
    box.bring(box.rewrapped())
    box.take_over()
    box.swap_all()
    box.giver, box.taker = box.taker, box.giver
    box.bring(box.rewrapped())
    box.take_over()
    box.swap_all()
    assert box.shown(film, box.taker.identity) == FOOTAGE + b"the end"
    assert box.verify().verdict is Verdict.GOOD


def test_film_erased_before_it_got_its_header_stays_erased(box: HandOverBox) -> None:
    film = box.film()
    box.bring(box.rewrapped())
    box.take_over()
    erase(box, film)
    box.swap_all()
    assert list((box.folder / "vault").iterdir()) == []
    assert box.new_headers.all() == ()


def test_film_erased_while_its_header_is_announced_stays_erased(box: HandOverBox, disk: FaultyDisk) -> None:
    film = box.film()
    box.bring(box.rewrapped())
    box.take_over()
    lines = disk.calls.count("write_all")
    disk.stall("write_all", 0.2, "audit.log")
    box.swapping.begin()
    disk.wait_for("write_all", lines + 1)
    erase(box, film)
    disk.heal()
    box.swapping.close()
    box.swap_all()
    assert list((box.folder / "vault").iterdir()) == []
    assert box.new_headers.all() == ()


def test_whoever_looked_before_does_not_take_a_film_back(box: HandOverBox) -> None:
    film = box.cut()
    seen = box.recordings.get(film)
    box.bring(box.rewrapped())
    box.take_over()
    with pytest.raises(NotNow):
        box.recordings.update(msgspec.structs.replace(seen, frames_kept=5))
    assert box.recordings.get(film).practitioner == box.taker.practitioner


@pytest.mark.parametrize("make", [HandOverBox.film, HandOverBox.cut])
def test_film_damaged_at_its_beginning_changes_hands_with_what_is_left(
    box: HandOverBox, make: Callable[[HandOverBox], RecordingId]
) -> None:
    film = make(box)
    [path] = (box.folder / "vault").glob(f"{film}.mp4.age*")
    data = bytearray(path.read_bytes())
    data[parse_header(bytes(data)).length + 100] ^= 1
    path.write_bytes(data)
    box.bring(box.rewrapped())
    box.take_over()
    box.swap_all()
    length = parse_header(path.read_bytes()).length
    assert path.read_bytes()[length:] == data[length:]
    assert path.read_bytes()[:length] != data[:length]


def test_film_gets_its_header_only_while_nothing_is_filmed(box: HandOverBox, disk: FaultyDisk) -> None:
    film = box.film()
    box.bring(box.rewrapped())
    box.take_over()
    box.is_camera_open = True
    lines = disk.calls.count("write_all")
    box.swapping.begin()
    box.swapping.close()
    assert disk.calls.count("write_all") == lines
    assert box.new_headers.has(film)
    box.is_camera_open = False
    box.open_work()
    box.swapping.begin()
    disk.wait_for("write_all", lines + 2)
    box.swapping.close()
    assert box.shown(film, box.taker.identity) == FOOTAGE + b"the end"


def test_case_of_somebody_who_left_is_taken_over(box: HandOverBox) -> None:
    film = box.film()
    box.box.keyrings.retire(box.giver.practitioner)
    box.bring(box.rewrapped())
    box.take_over()
    box.swap_all()
    assert len(box.read(box.taker).record.consents) == 2
    assert box.shown(film, box.taker.identity) == FOOTAGE + b"the end"


def test_what_was_erased_before_stays_as_it_went(box: HandOverBox) -> None:
    film = box.film()
    box.recordings.mark_transferred(film)
    erase(box, film)
    box.bring(box.rewrapped())
    box.take_over()
    tombstone = box.recordings.get(film)
    assert (tombstone.practitioner, tombstone.is_transferred) == (box.taker.practitioner, True)


def test_case_that_is_held_stays_held_until_its_taker_says_something(box: HandOverBox) -> None:
    held = HeldCases(box.box.catalogue)
    held.hold([box.case])
    box.bring(box.rewrapped())
    box.take_over()
    assert box.case in held.all()
    box.box.records.state_needs(box.taker, box.box.recovery, box.case, "large print")
    assert box.case not in held.all()


def test_film_that_vanished_stops_nobody(box: HandOverBox, disk: FaultyDisk) -> None:
    gone, film = box.film(), box.film()
    box.bring(box.rewrapped())
    box.take_over()
    (box.folder / "vault" / f"{gone}.mp4.age").unlink()
    lines = disk.calls.count("write_all")
    box.swapping.begin()
    disk.wait_for("write_all", lines + 2)
    box.swapping.close()
    assert [one.recording_id for one in box.new_headers.all()] == [gone]
    assert box.shown(film, box.taker.identity) == FOOTAGE + b"the end"


def test_result_that_names_another_giver_is_of_another_case(box: HandOverBox) -> None:
    result = msgspec.structs.replace(box.rewrapped(), giver=box.box.sign_in().practitioner)
    with pytest.raises(NotNow):
        box.bring(result)


def test_result_that_names_the_only_film_twice_is_refused(box: HandOverBox) -> None:
    box.film()
    result = box.rewrapped()
    with pytest.raises(NotNow):
        box.bring(msgspec.structs.replace(result, recordings=result.recordings * 2))


def test_taker_is_known_to_the_box(box: HandOverBox) -> None:
    with pytest.raises(NotFound):
        box.packing.pack(box.case, box.box.box_id, ())  # type: ignore[arg-type]  # no practitioner


def another_recovery(box: HandOverBox) -> None:
    box.box.keyrings.replace_recovery(Identity.generate().recipient)


def retired_taker(box: HandOverBox) -> None:
    box.box.keyrings.retire(box.taker.practitioner)


@pytest.mark.parametrize("change", [another_recovery, retired_taker])
def test_case_stays_its_givers_where_trust_changed_while_it_was_opened(
    box: HandOverBox, change: Callable[[HandOverBox], None]
) -> None:
    box.bring(box.rewrapped())

    def now() -> WallTime:  # asked for the statement, once all is open
        change(box)
        return box.box.wall

    box.taking_over = replace(box.taking_over, now=now)
    with pytest.raises(NotNow):
        box.take_over()
    head = box.box.catalogue.head(box.case)
    assert head is not None
    assert head.practitioner == box.giver.practitioner
    assert [one.case for one in box.shelf.for_taker(box.taker.practitioner)] == [box.case]
