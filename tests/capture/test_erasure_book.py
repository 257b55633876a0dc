"""What the catalogue knows of erasures and of what is due: of one practitioner, complete, also where an older version began."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from fuzz.receipt import KEY, RECEIPT

from capture import schema
from capture.catalogue import Catalogue
from capture.consent.retention import DAY_MS, Kept
from capture.erasing.book import CaseRow, DueRow, ErasureBook, Gone, KeptReceipt, Underway
from capture.errors import CatalogueBroken
from capture.ids import CaseCode, PractitionerId, RecordingId, new_case_code, new_practitioner_id, new_recording_id, new_visit_id
from capture.messages import MAX_MESSAGE_BYTES, ReceiptPage, encode
from capture.messages.exports import SignedReceipt
from capture.model import Confidence, ErasedRecording, Recording, RecordingState, WallTime
from capture.receipts import sign_receipt
from capture.recordings import Recordings

ME, ANOTHER = new_practitioner_id(), new_practitioner_id()
NOON = WallTime(ms=1_800_000_000_000, confidence=Confidence.BROWSER)
HASH = "c" * 64


@pytest.fixture
def book(tmp_path: Path) -> Iterator[ErasureBook]:
    with closing(Catalogue.open(tmp_path / "catalogue.sqlite")) as catalogue:
        yield ErasureBook(catalogue)


def case(book: ErasureBook, latest_ms: int | None, who: PractitionerId = ME) -> CaseCode:
    code = new_case_code()
    add = "INSERT INTO case_head (case_code, practitioner, count, last_hash, erase_due_ms) VALUES (?, ?, 1, '', ?)"
    book.catalogue.change(add, code, who, latest_ms)
    return code


def film(book: ErasureBook, code: CaseCode, **changed: object) -> RecordingId:
    made = Recording(
        recording_id=new_recording_id(),
        case=code,
        visit_id=new_visit_id(),
        practitioner=ME,
        state=RecordingState.SEALED,
        started=NOON,
        boot_id="a" * 32,
        started_boottime_ns=1,
        marks_ms=(1, 2),
        duration_ms=3,
    )
    recording = msgspec.structs.replace(made, **changed)
    Recordings(book.catalogue).add(recording)
    return recording.recording_id


def gone(recording_id: RecordingId) -> ErasedRecording:
    return msgspec.structs.replace(RECEIPT.recordings[0], recording_id=recording_id)


def test_only_ones_own_cases_with_films_on_the_box_are_due_and_the_most_overdue_comes_first(book: ErasureBook) -> None:
    soon, late = case(book, NOON.ms), case(book, NOON.ms - 400 * DAY_MS)
    film(book, soon)
    film(book, soon, is_transferred=True)
    film(book, soon, state=RecordingState.ERASED)
    film(book, late, state=RecordingState.INTERRUPTED)
    film(book, case(book, NOON.ms + 90 * DAY_MS))
    film(book, case(book, None))
    film(book, case(book, NOON.ms, ANOTHER))
    film(book, case(book, NOON.ms), state=RecordingState.ERASED)
    case(book, NOON.ms)
    found = book.due(ME, Kept().latest_to_remind_of(NOON), 10)
    assert found == (DueRow(late, NOON.ms - 400 * DAY_MS, 1, 1), DueRow(soon, NOON.ms, 2, 1))
    assert book.due(ME, Kept().latest_to_remind_of(NOON), 1) == found[:1]


@pytest.mark.promise("P9")
def test_a_clock_years_ahead_proposes_and_one_that_goes_back_takes_the_proposal_back(book: ErasureBook) -> None:
    film(book, case(book, NOON.ms + 60 * DAY_MS))
    before = list(book.catalogue.rows("SELECT * FROM recording"))
    ahead = WallTime(ms=NOON.ms + 3_650 * DAY_MS, confidence=Confidence.BROWSER)
    assert len(book.due(ME, Kept().latest_to_remind_of(ahead), 10)) == 1
    assert book.due(ME, Kept().latest_to_remind_of(NOON), 10) == ()
    assert list(book.catalogue.rows("SELECT * FROM recording")) == before


def test_where_the_box_knows_no_date_every_noted_day_is_told(book: ErasureBook) -> None:
    film(book, case(book, NOON.ms + 3_650 * DAY_MS))
    film(book, case(book, None))
    nobody_knows = WallTime(ms=NOON.ms, confidence=Confidence.NONE)
    assert len(book.due(ME, Kept().latest_to_remind_of(nobody_knows), 10)) == 1


def test_a_film_is_in_the_book_until_its_receipt_is_and_its_tombstone_has_no_moment(book: ErasureBook) -> None:
    code = case(book, None)
    one = film(book, code)
    begun = book.begin(Underway(one, "ask-1", ME, HASH, 5))
    assert book.underway() == (begun,)
    assert Recordings(book.catalogue).being_erased() == (one,)
    book.end(gone(one))
    row = Recordings(book.catalogue).get(one)
    assert (row.state, row.marks_ms, row.duration_ms) == (RecordingState.ERASED, (), 0)
    assert book.underway() == ()
    [left] = book.without_receipt()
    assert left == Gone("ask-1", code, ME, (gone(one),))
    book.keep(KeptReceipt("era-1", code, ME, b"signed"), left)
    assert book.without_receipt() == ()
    assert book.receipts(code) == (KeptReceipt("era-1", code, ME, b"signed"),)
    with pytest.raises(CatalogueBroken):
        book.keep(KeptReceipt("era-1", code, ME, b"again"), left)


def test_begun_again_it_is_the_new_press_that_counts_and_the_header_as_it_was(book: ErasureBook) -> None:
    one = film(book, case(book, None))
    book.begin(Underway(one, "ask-1", ME, HASH, 5))
    assert book.begin(Underway(one, "ask-2", ANOTHER, "", 0)) == Underway(one, "ask-2", ANOTHER, HASH, 5)


def test_what_is_known_of_an_erasure_is_read_strictly(book: ErasureBook) -> None:
    one = film(book, case(book, None))
    book.begin(Underway(one, "ask-1", ME, HASH, 5))
    book.catalogue.change("UPDATE erasing SET gone = ?", b'{"recording_id":"x"}')
    with pytest.raises(CatalogueBroken):
        book.without_receipt()


def test_an_erasure_that_an_older_version_began_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    before = next(number for number, step in enumerate(schema.STEPS) if any("CREATE TABLE erasing" in one for one in step))
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        schema.upgrade(old, schema.STEPS[:before])
    ids = [RecordingId(f"rec-{letter * 16}") for letter in "abc"]
    values = f"NULL, ?, 'VIG-AAAA', 'v', '{ME}', 'sealed', 0, 'none', '', 0, NULL, 0, 77, 0, 0, '[]', 0, 0, 0"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for one in ids:
            old.execute(f"INSERT INTO recording VALUES ({values})", (one,))
        old.execute("INSERT INTO meta VALUES ('recordings.being_erased', ?)", (f"{ids[0]} {ids[2]}",))
    with closing(Catalogue.open(path)) as catalogue:
        found = ErasureBook(catalogue).underway()
        assert found == tuple(Underway(one, "", ME, "", 77) for one in (ids[0], ids[2]))
        assert catalogue.meta("recordings.being_erased") is None


def test_the_receipt_of_the_largest_batch_fits_into_a_message() -> None:
    longest = msgspec.structs.replace(RECEIPT.recordings[0], filmed_boottime_ns=2**62, boottime_ms=2**52, audit_sequence=2**52)
    receipt = msgspec.structs.replace(RECEIPT, recordings=(longest,) * 50)
    page = ReceiptPage(receipts=(SignedReceipt(number=1, erasure_id="e" * 20, data=sign_receipt(receipt, KEY)),), is_last=False)
    assert len(encode(page)) < MAX_MESSAGE_BYTES / 2


def test_every_case_is_listed_whosever_it_is_page_by_page(book: ErasureBook) -> None:
    ended, going_on, empty = case(book, 5), case(book, None, ANOTHER), case(book, 7)
    film(book, ended)
    film(book, ended, is_transferred=True)
    film(book, ended, state=RecordingState.ERASED)
    film(book, going_on)
    expected = {
        CaseRow(ended, ME, 5, 2, 1),
        CaseRow(going_on, ANOTHER, None, 1, 1),
        CaseRow(empty, ME, 7, 0, 0),
    }
    found = book.every_case("", 2)
    found += book.every_case(found[-1].case, 2)
    assert set(found) == expected
    assert [one.case for one in found] == sorted([ended, going_on, empty])
