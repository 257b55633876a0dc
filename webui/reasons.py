"""The words for each reason why the box says no, to filming or to opening. Codes come from the daemon; words are only here."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

_REASONS = {
    "clock_untrusted": _l("The box does not know the time, so it cannot tell which consents are valid. Set the clock first."),
    "nobody_present": _l("Nobody is named as present. Tick everybody who is in the room."),
    "statement_lost": _l(
        "Something that was recorded in this case was lost when the power was cut. Go through every consent, and record again"
        " what is missing."
    ),
    "person_unknown": _l("Somebody named as present is not in this case. Load the page again."),
    "consent_missing": _l("Somebody has not been asked for their consent to this."),
    "consent_withdrawn": _l("Somebody has taken back their consent to this."),
    "consent_expired": _l("A consent to this has run out. Ask again."),
    "consent_in_future": _l("A consent is dated later than now. Check the clock, then record it again."),
    "consent_time_untrusted": _l("A consent was recorded while the box did not know the time. Record it again."),
    "consent_never_valid": _l("A consent ends before it was given. Record it again."),
    "giver_unknown": _l("The person who gave a consent is not in this case. Ask again."),
    "giver_not_self": _l("An adult can consent only for themselves."),
    "giver_not_responsible": _l(
        "A consent for a child was not given by somebody who holds parental responsibility. Ask one who does."
    ),
    "interpreter_needed": _l("A consent text in a language that nobody verified needs an interpreter."),
    "participants_full": _l("There are as many people in this case as there can be."),
    "role_contradicts": _l("Whoever has the role of a child is a child. Choose another role for an adult."),
    "arming_unknown": _l("The box does not know this leave to film. Arm it again."),
    "arming_outdated": _l("A consent was recorded anew while the box was being armed. Arm it again."),
    "lease_ended": _l("The time for which the box was armed is over. Arm it again."),
    "notice_unknown": _l("The box does not know this version of the text. Load the page again."),
    "notice_differs": _l("The text that was shown is not the one that the box knows. Load the page again."),
    "recording_locked": _l("Somebody in this film took back their consent to filming. It stays shut, and can only be erased."),
    "people_unknown": _l("The box cannot tell who is in this film, so it stays shut. Tell your service's IT lead."),
    "ended_before_opened": _l("The work cannot have ended before the case was opened."),
    "ended_in_future": _l("The end of the work lies in the future. Choose today or an earlier day."),
    "retired_already": _l("This user name was retired before. Nothing was changed."),
    "practitioner_unknown": _l("Nobody of this user name was ever enrolled here. Look at the list of user names."),
    "recipient_malformed": _l("This box cannot seal to that recipient. It is the public half of the key, and begins with age1."),
    "recipient_of_practitioner": _l(
        "That is a practitioner's own key. The recovery key is somebody else's: have a new one made."
    ),
    "challenge_unanswered": _l("That is not what the challenge says, or there is none any more. Make a new one."),
    "clock_in_use": _l("The clock cannot be repaired while the box is armed or films. Take the arming back first."),
    "hand_over_outdated": _l("Something was said or filmed in that case since, or it was handed over. Make a new package."),
    "hand_over_to_the_same": _l("It is their case already."),
    "hand_over_of_another_box": _l("That file is for another box."),
    "hand_over_headers_wrong": _l("That file does not hold what the box asked for. Make it again at the workstation."),
    "hand_over_unreadable": _l("That file cannot be read. Choose the one that came back from the workstation."),
    "hand_over_cut_short": _l("The file did not arrive whole. Send it again."),
    "hand_over_out_of_order": _l("The file did not arrive whole. Send it again."),
    "hand_over_too_long": _l("That case is too long to be handed over at once. Tell your service's IT lead."),
    "hand_over_does_not_open": _l(
        "Not all of that case opens for you, so it was not taken over. It is still the other practitioner's, unchanged. The"
        " result has to be made again at the workstation."
    ),
    "changing_hands": _l("This film is being sealed to you. Try again in a moment."),
    "erase_case_words": _l("Some of these films were never taken over. To erase them all the same, type the code of the case."),
    "erase_several_cases": _l("Some of these were never taken over. Erase the films of one case at a time."),
    "ask_expired": _l("Nobody pressed the button in time. Ask again."),
    "ask_clash": _l("Somebody else asked for a press at the same moment, so none counts. Ask again, one after the other."),
    "ask_not_now": _l("The box waits for no press while it films, is about to, or shows a fault. Look at what it does."),
    "ask_withdrawn": _l("It was taken back before anybody pressed the button. Ask again."),
    "empty_file": _l("Nothing was written before the power was lost: the file is empty."),
    "header_cut": _l("The power was lost before the file's beginning was whole. Nobody can open it."),
    "nothing_whole": _l("The power was lost before the first picture was written."),
    "foreign_file": _l("The file in this recording's place was not made by this box. Tell your service's IT lead."),
    "signature_invalid": _l("A record of this case does not hold. Film nothing; tell your service's IT lead."),
}

_OTHER = _l("A rule of the box forbids it.")


def reason_words(code: str) -> str:
    """One sentence. A reason may carry an id after a colon; the id is not shown, for a page may be read over a shoulder."""
    return str(_REASONS.get(code.partition(":")[0], _OTHER))
