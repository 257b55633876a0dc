"""When a case's films are due to be erased. Pure arithmetic in UTC; proposes a date and erases nothing.

Source: the service's form for families, "within two months of the end of involvement, or sooner on request".
"""

from __future__ import annotations

from typing import assert_never

from capture.model import Case, RetentionClass

DAY_MS = 86_400_000
KEPT_DAYS = 60
"""After the end of the work with the family."""


def erase_due_ms(case: Case) -> int | None:
    """The moment, UTC milliseconds; None while the work goes on. A film that is part of the clinical record is due on this box as
    any other: the record is kept elsewhere, and the box never archives."""
    match case.retention:
        case RetentionClass.THERAPEUTIC_TRANSIENT | RetentionClass.CLINICAL_RECORD:
            return None if case.involvement_ended_ms is None else case.involvement_ended_ms + KEPT_DAYS * DAY_MS
        case _:
            assert_never(case.retention)
