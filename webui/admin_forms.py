"""One parser for each form of the enrolment window: fields in, a frozen struct out, or every problem at once. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from webui import forms
from webui.fields import Fields
from webui.refusals import FormInvalid

Form = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class PersonForm:
    """Whom it is about, by user name."""

    setup_code: str = field(repr=False)
    practitioner: str


@dataclass(frozen=True, slots=True)
class RecoveryForm:
    setup_code: str = field(repr=False)
    recipient: str


@dataclass(frozen=True, slots=True)
class AnswerForm:
    setup_code: str = field(repr=False)
    answer: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RepairForm:
    setup_code: str = field(repr=False)
    wall_ms: int


def retire(form: Form) -> PersonForm:
    """Somebody who left: ticked, for nothing undoes it."""
    fields = Fields(form)
    found = _person(fields)
    if not fields.is_ticked("gone"):
        fields.problem("gone", _l("Confirm that they are never to sign in again"))
    fields.check()
    return found


def reset(form: Form) -> PersonForm:
    """Somebody who lost their words."""
    fields = Fields(form)
    found = _person(fields)
    fields.check()
    return found


def recovery(form: Form) -> RecoveryForm:
    fields = Fields(form)
    recipient = fields.text("recipient", _l("Enter the new recipient: a long word that begins with age1"))
    code = _code(fields)
    fields.check()
    return RecoveryForm(code, recipient)


def answer(form: Form) -> AnswerForm:
    fields = Fields(form)
    said = fields.text("answer", _l("Enter what the opened challenge says"), 100)
    code = _code(fields)
    fields.check()
    return AnswerForm(code, said)


def repair(form: Form) -> RepairForm:
    """A time that a person typed and confirmed."""
    fields = Fields(form)
    code = _code(fields)
    try:
        said = forms.clock(form)
    except FormInvalid as invalid:
        for problem in invalid.problems:
            fields.problem(problem.field, problem.text)
        fields.check()
        raise
    if not said.is_confirmed:
        fields.problem("confirmed", _l("Confirm that you compared the time with a clock you trust"))
    fields.check()
    return RepairForm(code, said.wall_ms)


def _person(fields: Fields) -> PersonForm:
    practitioner = fields.pattern("practitioner", r"(?i:prac-[0-9a-z]{6})", _l("Enter the user name, for example prac-7k2m9x"))
    return PersonForm(_code(fields), practitioner.lower())


def _code(fields: Fields) -> str:
    return fields.text("setup_code", _l("Enter the set-up code from the card"), 100)
