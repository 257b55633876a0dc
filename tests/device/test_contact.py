"""Rules of one debounced switch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device.contact import SETTLE_NS, Contact, Report

MS = 1_000_000


def test_the_first_contact_counts_at_once():
    assert Contact(is_closed=False).closed() is Report.DOWN


def test_a_switch_that_is_closed_from_the_start_reports_no_press():
    assert Contact(is_closed=True).closed() is None


def test_a_release_counts_only_after_twenty_milliseconds_open():
    contact = Contact(is_closed=False)
    contact.closed()
    contact.opened(100 * MS)
    assert contact.settle(119 * MS, is_closed=False) is None
    assert contact.settle(120 * MS, is_closed=False) is Report.UP


def test_a_contact_that_closed_again_without_an_edge_is_not_released():
    contact = Contact(is_closed=False)
    contact.closed()
    contact.opened(0)
    assert contact.settle(SETTLE_NS, is_closed=True) is None
    assert contact.is_down


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=60))
def test_whatever_chatters_presses_and_releases_take_turns(edges):
    contact, now_ms, reports = Contact(is_closed=False), 0, []
    level = False
    for is_closed, gap_ms in edges:
        for _ in range(gap_ms):
            now_ms += 1
            reports.append(contact.settle(now_ms * MS, level))
        level = is_closed
        reports.append(contact.closed()) if is_closed else contact.opened(now_ms * MS)
    seen = [report for report in reports if report]
    assert seen == [Report.DOWN, Report.UP] * (len(seen) // 2) + [Report.DOWN] * (len(seen) % 2)


@given(st.lists(st.integers(0, 19), min_size=1, max_size=30))
def test_chatter_shorter_than_the_settling_time_is_one_press(gaps_ms):
    contact, now_ms = Contact(is_closed=False), 0
    reports = [contact.closed()]
    for index, gap_ms in enumerate(gaps_ms):
        now_ms += gap_ms
        reports.append(contact.settle(now_ms * MS, is_closed=index % 2 == 0))
        reports.append(contact.closed()) if index % 2 else contact.opened(now_ms * MS)
    assert [report for report in reports if report] == [Report.DOWN]
