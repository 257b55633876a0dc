"""The words for the closed choices of the model, and the order they are offered in. Words for people only: codes stay codes."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from capture.model import (
    ArmMode,
    Confidence,
    Indication,
    ParentalResponsibility,
    Purpose,
    RecordingState,
    RetentionClass,
    Role,
    Scope,
    StopReason,
)

_LETTERS = "ABCDEF"
ADULT_LABELS = tuple(f"Adult {letter}" for letter in _LETTERS)
CHILD_LABELS = tuple(f"Child {letter}" for letter in _LETTERS)
"""Labels are chosen, not typed: so no name gets onto the box."""

ROLES = {
    Role.PARENT: _l("Parent"),
    Role.CARER: _l("Carer (foster carer, grandparent, other)"),
    Role.PROFESSIONAL: _l("Professional"),
    Role.OTHER: _l("Somebody else"),
    Role.CHILD: _l("Child"),
}
RESPONSIBILITIES = {
    ParentalResponsibility.HOLDS: _l("Holds parental responsibility"),
    ParentalResponsibility.SHARED: _l("Shares parental responsibility"),
    ParentalResponsibility.NONE: _l("Has none (a foster carer has none)"),
    ParentalResponsibility.LOCAL_AUTHORITY: _l("The local authority has it"),
    ParentalResponsibility.UNKNOWN: _l("Not known"),
}
BASES = {
    "": _l("Nothing seen"),
    "birth certificate seen": _l("Birth certificate seen"),
    "court order seen": _l("Court order seen"),
    "service record seen": _l("Service record seen"),
}
EVIDENCE = {
    "": _l("Nobody"),
    "practitioner": _l("The practitioner"),
    "social worker": _l("A social worker"),
    "service office": _l("The service's office"),
}
WITNESSES = {
    "": _l("Nobody"),
    "family member": _l("Another member of the family"),
    "colleague": _l("A colleague of the practitioner"),
    "interpreter": _l("The interpreter"),
    "social worker": _l("A social worker"),
    "health visitor": _l("A health visitor"),
}
NEEDS = {
    "large print": _l("Large print"),
    "easy read": _l("Easy Read"),
    "read aloud": _l("Texts read aloud"),
    "interpreter": _l("An interpreter"),
    "sign language": _l("Sign language"),
    "hearing support": _l("Support with hearing"),
    "more time": _l("More time"),
}
"""Chosen, not typed, as all that is said of a family here: so no name gets onto the box."""
SCOPES = {
    Scope.FILM: _l("Filming"),
    Scope.PRACTITIONER_REVIEW: _l("The practitioner looks at the film alone to prepare"),
    Scope.SUPERVISION: _l("The practitioner's supervisor looks at the film"),
    Scope.INTERVISION: _l("Colleagues look at the film to learn together"),
    Scope.TRAINING_EVENT: _l("The film is shown when other people are trained"),
    Scope.FAMILY_COPY: _l("The family gets a copy"),
    Scope.STILLS_FOR_FAMILY: _l("The family gets still pictures to keep"),
}
PURPOSES = {
    Purpose.REVIEW: _l("The practitioner looks at it"),
    Purpose.DOWNLOAD: _l("The practitioner takes it over"),
    Purpose.SUPERVISION: _l("The supervisor looks at it"),
    Purpose.INTERVISION: _l("Colleagues look at it to learn together"),
    Purpose.TRAINING_EVENT: _l("It is shown when other people are trained"),
    Purpose.FAMILY_COPY: _l("The family gets a copy"),
    Purpose.STILLS_FOR_FAMILY: _l("The family gets still pictures"),
}
HOLDERS = {
    Purpose.DOWNLOAD: _l("I have it"),
    Purpose.SUPERVISION: _l("The supervisor has it"),
    Purpose.INTERVISION: _l("Colleagues have it"),
    Purpose.TRAINING_EVENT: _l("Those who train others have it"),
    Purpose.FAMILY_COPY: _l("The family has it"),
}
"""Who holds a copy now, by what it was taken for."""
RECIPIENTS = {
    Purpose.DOWNLOAD: "practitioner",
    Purpose.SUPERVISION: "supervisor",
    Purpose.INTERVISION: "colleagues",
    Purpose.TRAINING_EVENT: "training",
    Purpose.FAMILY_COPY: "family",
}
"""How the box is told of them: by role, never by name."""
REVIEW = Purpose.REVIEW
SHARED = frozenset(
    {Purpose.SUPERVISION.value, Purpose.INTERVISION.value, Purpose.TRAINING_EVENT.value, Purpose.FAMILY_COPY.value}
)
"""The uses for which a film leaves the practitioner's hands."""
_HANDED_TO = {
    "practitioner": _l("the practitioner"),
    "supervisor": _l("the supervisor"),
    "colleagues": _l("colleagues of the practitioner"),
    "training": _l("those who train others"),
    "family": _l("the family"),
}
INDICATIONS = {
    Indication.SIGNED_PAPER: _l("Signed on paper"),
    Indication.ON_THE_BOX: _l("Said yes here, with this text read"),
}
VALID_DAYS = {
    30: _l("30 days"),
    90: _l("90 days"),
    180: _l("180 days"),
    365: _l("One year"),
}
RETENTIONS = {
    RetentionClass.THERAPEUTIC_TRANSIENT: _l("Erase within 60 days of the end of the work (usual)"),
    RetentionClass.CLINICAL_RECORD: _l("Part of the health record"),
}
ARM_MODES = {
    ArmMode.FILM: _l("Film"),
    ArmMode.FRAMING: _l("Check the picture first (nothing is kept)"),
}
RECORDING_STATES = {
    RecordingState.FILMING: _l("Being filmed"),
    RecordingState.SEALED: _l("Complete"),
    RecordingState.INTERRUPTED: _l("Interrupted: its end is missing"),
    RecordingState.ERASED: _l("Erased"),
}
STOP_REASONS = {
    StopReason.PRESS: _l("Somebody pressed the button"),
    StopReason.PAGE: _l("Stopped from the page"),
    StopReason.LEASE_ENDED: _l("The time it was armed for ended"),
    StopReason.LIMIT: _l("The longest time for one film was reached"),
    StopReason.WITHDRAWN: _l("A consent was taken back"),
    StopReason.CONSENT_ENDED: _l("A consent it rested on no longer held"),
    StopReason.SIGNED_OUT: _l("The practitioner signed out"),
    StopReason.DISK_FLOOR: _l("The box was nearly full"),
    StopReason.DISK_ERROR: _l("The box could not write"),
    StopReason.CAMERA_FAILED: _l("The camera failed"),
    StopReason.NO_FRAMES: _l("The camera gave no pictures"),
    StopReason.LAMP_FAULT: _l("The lamp failed"),
    StopReason.BUTTON_STUCK: _l("The button was stuck"),
    StopReason.SHUTDOWN: _l("The box was switched off"),
    StopReason.INTERRUPTED: _l("The power was lost"),
}
CONFIDENCES = {
    Confidence.RTC: _l("from the box's own clock"),
    Confidence.BROWSER: _l("from a practitioner's device"),
    Confidence.NONE: _l("not trusted"),
}


