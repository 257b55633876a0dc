"""When a case's films are due to be erased, and how near that is. Pure arithmetic in UTC; proposes a date and erases nothing.

The service's form for families promises: "within two months of the end of involvement, or sooner on request". So the day is at
most 60 days after the end; a service may set a shorter rule for its boxes, never a longer one (`retention.kept_days`).

A film that is to be part of the clinical record is due on this box on the same day as any other: the record is kept in the
service's own system, to where the film is taken over before; the box never archives.

Days are those of UTC. A day is 86,400 seconds there whatever clocks on walls do in spring and autumn; in British summer the day
turns at one o'clock in the morning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from capture.model import Case, Confidence, Reminder, RetentionClass, WallTime

DAY_MS = 86_400_000
PROMISED_DAYS = 60
"""After the end of the work with the family, at the latest."""

LAST_MS = 253_402_300_799_000
"""The end of the year 9999: no day behind it can be shown."""

_FIRST_REMINDER_DAYS = 14


def erase_due_ms(case: Case) -> int | None:
    """The latest moment that the family was promised, UTC milliseconds; None while the work goes on."""
    match case.retention:
        case RetentionClass.THERAPEUTIC_TRANSIENT | RetentionClass.CLINICAL_RECORD:
            ended_ms = case.involvement_ended_ms
            return None if ended_ms is None else min(ended_ms + PROMISED_DAYS * DAY_MS, LAST_MS)
        case _:
            assert_never(case.retention)


@dataclass(frozen=True, slots=True)
class Kept:
    """A service's rule: for so many days after the end of the work, 1 to 60. The catalogue has the promised day; another rule
    moves what is shown and rewrites nothing."""

    days: int = PROMISED_DAYS

    def due_ms(self, case: Case) -> int | None:
        """When this service's boxes propose to erase; None while the work goes on."""
        latest_ms = erase_due_ms(case)
        return None if latest_ms is None else self.day_of(latest_ms)

    def day_of(self, latest_ms: int) -> int:
        """The same from the promised moment."""
        return latest_ms - (PROMISED_DAYS - self.days) * DAY_MS

    def latest_to_remind_of(self, at: WallTime) -> int:
        """Cases whose promised moment lies before this one are reminded of now, or all, where the box does not know the date."""
        if at.confidence is Confidence.NONE:
            return LAST_MS + 1
        days = _FIRST_REMINDER_DAYS + 1 + PROMISED_DAYS - self.days
        return (at.ms // DAY_MS + days) * DAY_MS


def days_left(due_ms: int, at_ms: int) -> int:
    """Whole days of UTC from the one day to the other: 0 on the day itself, negative behind it."""
    return due_ms // DAY_MS - at_ms // DAY_MS


def reminder(due_ms: int | None, at: WallTime) -> Reminder:
    """How near the day is. By a clock that nobody trusts nothing is ever due; and whatever it says, nothing is erased by it."""
    if due_ms is None:
        return Reminder.NONE
    if at.confidence is Confidence.NONE:
        return Reminder.DATE_UNKNOWN
    left = days_left(due_ms, at.ms)
    if left <= 0:
        return Reminder.DUE
    if left <= 1:
        return Reminder.DUE_IN_1
    if left <= 7:
        return Reminder.DUE_IN_7
    return Reminder.DUE_IN_14 if left <= _FIRST_REMINDER_DAYS else Reminder.NONE
