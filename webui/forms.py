"""One parser for each form of the page: fields in, a frozen struct out, or every problem at once. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from capture.messages import BATCH_LIMIT
from capture.model import (
    ArmMode,
    Decision,
    Indication,
    ParentalResponsibility,
    Purpose,
    RetentionClass,
    Role,
    Scope,
)
from webui.fields import WRONG_CHOICE, Fields
from webui.wording import ADULT_LABELS, BASES, CHILD_LABELS, EVIDENCE, HOLDERS, VALID_DAYS, WITNESSES

Form = MultiDict[str, str]
LATEST_MS = 253_402_300_799_000
"""The end of the year 9999."""


@dataclass(frozen=True, slots=True)
class SignInForm:
    username: str
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClockForm:
    wall_ms: int
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class ParticipantForm:
    label: str
    role: Role
    is_child: bool
    responsibility: ParentalResponsibility
    basis: str
    is_assent_noted: bool
    evidence_by: str = ""


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """One decision about one person, for one or more scopes."""

    participant_id: str
    scopes: tuple[Scope, ...]
    decision: Decision
    given_by: str
    indication: Indication
    valid_days: int
    notice_language: str
    is_interpreter_used: bool
    witness: str = ""


@dataclass(frozen=True, slots=True)
class ArmForm:
    present: tuple[str, ...]
    mode: ArmMode


@dataclass(frozen=True, slots=True)
class TakenOverForm:
    mp4_sha256: str
    received_bytes: int
    purpose: Purpose = Purpose.DOWNLOAD


def sign_in(form: Form) -> SignInForm:
    """Words may be typed with any blanks or hyphens between them and in capitals: they are read off a card."""
    fields = Fields(form)
    username = fields.text("username", _l("Enter your user name"), 100)
    passphrase = fields.text("passphrase", _l("Enter your six words"))
    fields.check()
    return SignInForm(username.lower(), passphrase)


def set_up_code(form: Form) -> str:
    fields = Fields(form)
    code = fields.text("setup_code", _l("Enter the set-up code from the card"), 100)
    fields.check()
    return code


def clock(form: Form) -> ClockForm:
    """The browser's `wall_ms`, or a date, a time and an offset from UTC that a person typed and so confirms."""
    fields = Fields(form)
    if "wall_ms" in form:
        wall_ms = fields.number("wall_ms", 0, LATEST_MS, _l("The time cannot be read"))
        fields.check()
        return ClockForm(wall_ms, fields.is_ticked("confirmed"))
    day = fields.pattern("date", r"\d{4}-\d\d-\d\d", _l("Enter today's date"))
    time = fields.pattern("time", r"\d\d:\d\d(:\d\d)?", _l("Enter the time now"))
    offset_minutes = fields.one_of(
        "offset", tuple(str(minutes) for minutes in UTC_OFFSETS), _l("Choose how far that time is from UTC")
    )
    if not fields.is_ticked("confirmed"):
        fields.problem("confirmed", _l("Confirm that you compared the time with a clock you trust"))
    fields.check()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC) - timedelta(minutes=int(offset_minutes))
    except (ValueError, OverflowError):
        fields.problem("date", _l("There is no such date or time"))
        fields.check()
        raise
    if not 0 <= moment.timestamp() * 1000 <= LATEST_MS:
        fields.problem("date", _l("There is no such date or time"))
        fields.check()
    return ClockForm(int(moment.timestamp() * 1000), is_confirmed=True)


UTC_OFFSETS = (*range(-12 * 60, 14 * 60 + 1, 30), 345, 525, 765)
"""Minutes east of UTC, half hours and the three places with quarters."""


def new_case(form: Form) -> RetentionClass:
    fields = Fields(form)
    retention = fields.choice("retention", RetentionClass, WRONG_CHOICE)
    fields.check()
    return retention


def participant(form: Form) -> ParticipantForm:
    """The role says whether it is a child, and the label must agree. A child has no responsibility for anybody."""
    fields = Fields(form)
    is_child = form.get("role") == Role.CHILD.value
    label = form.get("label", "")
    if label not in (CHILD_LABELS if is_child else ADULT_LABELS):
        # A page has both forms: the id tells which of them it is about.
        fields.problem("child-label" if is_child else "label", _l("Choose a label from the list"))
    role = fields.choice("role", Role, _l("Choose who this adult is"))
    responsibility, basis, evidence_by = ParentalResponsibility.NONE, "", ""
    if not is_child:
        responsibility = fields.choice("responsibility", ParentalResponsibility, _l("Choose about parental responsibility"))
        basis = fields.one_of("basis", tuple(BASES), WRONG_CHOICE) if "basis" in form else ""
        evidence_by = fields.one_of("evidence_by", tuple(EVIDENCE), WRONG_CHOICE) if "evidence_by" in form else ""
    fields.check()
    return ParticipantForm(label, role, is_child, responsibility, basis, is_child and fields.is_ticked("assent"), evidence_by)


def consent(form: Form) -> ConsentForm:
    """Withdrawing needs nothing but the person and the scope; who gave it is then taken as who takes it back."""
    fields = Fields(form)
    decision = fields.choice("decision", Decision, WRONG_CHOICE)
    person = fields.text("participant_id", _l("Choose whose picture and voice it is about"), 40)
    scopes = fields.choices("scope", Scope, _l("Tick what the yes is for"))
    given_by = fields.text("given_by", _l("Choose who said yes"), 40)
    language = fields.text("notice_language", _l("Choose the language of the text"), 20)
    if decision is Decision.WITHDRAWN:
        indication, days = Indication.ON_THE_BOX, min(VALID_DAYS)
    else:
        indication = fields.choice("indication", Indication, _l("Choose how the yes was shown"))
        days = fields.number("valid_days", 1, 730, _l("Choose how long it is valid"))
    witness = fields.one_of("witness", tuple(WITNESSES), WRONG_CHOICE) if "witness" in form else ""
    fields.check()
    is_interpreter_used = fields.is_ticked("interpreter")
    return ConsentForm(person, scopes, decision, given_by, indication, days, language, is_interpreter_used, witness)


def arm(form: Form) -> ArmForm:
    fields = Fields(form)
    present = fields.codes("present", _l("Tick everybody who is in the room"))
    mode = fields.choice("mode", ArmMode, _l("Choose between filming and checking the picture"))
    fields.check()
    return ArmForm(present, mode)


def taken_over(form: Form) -> TakenOverForm:
    fields = Fields(form)
    digest = fields.pattern("mp4_sha256", r"[0-9a-fA-F]{64}", _l("Choose the file, or enter its SHA-256: 64 digits, 0-9 and a-f"))
    size = fields.number("received_bytes", 0, 2**53, _l("Enter how many bytes the file has"))
    purpose = fields.one_of("purpose", tuple(one.value for one in HOLDERS), WRONG_CHOICE) if "purpose" in form else ""
    fields.check()
    return TakenOverForm(digest.lower(), size, Purpose(purpose) if purpose else Purpose.DOWNLOAD)


def erase_batch(form: Form) -> tuple[str, ...]:
    """The recordings that are ticked."""
    fields = Fields(form)
    chosen = fields.codes("recording", _l("Tick the films that are to be erased"), BATCH_LIMIT)
    fields.check()
    return chosen


def erase_words(form: Form) -> str:
    """The code of the recording or of the case as typed, by phones in capitals too, or empty; whether it is needed and right, the
    daemon says."""
    return form.get("words", "").strip().lower()[:200]
