"""What the command line says for each refusal, and with which exit code it ends. Knows no page and no verb.

The page has words of its own: there they are translated.
"""

from __future__ import annotations

from capture.errors import (
    AuditBroken,
    BadRequest,
    CatalogueBroken,
    ConfigInvalid,
    SealBroken,
    Truncated,
    VigcamError,
)

WORDS = {
    "bad_request": "That is not something the box understands.",
    "not_allowed": "This user may not ask the box for that.",
    "sign_in_needed": "Sign in first.",
    "sign_in_refused": "The user name or the passphrase is not right, or two sign-ins were asked for at once.",
    "too_many_attempts": "Too many attempts: wait before the next one.",
    "enrolment_closed": "The enrolment window is closed: hold the button while the box powers on.",
    "setup_code_wrong": "The set-up code does not match the one on the box's card.",
    "not_found": "There is no such thing here, or it is not yours.",
    "consent_missing": "A consent is missing: the box will not film.",
    "clock_untrusted": "The box does not know the time: set its clock from the page.",
    "clock_unlikely": "That time is far from what the box expects: confirm it on the page.",
    "recovery_unproven": "The recovery key was never proven: provision the box again.",
    "vault_full": "There is no room for a full recording: take over and erase some first.",
    "not_now": "The box cannot do that in its present state.",
    "not_erasable": "This recording was never taken over: say the words if it shall be erased all the same.",
    "transfer_mismatch": "What arrived is not what the box holds: transfer it again.",
    "seal_broken": "This cannot be opened: wrong key or passphrase, foreign, or damaged.",
    "not_a_recipient": "This file is not sealed to that identity.",
    "truncated": "The file ends too early: only what came before its torn end can be had.",
    "format_unsupported": "This is not a film that vigcam can hold.",
    "audit_broken": "The audit log does not hold.",
    "catalogue_broken": "The catalogue cannot be read.",
    "config_invalid": "A setting is wrong.",
    "box_in_use": "Another capture daemon runs on this box.",
    "box_unusable": "This is no box that can be used.",
    "daemon_unreachable": "The capture daemon does not answer: is the box running?",
}

REASONS = {
    "empty_file": "it is empty, or only zeros: nothing of it ever reached the disk",
    "header_cut": "it was cut within its header, so nobody can open it",
    "nothing_whole": "it was cut before its first whole picture or block",
    "foreign_file": "it is no recording of a box",
    "passphrase_sealed": "it is sealed by a passphrase, not to a key",
    "post_quantum_sealed": "it is sealed to a post-quantum key, and must not come out sealed to a lesser one",
}
"""What a refusal's reason adds; a reason without words is said as it is."""

_DAMAGED = (SealBroken, Truncated, AuditBroken, CatalogueBroken)
_WRONG_USE = (BadRequest, ConfigInvalid)


def words(refusal: VigcamError) -> str:
    """One readable line: the words of its code, then what the refusal itself adds."""
    said = WORDS.get(refusal.code, "Something went wrong.")
    reasons = ", ".join(REASONS.get(reason, reason) for reason in refusal.reasons)
    extra = [part for part in (refusal.detail, reasons) if part and part != refusal.code]
    if refusal.retry_after_s is not None:
        extra.append(f"{refusal.retry_after_s:.0f} s")
    return said if not extra else f"{said} ({'; '.join(extra)})"


def exit_code(refusal: VigcamError) -> int:
    """1 refused or not found, 2 wrong use, 3 damaged."""
    if isinstance(refusal, _DAMAGED):
        return 3
    return 2 if isinstance(refusal, _WRONG_USE) else 1
