"""Several films by one press: each case gets its receipt, whatever fails in the middle, and nothing goes that was not begun."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from erasing_box import box_with_films, close, erase, film, named, next_start, receipts, set_facts, take_over
from faults import FaultyDisk
from filming_box import FilmingBox

from capture.audit.verify import Verdict, verify_log
from capture.erasing.asking import ErasureDone, ErasureWaiting
from capture.erasing.book import Underway
from capture.errors import NotErasable, NotFound, NotNow, VigcamError
from capture.ids import PractitionerId, RecordingId, new_case_code, new_practitioner_id
from capture.model import Confidence, ErasureMethod, RecordingState
from capture.recorder.model import AskOutcome


@pytest.fixture
def filmed(tmp_path: Path) -> Iterator[tuple[FilmingBox, FaultyDisk, list[RecordingId]]]:
    box, disk, films = box_with_films(tmp_path, 2)
    yield box, disk, films
    disk.heal()
    close(box)


@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
def test_one_press_one_receipt_and_each_film_as_it_was(filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]]) -> None:
    box, _, films = filmed
    take_over(box, films[0])
    before = {one: box.recordings.get(one) for one in films}
    headers = {one: (box.folder / "vault" / f"{one}.mp4.age").read_bytes() for one in films}
    done = erase(box, films, box.case)
    assert isinstance(done, ErasureDone)
    [receipt] = receipts(box)
    assert done.erasure_ids == (receipt.erasure_id,)
    assert (receipt.box_id, receipt.case, receipt.practitioner) == (box.box.box_id, box.case, box.practitioner)
    lines = (box.folder / "audit.log").read_text().splitlines()
    for gone, one in zip(receipt.recordings, films, strict=True):
        was = before[one]
        assert (gone.recording_id, gone.filmed, gone.sealed_bytes) == (one, was.started, was.sealed_bytes)
        assert (gone.filmed_boot_id, gone.filmed_boottime_ns) == (was.boot_id, was.started_boottime_ns)
        assert gone.was_transferred == (one == films[0])
        header = headers[one][: headers[one].index(b"\n", headers[one].index(b"\n--- ") + 1) + 1]
        assert gone.header_hash == hashlib.sha256(header).hexdigest()
        assert (gone.method, gone.is_sync_reported) == (ErasureMethod.HEADER_OVERWRITTEN, True)
        line = lines[gone.audit_sequence - 1]
        assert f'"recording":"{one}","stage":"done"' in line
        assert f'"boot":"{gone.boot_id}","boottime_ms":{gone.boottime_ms},"wall_ms":{gone.erased.ms}' in line
        assert gone.erased.confidence is Confidence.BROWSER
    assert receipt.audit_sequence == len(lines)


@pytest.mark.promise("P9")
def test_films_of_two_cases_that_were_taken_over_give_two_receipts(
    filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]],
) -> None:
    box, _, films = filmed
    case, other = box.case, new_case_code()
    films.append(film(box, other))
    with pytest.raises(NotErasable):
        erase(box, films, case)
    for one in films:
        take_over(box, one)
    done = erase(box, films)
    assert isinstance(done, ErasureDone)
    assert named(receipts(box, case)) == films[:2]
    assert named(receipts(box, other)) == films[2:]
    assert len(done.erasure_ids) == 2


@pytest.mark.promise("P9")
def test_what_fails_in_the_middle_keeps_the_rest_and_vouches_for_what_is_gone(
    filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]],
) -> None:
    box, disk, films = filmed
    disk.fail("sync", path_end=f"{films[1]}.mp4.age")
    assert isinstance(erase(box, films, box.case), VigcamError)
    assert [box.recordings.get(one).state for one in films] == [RecordingState.ERASED, RecordingState.SEALED]
    assert named(receipts(box)) == films[:1]
    disk.heal()
    next_start(box)
    assert box.recordings.get(films[1]).state is RecordingState.ERASED, "its press was given, and its header is gone"
    assert [named([one]) for one in receipts(box)] == [films[:1], films[1:]]
    assert box.eraser.book.underway() == ()


@pytest.mark.promise("P9")
def test_a_second_press_ends_what_the_first_could_not_and_remembers_the_header_as_it_was(
    filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]],
) -> None:
    box, disk, films = filmed
    one = films[0]
    opened = box.vault.open(one)
    header_hash = hashlib.sha256(box.vault.header(opened.fd)).hexdigest()
    disk.fail("unlink")
    assert isinstance(erase(box, [one], one), VigcamError)
    disk.heal()
    assert isinstance(erase(box, [one], one), ErasureDone)
    [receipt] = receipts(box)
    assert receipt.recordings[0].header_hash == header_hash
    assert receipt.ask_id in (box.folder / "audit.log").read_text().splitlines()[-2]


@pytest.mark.promise("P9")
def test_a_locked_film_and_one_whose_header_nobody_can_read_are_erased_as_any(
    filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]],
) -> None:
    box, _, films = filmed
    set_facts(box, films[0], is_locked=True)
    (box.folder / "vault" / f"{films[1]}.mp4.age").write_bytes(b"")
    assert isinstance(erase(box, films, box.case), ErasureDone)
    [receipt] = receipts(box)
    assert [one.header_hash == "" for one in receipt.recordings] == [False, True]
    assert not list((box.folder / "vault").iterdir())


@pytest.mark.promise("P9")
@pytest.mark.promise("P10")
def test_a_batch_cut_at_any_step_becomes_one_story_with_a_receipt_for_what_went(tmp_path: Path) -> None:
    number, was_cut = 0, True
    while was_cut:
        box, disk, films = box_with_films(tmp_path / f"{number}", 2)
        calls = len(disk.calls)
        outcome = erase(box, films, box.case, partial(disk.die_at, calls + 2 + number))
        was_cut = not isinstance(outcome, ErasureDone)
        disk.heal()
        begun = [one for one in films if f'"recording":"{one}","stage":"begun"' in (box.folder / "audit.log").read_text()]
        next_start(box)
        what = f"call {number}"
        states = {one: box.recordings.get(one).state for one in films}
        gone = [one for one in films if states[one] is RecordingState.ERASED]
        assert set(gone) <= set(begun), what
        assert sorted(named(receipts(box))) == sorted(gone), what
        left = {path.name.partition(".")[0] for path in (box.folder / "vault").iterdir()}
        assert left == {one for one in films if one not in gone}, what
        assert box.eraser.book.underway() == (), what
        assert box.eraser.book.without_receipt() == (), what
        for one in left:
            assert (box.folder / "vault" / f"{one}.mp4.age").stat().st_size == box.recordings.get(RecordingId(one)).sealed_bytes
        report = verify_log(box.folder / "audit.log", box.folder / "vault")
        assert (report.verdict, report.findings) == (Verdict.GOOD, ()), what
        next_start(box)
        assert sorted(named(receipts(box))) == sorted(gone), what
        close(box)
        number += 1
    assert number > 20


@pytest.mark.promise("P9")
def test_what_vanished_while_an_erasure_was_cut_is_told_as_found_gone(
    filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]],
) -> None:
    box, disk, films = filmed
    disk.fail("sync_folder")
    assert isinstance(erase(box, films[:1], films[0]), VigcamError)
    disk.heal()
    next_start(box)
    [receipt] = receipts(box)
    assert [(one.method, one.is_sync_reported) for one in receipt.recordings] == [(ErasureMethod.FOUND_GONE, False)]
    assert receipt.recordings[0].header_hash


@pytest.mark.promise("P9")
def test_of_a_film_that_vanished_before_nothing_is_measured(filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]]) -> None:
    box, _, films = filmed
    (box.folder / "vault" / f"{films[0]}.mp4.age").unlink()
    assert isinstance(erase(box, films[:1], films[0]), ErasureDone)
    [gone] = receipts(box)[0].recordings
    assert (gone.method, gone.header_hash, gone.sealed_bytes) == (ErasureMethod.FOUND_GONE, "", 0)


@pytest.mark.promise("P9")
def test_a_press_erases_nothing_of_a_case_that_changed_hands_since_it_was_asked_for(
    filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]],
) -> None:
    box, _, films = filmed
    taker = new_practitioner_id()
    outcome = erase(box, films, box.case, lambda: box.recordings.hand_over(box.case, taker))
    assert isinstance(outcome, NotFound)
    assert [box.recordings.get(one).state for one in films] == [RecordingState.SEALED] * 2
    assert '"begun"' not in (box.folder / "audit.log").read_text()


@pytest.mark.promise("P9")
def test_what_another_press_has_erased_meanwhile_is_erased_once(
    filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]],
) -> None:
    box, _, films = filmed
    first = box.eraser.erase("ask-1", box.practitioner, films[:1])
    assert len(first) == 1
    second = box.eraser.erase("ask-2", box.practitioner, films)
    assert [(one.ask_id, named([one])) for one in receipts(box)] == [("ask-1", films[:1]), ("ask-2", films[1:])]
    assert second != first
    assert (box.folder / "audit.log").read_text().count('"stage":"done"') == 2


@pytest.mark.promise("P10")
def test_what_went_without_its_receipt_gets_it_with_the_next_and_is_not_called_the_next_ones(
    filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]],
) -> None:
    box, _, films = filmed
    box.eraser.end(box.eraser.book.begin(Underway(films[0], "ask-1", box.practitioner, "", 5)))
    assert receipts(box) == []
    done = erase(box, films[1:], films[1])
    assert isinstance(done, ErasureDone)
    first, second = receipts(box)
    assert (first.ask_id, named([first]), named([second])) == ("ask-1", films[:1], films[1:])
    assert done.erasure_ids == (second.erasure_id,)


def test_what_was_erased_is_told_to_who_asked_alone_and_once(filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]]) -> None:
    box, _, films = filmed
    erasures = box.erasures()
    waiting = erasures.begin(box.practitioner, tuple(films), box.case)
    erasures.confirm(next(ask for ask in box.control.state.asks if ask.ask_id == waiting.ask_id))
    erasures.close()  # once it is carried out
    with pytest.raises(NotFound):
        erasures.poll(PractitionerId("prac-zzzzzz"), waiting.ask_id)
    assert isinstance(erasures.poll(box.practitioner, waiting.ask_id), ErasureDone)
    with pytest.raises(NotFound):
        erasures.poll(box.practitioner, waiting.ask_id)


@pytest.mark.promise("P9")
def test_who_pressed_is_told_that_the_films_are_going(filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]]) -> None:
    box, _, films = filmed
    with closing(box.erasures()) as erasures:
        waiting = erasures.begin(box.practitioner, tuple(films), box.case)
        assert not waiting.is_pressed
        with box.vault.changing:  # the disk is slow
            erasures.confirm(next(ask for ask in box.control.state.asks if ask.ask_id == waiting.ask_id))
            going = erasures.poll(box.practitioner, waiting.ask_id)
        assert isinstance(going, ErasureWaiting)
        assert going.is_pressed


@pytest.mark.parametrize("outcome", list(AskOutcome))
def test_whatever_made_a_press_count_for_nothing_is_told_by_its_name(
    filmed: tuple[FilmingBox, FaultyDisk, list[RecordingId]], outcome: AskOutcome
) -> None:
    box, _, films = filmed
    with closing(box.erasures()) as erasures:
        waiting = erasures.begin(box.practitioner, tuple(films), box.case)
        erasures.refuse(next(ask for ask in box.control.state.asks if ask.ask_id == waiting.ask_id), outcome)
        with pytest.raises(NotNow) as refused:
            erasures.poll(box.practitioner, waiting.ask_id)
    assert refused.value.reasons == (f"ask_{outcome.value}",)
