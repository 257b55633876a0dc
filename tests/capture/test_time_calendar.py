"""Consents over leap days, summer time, 2038 and leap seconds: a day is 86,400 seconds of UTC whatever clocks on walls do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_notices import NOTICES
from paper_family import placed
from record_box import HandClock, RecordBox, film

from capture.anchor import EARLIEST_MS, TimeAnchor
from capture.audit.line import parse_line
from capture.consent.case_record import CaseRecord
from capture.consent.consent_rules import to_consent
from capture.consent.gate import permits
from capture.errors import ConsentMissing
from capture.ids import new_case_code, new_consent_id, new_participant_id
from capture.model import ArmMode, Case, Confidence, ParentalResponsibility, Participant, Role, Scope, WallTime

DAY_MS = 86_400_000
ADULT = Participant(
    participant_id=new_participant_id(),
    label="Adult A",
    role=Role.PARENT,
    is_child=False,
    responsibility=ParentalResponsibility.HOLDS,
)

LONDON_REPEATS = "2027-10-31T00:30"
"""UTC: half past one in British summer time; an hour later it is half past one again, in winter time."""
LONDON_SKIPS = "2027-03-28T01:00"
"""UTC: the hour from one to two does not exist on walls in Britain on this day."""


def ms(text: str) -> int:
    """UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def at(when_ms: int) -> WallTime:
    return WallTime(ms=when_ms, confidence=Confidence.BROWSER)


def record(given_ms: int, valid_days: int) -> CaseRecord:
    who = ADULT.participant_id
    consent = to_consent(film(who, who, valid_days=valid_days), new_consent_id(), NOTICES, at(given_ms))
    case = Case(code=new_case_code(), opened=at(given_ms))
    return CaseRecord(case=case, participants=(ADULT,), placed=placed(consent))


def ends_at(given_ms: int, valid_days: int) -> int:
    """The first millisecond at which it does not hold any more, found by asking the gate."""
    found = record(given_ms, valid_days)
    expires_ms = found.consents[0].expires_ms
    is_given = [permits(Scope.FILM, (ADULT.participant_id,), found, at(when)).is_given for when in (expires_ms - 1, expires_ms)]
    assert is_given == [True, False]
    return expires_ms


@pytest.fixture(params=["UTC", "Europe/London", "Pacific/Apia", "America/St_Johns"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Whatever time zone the machine is set to."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.promise("P3")
@pytest.mark.parametrize(
    ("given_at", "valid_days", "ends"),
    [
        ("2028-02-29T12:00", 365, "2029-02-28T12:00"),
        ("2028-02-28T12:00", 366, "2029-02-28T12:00"),
        ("2027-03-01T00:00", 365, "2028-02-29T00:00"),
        ("2028-02-29T23:59", 1, "2028-03-01T23:59"),
        (LONDON_REPEATS, 1, "2027-11-01T00:30"),
        (LONDON_SKIPS, 1, "2027-03-29T01:00"),
        ("2027-03-27T01:30", 1, "2027-03-28T01:30"),
        ("2037-12-31T00:00", 30, "2038-01-30T00:00"),
        ("2106-02-07T00:00", 60, "2106-04-08T00:00"),
        ("2026-12-31T23:59", 1, "2027-01-01T23:59"),
    ],
)
def test_a_consent_lasts_so_many_days_of_utc(zone: str, given_at: str, valid_days: int, ends: str) -> None:
    assert ends_at(ms(given_at), valid_days) == ms(ends)


@pytest.mark.promise("P3")
@given(
    given_ms=st.integers(EARLIEST_MS, ms("2120-01-01T00:00")),
    valid_days=st.integers(1, 730),
    away_ms=st.integers(-DAY_MS, DAY_MS),
)
def test_a_consent_holds_from_its_giving_to_its_last_millisecond_and_at_no_other_time(
    given_ms: int, valid_days: int, away_ms: int
) -> None:
    found = record(given_ms, valid_days)
    for when in (given_ms + away_ms, given_ms + valid_days * DAY_MS + away_ms):
        holds = given_ms <= when < given_ms + valid_days * DAY_MS
        assert permits(Scope.FILM, (ADULT.participant_id,), found, at(when)).is_given is holds


def test_no_leap_second_is_waited_for() -> None:
    # 2016 had the last one so far; UTC as computers count it knows none
    assert ends_at(ms("2016-12-31T12:00"), 1) - ms("2016-12-31T12:00") == DAY_MS


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RecordBox]:
    box = RecordBox(tmp_path)
    yield box
    box.close()


@pytest.mark.promise("P3")
@pytest.mark.parametrize(
    "first", [LONDON_REPEATS, LONDON_SKIPS, "2038-01-19T03:14:07", "2106-02-07T06:28:15", "2028-02-29T23:59:59"]
)
def test_what_is_said_two_seconds_apart_stays_in_its_order_around_every_odd_moment(box: RecordBox, first: str) -> None:
    """Signed, sealed, kept and read again: no step of the way knows a time zone or a small whole number."""
    box.set_wall(ms(first))
    unlocked = box.sign_in()
    case, parent, baby = box.family(unlocked)
    box.set_wall(ms(first) + 2_000)
    box.consent(unlocked, case, film(parent.participant_id, parent.participant_id, valid_days=1))
    consents = box.records.case(unlocked, case).consents
    assert [consent.given.ms for consent in consents] == [ms(first), ms(first), ms(first) + 2_000]
    people = (parent.participant_id, baby.participant_id)
    arming = box.records.record_arming(unlocked, box.recovery, case, people, mode=ArmMode.FILM, lease_s=10_800)
    box.set_wall(ms(first) + 2_000 + DAY_MS)
    with pytest.raises(ConsentMissing) as refused:
        box.records.verify_arming(unlocked, arming)
    assert refused.value.reasons == ("consent_expired",)


@pytest.mark.parametrize("when", ["2038-01-19T03:14:08", "2106-02-07T06:28:16", "9899-12-30T00:00"])
def test_the_anchor_goes_on_where_small_counters_end(when: str) -> None:
    kept: list[str] = []
    clock = HandClock(system_ms=0)
    anchor = TimeAnchor(clock, lambda: kept[-1] if kept else None, kept.append)
    anchor.offer(ms(when) - 1_000, is_confirmed=True)
    clock.run(2)
    assert anchor.now() == at(ms(when) + 1_000)
    clock.reboot("b" * 32, system_ms=0)
    again = TimeAnchor(clock, lambda: kept[-1], kept.append)
    again.offer(ms(when) + DAY_MS - 2_000, is_confirmed=False)


@pytest.mark.promise("P10")
def test_every_line_carries_number_boot_boot_time_and_a_claim_of_the_wall(box: RecordBox) -> None:
    box.set_wall(ms("2038-01-19T03:14:08"))
    box.family(box.sign_in())
    lines = [parse_line(line + b"\n") for line in (box.folder / "audit.log").read_bytes().splitlines()]
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert {line.boot for line in lines} == {box.clock.boot_id}
    assert {line.wall_ms for line in lines} == {ms("2038-01-19T03:14:08")}
    assert all(line.boottime_ms == box.clock.boottime_ns() // 1_000_000 for line in lines)
