"""Turns each refusal of the daemon into a status and into words a person can act on. Decides nothing, hides no cause it knows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from capture.errors import (
    AuditBroken,
    BadRequest,
    BoxInUse,
    BoxUnusable,
    CatalogueBroken,
    ClockUnlikely,
    ClockUntrusted,
    ConsentMissing,
    DaemonUnreachable,
    EnrolmentClosed,
    NotAllowed,
    NotErasable,
    NotFound,
    NotNow,
    RecoveryUnproven,
    SealBroken,
    SetupCodeWrong,
    SignInNeeded,
    SignInRefused,
    TooManyAttempts,
    TransferMismatch,
    Truncated,
    VaultFull,
    VigcamError,
)
from webui.reasons import reason_words


@dataclass(frozen=True, slots=True)
class Words:
    """`title` says what happened, `advice` what to do. Both are translated when they are shown."""

    status: HTTPStatus
    title: str
    advice: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of an error summary; `field` is the id of the input it belongs to, or empty."""

    text: str
    field: str = ""


WORDS: dict[str, Words] = {
    BadRequest.code: Words(HTTPStatus.BAD_REQUEST, _l("There is a problem"), _l("Check what you entered and send it again.")),
    NotAllowed.code: Words(HTTPStatus.FORBIDDEN, _l("This page may not do that"), _l("The box does not allow it from here.")),
    SignInNeeded.code: Words(HTTPStatus.UNAUTHORIZED, _l("You are not signed in"), _l("Sign in, then try again.")),
    SignInRefused.code: Words(
        HTTPStatus.UNAUTHORIZED,
        _l("You are not signed in"),
        _l("The user name or the six words are not right, nobody pressed the button in time, or two people tried at once."),
    ),
    TooManyAttempts.code: Words(
        HTTPStatus.TOO_MANY_REQUESTS, _l("Too many attempts"), _l("The box makes you wait before the next attempt.")
    ),
    EnrolmentClosed.code: Words(
        HTTPStatus.FORBIDDEN,
        _l("This is possible only in the enrolment window"),
        _l("Switch the box off. Hold its button while you switch it on: the window is then open for 15 minutes."),
    ),
    SetupCodeWrong.code: Words(
        HTTPStatus.FORBIDDEN, _l("The set-up code is not right"), _l("It is printed on the card that came with the box.")
    ),
    NotFound.code: Words(HTTPStatus.NOT_FOUND, _l("There is nothing here"), _l("It does not exist, or it is not yours.")),
    ConsentMissing.code: Words(
        HTTPStatus.CONFLICT, _l("A consent is missing"), _l("Not everybody concerned has a consent to this that is valid now.")
    ),
    ClockUntrusted.code: Words(
        HTTPStatus.CONFLICT, _l("The box does not know the time"), _l("Set the clock on the start page, then try again.")
    ),
    ClockUnlikely.code: Words(
        HTTPStatus.CONFLICT,
        _l("That time is far from what the box expects"),
        _l("Look at a clock you trust. If the time is right, enter it and confirm it."),
    ),
    RecoveryUnproven.code: Words(
        HTTPStatus.CONFLICT, _l("The recovery key is not proven"), _l("Give the box back to your service to be provisioned.")
    ),
    VaultFull.code: Words(
        HTTPStatus.INSUFFICIENT_STORAGE,
        _l("There is no room for another recording"),
        _l("Take over what is on the box and erase it there, then try again."),
    ),
    NotNow.code: Words(
        HTTPStatus.CONFLICT, _l("Not possible at this moment"), _l("Look at what the box is doing, then try again.")
    ),
    NotErasable.code: Words(
        HTTPStatus.CONFLICT,
        _l("Never taken over"),
        _l("Take it over and check it first, or type its whole code to erase it all the same."),
    ),
    TransferMismatch.code: Words(
        HTTPStatus.CONFLICT,
        _l("What you received is not what the box holds"),
        _l("The recording stays on the box. Download it again."),
    ),
    SealBroken.code: Words(
        HTTPStatus.INTERNAL_SERVER_ERROR, _l("This recording cannot be opened"), _l("It is damaged, or not sealed to you.")
    ),
    Truncated.code: Words(
        HTTPStatus.INTERNAL_SERVER_ERROR, _l("This recording is cut short"), _l("Download the sealed file and keep it safe.")
    ),
    AuditBroken.code: Words(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _l("The box's log does not hold"),
        _l("Film nothing more. Tell your service's IT lead; they can verify the log."),
    ),
    CatalogueBroken.code: Words(
        HTTPStatus.INTERNAL_SERVER_ERROR, _l("The box's records cannot be read"), _l("Tell your service's IT lead.")
    ),
    BoxInUse.code: Words(HTTPStatus.SERVICE_UNAVAILABLE, _l("The box is being started"), _l("Try again in a moment.")),
    BoxUnusable.code: Words(
        HTTPStatus.SERVICE_UNAVAILABLE, _l("The box's storage cannot be used"), _l("Tell your service's IT lead.")
    ),
    DaemonUnreachable.code: Words(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _l("The box does not answer"),
        _l("The page runs, but the part that films does not. It films nothing now. Wait half a minute, then try again."),
    ),
}

