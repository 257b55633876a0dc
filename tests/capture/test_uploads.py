"""Long files in short messages: in order, whole, and only with the ticket that was given for them."""

from __future__ import annotations

import hashlib

import pytest

from capture.errors import BadRequest, NotFound
from capture.handover.uploads import PART_BYTES, Uploads

DATA = bytes(range(256)) * 400


def expecting(data: bytes = DATA) -> tuple[Uploads, str]:
    uploads = Uploads()
    return uploads, uploads.expect(len(data), hashlib.sha256(data).hexdigest())


def bring(uploads: Uploads, ticket: str, data: bytes = DATA) -> None:
    for offset in range(0, len(data), PART_BYTES):
        uploads.bring(ticket, offset, data[offset : offset + PART_BYTES])


def test_file_is_fetched_part_by_part() -> None:
    uploads = Uploads()
    ticket, got = uploads.offer(DATA), b""
    while part := uploads.fetch(ticket, len(got)):
        assert len(part) <= PART_BYTES
        got += part
    assert got == DATA


def test_file_is_brought_part_by_part_and_taken_once() -> None:
    uploads, ticket = expecting()
    bring(uploads, ticket)
    assert uploads.take(ticket) == DATA
    with pytest.raises(NotFound):
        uploads.take(ticket)


def test_part_whose_answer_was_lost_is_sent_again() -> None:
    uploads, ticket = expecting()
    uploads.bring(ticket, 0, DATA[:100])
    uploads.bring(ticket, 0, DATA[:100])
    uploads.bring(ticket, 50, DATA[50:200])
    bring(uploads, ticket)
    assert uploads.take(ticket) == DATA


@pytest.mark.parametrize(
    ("offset", "data"), [(101, DATA[101:200]), (0, b"other" + DATA[5:100]), (60, DATA[59:70]), (0, DATA + b"x")]
)
def test_part_that_does_not_fit_is_refused_and_changes_nothing(offset: int, data: bytes) -> None:
    uploads, ticket = expecting()
    uploads.bring(ticket, 0, DATA[:100])
    with pytest.raises(BadRequest):
        uploads.bring(ticket, offset, data)
    bring(uploads, ticket)
    assert uploads.take(ticket) == DATA


def test_file_that_is_not_whole_waits_for_its_rest() -> None:
    uploads, ticket = expecting()
    uploads.bring(ticket, 0, DATA[:-1])
    with pytest.raises(BadRequest):
        uploads.take(ticket)
    bring(uploads, ticket)
    assert uploads.take(ticket) == DATA


def test_file_of_another_hash_is_refused() -> None:
    uploads, ticket = expecting()
    bring(uploads, ticket, DATA[:-1] + b"\0")
    with pytest.raises(BadRequest):
        uploads.take(ticket)


def test_second_file_takes_the_place_of_the_first() -> None:
    uploads, first = expecting()
    uploads.expect(3, hashlib.sha256(b"abc").hexdigest())
    with pytest.raises(NotFound):
        bring(uploads, first)
    offered = uploads.offer(b"one")
    uploads.offer(b"two")
    with pytest.raises(NotFound):
        uploads.fetch(offered, 0)


@pytest.mark.parametrize("ticket", ["", "x" * 32])
def test_nothing_is_had_without_its_ticket(ticket: str) -> None:
    fresh = Uploads()
    used, _ = expecting()
    used.offer(DATA)
    for uploads in (fresh, used):
        with pytest.raises(NotFound):
            uploads.fetch(ticket, 0)
        with pytest.raises(NotFound):
            uploads.bring(ticket, 0, b"x")
        with pytest.raises(NotFound):
            uploads.take(ticket)
