"""The parsers of the forms about a case itself: its end, its retention, what the family needs, its notes. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from flask_babel import lazy_gettext as _l

from capture.model import ParentalResponsibility, RetentionClass, Role
from webui.fields import WRONG_CHOICE, Fields
from webui.forms import Form
from webui.wording import BASES, EVIDENCE, NEEDS

NOTE_LIMIT = 4_000
"""Characters of each note: sealed, both together stay below what the box takes."""


@dataclass(frozen=True, slots=True)
class AmendForm:
    """All of somebody's facts as they are from here on."""

    role: Role
    responsibility: ParentalResponsibility
    basis: str
    evidence_by: str
    is_assent_noted: bool


@dataclass(frozen=True, slots=True)
class NotesForm:
    """What the practitioner keeps for themselves: shown in no repr."""

    question: str = field(repr=False)
    remarks: str = field(repr=False)


def retention(form: Form) -> RetentionClass:
    fields = Fields(form)
    chosen = fields.choice("retention", RetentionClass, WRONG_CHOICE)
    fields.check()
    return chosen


def end_of_work(form: Form, now_ms: int) -> int:
    """The end of that day in UTC, milliseconds, or this moment where the day is not over yet."""
    fields = Fields(form)
    text = fields.pattern("ended_on", r"\d{4}-\d\d-\d\d", _l("Enter the day on which the work ended"))
    fields.check()
    try:
        midnight = datetime.combine(date.fromisoformat(text) + timedelta(days=1), datetime.min.time(), UTC)
    except (ValueError, OverflowError):
        fields.problem("ended_on", _l("There is no such day"))
        fields.check()
        raise
    last_ms = int(midnight.timestamp() * 1000) - 1
    begins_ms = last_ms - 86_400_000 + 1
    return now_ms if begins_ms <= now_ms <= last_ms else max(last_ms, 0)


def needs(form: Form) -> str:
    """The needs ticked, in the order in which they are offered: chosen, not typed, so that no name gets onto the box."""
    fields = Fields(form)
    ticked = form.getlist("needs")
    if any(one not in NEEDS for one in ticked):
        fields.problem("needs", WRONG_CHOICE)
    fields.check()
    return ", ".join(need for need in NEEDS if need in ticked)


def amend(form: Form, *, is_child: bool) -> AmendForm:
    """A child stays a child, and has no responsibility for anybody."""
    fields = Fields(form)
    if is_child:
        fields.check()
        return AmendForm(Role.CHILD, ParentalResponsibility.NONE, "", "", fields.is_ticked("assent"))
    role = fields.choice("role", Role, _l("Choose who this adult is"))
    if role is Role.CHILD:
        fields.problem("role", _l("Choose who this adult is"))
    responsibility = fields.choice("responsibility", ParentalResponsibility, _l("Choose about parental responsibility"))
    basis = fields.one_of("basis", tuple(BASES), WRONG_CHOICE)
    evidence_by = fields.one_of("evidence_by", tuple(EVIDENCE), WRONG_CHOICE)
    fields.check()
    return AmendForm(role, responsibility, basis, evidence_by, is_assent_noted=False)


def notes(form: Form) -> NotesForm:
    fields = Fields(form)
    texts = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in ("question", "remarks")}
    for name, text in texts.items():
        if len(text) > NOTE_LIMIT or len(text.encode("utf-8", "replace")) > NOTE_LIMIT:
            fields.problem(name, _l("That is too long for the box: shorten it"))
    fields.check()
    return NotesForm(texts["question"], texts["remarks"])
