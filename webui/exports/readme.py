"""The README.txt of a subject access ZIP: what each file is and how to check it, for whoever gets it. Plain words, no markup."""

from __future__ import annotations

from webui.exports.case_export import CaseExport
from webui.exports.instants import CLOCKS, iso

_WORDS = """\
Case {code}: what the recording box knows of it
Made {made} (that is UTC; {confidence}) on {box}

Open receipt.html first. It opens in any web browser, and says in plain words what each person said yes or no to, and what
became of the films. You need none of the other files to understand it. They are for whoever wants to check it, or to move it
into another system. Do you need help with them? Ask your practitioner or the service.

The box knows no names, dates of birth or NHS numbers. People stand here by labels such as "Adult A".

receipt.html          What each person said yes or no to, and what became of the films. To read and to print.
consent.json          Every consent event, in the order in which it was signed. Field names of ISO/IEC TS 27560:2023,
                      JSON-LD with the W3C Data Privacy Vocabulary. {events} events.
consent.fhir.json     How the consents stand, as HL7 FHIR R4.
consent-texts/        The exact texts that were read. Each file's name is its SHA-256.
audit-extract.jsonl   The lines of the box's log about this case, as they stand there. {lines} lines.
statements.jsonl      Everything that was ever signed in this case, word for word, one on a line, oldest first, with its
                      signature: each yes and no, each earlier label, need or date too. {statements} statements.
signers.jsonl         By which key each practitioner's signature is checked, one on a line, signed by the box.
case.json             The case's own facts, and everybody who is or was of it.
armings.json          Each time that the box was allowed to film: who was named as present, and by which consents.
recordings.json       What the box knows of each recording, erased ones included. {recordings} recordings.
transfers.json        To whom recordings were handed, by role.
recording-manifests.jsonl
                      What the box signed about each recording that it holds whole, one on a line. {manifests} lines.
erasure-receipts.jsonl
                      The box's signed receipt for each erasure, one on a line. {receipts} lines.
{notes}manifest.json         Every file above with its size and SHA-256.

Where something was put otherwise later, the other files say how it stands now. How it was put before, and when, is in
statements.jsonl.{sealed}

The films themselves are not in here: they are large, and other people may be in them. Ask for a copy; it takes a consent
of its own from everybody in the film.

To check all of it: python verify_access.py THIS.zip KEY
The script stands in the software's documents, docs/verify_access.py, and needs Python 3.11 and the package "cryptography". It
compares each file with manifest.json (SHA-256), and checks the signature on each line of the .jsonl files: the box's, and on a
statement the practitioner's who made it; that each statement follows the one before; and that it is the one of which the log
keeps the hash, none left out.
KEY is the box's public key (Ed25519). This file says that it is
{key}
but whoever forges a whole file like this one writes a key of their own here: ask the service for it.

The rules are in docs/audit-log.md of the software, and every field is explained in docs/exports.md. An extract leaves lines
out, so its lines do not follow on each other; that none is missing between them shows only the whole log, which the service
can verify:
vigcam audit verify --remembered {sequence}:{head}
says whether it still has the line that was its last when this was made.
"""
_NOTES = """\
notes.txt             The practitioner's own notes on this case, every wording that was ever kept, oldest first.
"""

_SEALED = " There the practitioner's notes stand sealed, as the box keeps them: read them in notes.txt."


def readme(export: CaseExport) -> bytes:
    """In UTF-8, lines ended as every system reads them."""
    text = _WORDS.format(
        code=export.case.code,
        made=iso(export.made.ms),
        confidence=CLOCKS[export.made.confidence],
        box=export.box_id,
        events=len(export.consents),
        lines=len(export.log),
        recordings=len(export.recordings),
        manifests=len(export.manifests),
        receipts=len(export.receipts),
        notes=_NOTES if export.notes else "",
        sealed=_SEALED if export.notes else "",
        statements=len(export.statements),
        key=export.device_key,
        sequence=export.audit_sequence,
        head=export.audit_head,
    )
    return text.replace("\n", "\r\n").encode()