UNEXPECTED = Words(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    _l("Something went wrong on the box"),
    _l("It was noted, without any personal detail. Try again; look at the lamp to see whether it films."),
)

SHOWN_WITH_THE_FORM = (
    BadRequest,
    SignInRefused,
    TooManyAttempts,
    EnrolmentClosed,
    SetupCodeWrong,
    ConsentMissing,
    ClockUntrusted,
    ClockUnlikely,
    RecoveryUnproven,
    VaultFull,
    NotNow,
    NotErasable,
    TransferMismatch,
)
"""What a person can mend where they stand: the form comes back with an error summary. Everything else gets a page of its own."""


FIELDS = {SetupCodeWrong.code: "setup_code", ClockUnlikely.code: "date", NotErasable.code: "words"}
"""The input that a refusal is about, where there is just one."""
_FIELDS_OF_A_FORM = {
    "giver_unknown": "given_by",
    "giver_not_self": "given_by",
    "giver_not_responsible": "given_by",
    "interpreter_needed": "interpreter",
    "consent_never_valid": "valid_days",
    "ended_before_opened": "ended_on",
    "ended_in_future": "ended_on",
    "role_contradicts": "role",
    "recipient_malformed": "recipient",
    "recipient_of_practitioner": "recipient",
    "hand_over_unreadable": "result",
    "hand_over_of_another_box": "result",
    "hand_over_headers_wrong": "result",
    "hand_over_cut_short": "result",
    "hand_over_out_of_order": "result",
}
"""The input for each reason why what a form says is not taken (`BadRequest`). Said by the gate, the same are about no form."""


class FormInvalid(BadRequest):
    """What was typed cannot be read; `problems` say where and why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


def words_for(error: VigcamError) -> Words:
    """Status and words; an unknown code gets the words for the unexpected."""
    return WORDS.get(error.code, UNEXPECTED)


def problems_of(error: VigcamError, fields: Mapping[str, str] = FIELDS) -> tuple[Problem, ...]:
    """The lines of an error summary for this refusal: each field's, else each reason's, else the advice. `fields` says by the
    refusal's code which input it is about."""
    if isinstance(error, FormInvalid):
        return error.problems
    field = fields.get(error.code, "")
    if error.reasons:
        of_the_form = _FIELDS_OF_A_FORM if isinstance(error, BadRequest) else {}
        return tuple(Problem(reason_words(code), of_the_form.get(code, field)) for code in error.reasons)
    advice = Problem(words_for(error).advice, field)
    if error.retry_after_s is not None:
        return (advice, Problem(gettext("Seconds to wait: %(seconds)s", seconds=math.ceil(error.retry_after_s))))
    return (advice,)