@dataclass(frozen=True, slots=True)
class StateWords:
    """What the start page says in one state: `shape` names the sign beside the words, so that no hue decides."""

    headline: str
    detail: str
    shape: str


_OFF = _l("The camera is OFF")
_ON = _l("The camera is ON")

STATES = {
    "booting": StateWords(_OFF, _l("The box is starting."), "off"),
    "idle": StateWords(_OFF, _l("Nothing can be filmed until somebody arms the box for a visit."), "off"),
    "armed": StateWords(_OFF, _l("Armed. Hold the button on the box for one second to switch the camera on."), "ready"),
    "preparing": StateWords(_OFF, _l("The button is held. The camera comes on in a moment."), "ready"),
    "lighting": StateWords(_OFF, _l("The red lamp comes on first, then the camera."), "ready"),
    "opening": StateWords(_ON, _l("The camera is coming on. Any press of the button stops it."), "on"),
    "framing": StateWords(_ON, _l("Checking the picture. Nothing is kept. Any press of the button stops it."), "on"),
    "recording": StateWords(_ON, _l("It is filming, with sound. Any press of the button stops it."), "on"),
    "sealing": StateWords(_OFF, _l("The film is being closed and locked."), "off"),
    "faulted": StateWords(_OFF, _l("Something is wrong, and nothing is filmed. Press the button once to go on."), "fault"),
    "ended": StateWords(_OFF, _l("The box is switching off."), "off"),
}
UNKNOWN_STATE = StateWords(_OFF, _l("The box is busy."), "off")
SENSOR_ON = StateWords(_ON, _l("Any press of the button stops it."), "on")


def state_words(state: str, *, is_sensor_open: bool) -> StateWords:
    """The words for a state. What the sensor says goes before what the state is called: never say OFF while it is open."""
    words = STATES.get(state, UNKNOWN_STATE)
    return SENSOR_ON if is_sensor_open and words.shape != "on" else words


FAULTS = {
    "lamp_fault": _l("The red lamp cannot be driven. The box will not film without it."),
    "button_stuck": _l("The button is stuck or is being held."),
    "camera_unavailable": _l("The camera or the microphone cannot be opened."),
    "camera_failed": _l("The camera or the microphone stopped by itself."),
    "no_frames": _l("The camera gave no pictures."),
    "disk_floor": _l("The card is full. What was filmed is kept: take recordings over, then erase them to make room."),
    "disk_error": _l("The box could not write to its card."),
    "box_unusable": _l("The box could not use its card."),
    "catalogue_broken": _l("The box cannot read its list of recordings. Tell your service's IT lead."),
    "log_cut": _l("The end of the box's log is gone. Film nothing more; tell your service's IT lead."),
    "audit_broken": _l("The box's log does not hold. Film nothing more; tell your service's IT lead."),
}
OTHER_FAULT = _l("The box found a fault.")

LOST = StateWords(_l("The box does not answer"), _l("Look at the lamp by the lens: dark means that it films nothing."), "fault")

POWERS = {
    "good": _l("Good"),
    "low": _l("Low: use a better power supply or charge it"),
}
OTHER_POWER = _l("Unknown: this box cannot measure it")

_NOT_COUNTED = {
    "statement_lost": _l(
        "Something that was said in this case was lost when the power was cut; somebody has to go through it first."
    ),
    "person_unknown": _l("They are no longer part of this case."),
    "giver_unknown": _l("Who said it is no longer part of this case."),
    "giver_not_self": _l("An adult can say yes only for themselves."),
    "giver_not_responsible": _l("Who said it does not have parental responsibility, by what the box was told."),
    "consent_expired": _l("The yes ran out."),
    "consent_in_future": _l("It is dated later than today."),
    "consent_never_valid": _l("It had ended before it was said."),
    "consent_time_untrusted": _l("The box did not know the time when it was said."),
    "interpreter_needed": _l("The text was in a language that nobody had checked, and there was no interpreter."),
}


def not_counted(code: str) -> str:
    """Why the box does not count a yes, for a family: one sentence, or nothing where there is none that helps them."""
    return str(_NOT_COUNTED.get(code, ""))


def handed_to(recipients: tuple[str, ...]) -> str:
    """Who got a film, in words, as the box was told of them."""
    return ", ".join(str(_HANDED_TO.get(one, one)) for one in recipients)
