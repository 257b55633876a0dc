"""Every refusal the capture daemon can give, named by what the caller can do. Holds codes, never words for people.

`code` is stable and travels over the socket; the words stand in the page and in the command line.
"""

from __future__ import annotations

from typing import ClassVar


class VigcamError(Exception):
    """Root of all refusals. `reasons` are further stable codes (never names), `retry_after_s` a wait if there is one."""

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str = "", *, reasons: tuple[str, ...] = (), retry_after_s: float | None = None) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.reasons = reasons
        self.retry_after_s = retry_after_s


class BadRequest(VigcamError):
    """The message is malformed, oversize or carries a value out of range: mend the request."""

    code = "bad_request"


class NotAllowed(VigcamError):
    """This peer may not use this verb: nothing to be done from here."""

    code = "not_allowed"


class SignInNeeded(VigcamError):
    """No practitioner is signed in with this session: sign in."""

    code = "sign_in_needed"


class SignInRefused(VigcamError):
    """Unknown user or wrong passphrase (never said which), or two asked at once: try again."""

    code = "sign_in_refused"


class TooManyAttempts(VigcamError):
    """Wait `retry_after_s`, then try again."""

    code = "too_many_attempts"


class EnrolmentClosed(VigcamError):
    """Trust can change only in the enrolment window: hold the button through power-on."""

    code = "enrolment_closed"


class SetupCodeWrong(VigcamError):
    """The set-up code does not match: check the card it is printed on."""

    code = "setup_code_wrong"


class NotFound(VigcamError):
    """No such case, participant or recording, or it is not yours."""

    code = "not_found"


class ConsentMissing(VigcamError):
    """The gate says no; `reasons` name each rule that failed: record the consent."""

    code = "consent_missing"


class ClockUntrusted(VigcamError):
    """No trusted time: set the clock from the page."""

    code = "clock_untrusted"


class ClockUnlikely(VigcamError):
    """The offered time is far from what is expected: confirm it."""

    code = "clock_unlikely"


class RecoveryUnproven(VigcamError):
    """The recovery recipient never answered its challenge: provision the box."""

    code = "recovery_unproven"


class VaultFull(VigcamError):
    """There is no room for a full take: transfer and erase first."""

    code = "vault_full"


class NotNow(VigcamError):
    """The box is in a state that does not allow this: look at `status`, then try again."""

    code = "not_now"


class NotErasable(VigcamError):
    """The recording was never verifiably taken over and no words were given: take it over, or say the words."""

    code = "not_erasable"


class TransferMismatch(VigcamError):
    """What the other side received is not what the box holds: transfer again."""

    code = "transfer_mismatch"


class SealBroken(VigcamError):
    """The sealed data cannot be opened: wrong key, foreign, damaged or tampered with (never said which)."""

    code = "seal_broken"


class NotARecipient(VigcamError):
    """None of the file's stanzas is for this identity: use another identity."""

    code = "not_a_recipient"


class Truncated(VigcamError):
    """The sealed stream ends before its final chunk: what was verified may be used, the rest is lost."""

    code = "truncated"


class FormatUnsupported(VigcamError):
    """The encoder delivered what the container cannot hold (B-frames, a resolution change): restart the take."""

    code = "format_unsupported"


class AuditBroken(VigcamError):
    """The log's chain, a signature or a manifest does not hold: see `detail` for the first bad line."""

    code = "audit_broken"


class CatalogueBroken(VigcamError):
    """The catalogue cannot be read or has a schema this version does not know."""

    code = "catalogue_broken"


class ConfigInvalid(VigcamError):
    """A setting is wrong; `detail` names the key and the allowed values."""

    code = "config_invalid"


class BoxInUse(VigcamError):
    """Another capture daemon owns this box's folder: stop it first."""

    code = "box_in_use"


class BoxUnusable(VigcamError):
    """The box's folder is missing, not provisioned, or cannot be written."""

    code = "box_unusable"


class DaemonUnreachable(VigcamError):
    """Nobody answers on the socket: start the capture daemon."""

    code = "daemon_unreachable"


def _all_errors(root: type[VigcamError]) -> dict[str, type[VigcamError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= _all_errors(child)
    return found


BY_CODE: dict[str, type[VigcamError]] = _all_errors(VigcamError)
"""Every error class by its wire code, for the client to raise what the daemon answered."""
