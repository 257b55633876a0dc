"""Checks a case's subject access ZIP with nothing but the box's public key; knows docs/exports.md and no line of vigcam.

    python verify_access.py everything.zip [KEY]   (Python 3.11 or later, `pip install cryptography`)
KEY is the box's public key, 64 hex digits, as you know it from elsewhere; without it, the key that comes along is believed.
Exit status: 0 all of it holds; 3 it is damaged, and every file that is; 1 refused, and why; 2 wrong usage.
Every file is compared with manifest.json, which nobody signed. Every line of the .jsonl files is signed: by the box, or a
statement by its practitioner, for whose key the box vouches in signers.jsonl. Each statement follows on the one before, and the
log keeps its hash; none that the log knows is missing, unless the log itself calls it lost. That no line of the log is missing
in between, only the whole log can show: docs/verify_audit.py checks that one."""

import hashlib
import json
import re
import sys
import zipfile

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG_LINE = re.compile(rb'(\{.*),"hash":"([0-9a-f]{64})","sig":"([0-9a-f]{128})"\}\n')
SIGNED = {
    "recording-manifests.jsonl": (b"manifest", re.compile(rb'\{"manifest":(\{.*\}),"signature":"([0-9a-f]{128})"\}\n')),
    "erasure-receipts.jsonl": (b"erasure-receipt", re.compile(rb'\{"receipt":(\{.*\}),"signature":"([0-9a-f]{128})"\}\n')),
    "signers.jsonl": (b"statement-signer", re.compile(rb'\{"signer":(\{.*\}),"signature":"([0-9a-f]{128})"\}\n')),
}
STATEMENT = re.compile(rb'\{"statement":(\{.*\}),"signature":"([0-9a-f]{128})"\}\n')
EXTRACT, STATEMENTS, SIGNERS = "audit-extract.jsonl", "statements.jsonl", "signers.jsonl"
BOX = b"vigcam device signature v1\0"  # before all that the box signs, and what it is, so that it holds in no other place
MOST = 256 << 20  # bytes of a ZIP unpacked: no case comes near it


class Bad(Exception): ...  # says what does not hold


def check_signature(key: str, framed: bytes, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature.decode()), framed)
    except InvalidSignature:
        raise Bad("its signature does not hold") from None


def lines_of(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def check_lines(name: str, data: bytes, key: str) -> None:
    """Raises Bad for the first line that the box did not sign, or that stands out of order in the extract of its log."""
    last = 0
    for number, raw in enumerate(lines_of(data), start=1):
        try:
            if name == EXTRACT:
                last = check_log_line(raw, key, last)
                continue
            context, form = SIGNED[name]
            if not (found := form.fullmatch(raw)):
                raise Bad("it is not in its one spelling")
            check_signature(key, BOX + context + b"\0" + found[1], found[2])
        except Bad as bad:
            raise Bad(f"line {number}: {bad}") from None


def check_log_line(raw: bytes, key: str, last: int) -> int:
    """Its number in the log, which is greater than the last one's."""
    found = LOG_LINE.fullmatch(raw)
    if not found or hashlib.sha256(b"vigcam audit line v2\0" + found[1]).hexdigest() != found[2].decode():
        raise Bad("its hash does not hold")
    check_signature(key, BOX + b"audit-line\0" + bytes.fromhex(found[2].decode()), found[3])
    sequence = int(json.loads(found[1] + b"}")["seq"])
    if sequence <= last:
        raise Bad("it is out of order")
    return sequence


def check_statements(files: dict[str, bytes], contents: dict[str, str], key: str) -> None:
    """By extract and signers that hold. Raises Bad for the first that does not, and where the log knows of more."""
    keys = {one["practitioner"]: one["key"] for one in (json.loads(raw)["signer"] for raw in lines_of(files[SIGNERS]))}
    logged, last = logged_statements(files[EXTRACT]), "0" * 64
    for number, raw in enumerate(lines_of(files[STATEMENTS]), start=1):
        try:
            if not (found := STATEMENT.fullmatch(raw)):
                raise Bad("it is not in its one spelling")
            framed = b"vigcam statement hash v1\0" + found[1] + b"\0" + bytes.fromhex(found[2].decode())
            if (number, this := hashlib.sha256(framed).hexdigest()) not in logged:
                raise Bad("it is not the one that the log names")
            logged.remove((number, this))
            said = json.loads(found[1])
            place = (said["sequence"], said["previous"], said["case"], said["box_id"])
            if place != (number, last, contents["case"], contents["box"]):
                raise Bad("it does not follow on the one before")
            if said["content"]["type"] == "case_handed_over":  # the one thing that the box itself says
                check_signature(key, BOX + b"case-handed-over\0" + found[1], found[2])
            elif said["practitioner"] in keys:
                check_signature(keys[said["practitioner"]], b"vigcam statement v1\0" + found[1], found[2])
            else:
                raise Bad(f"{SIGNERS} does not know who signed it")
            last = this
        except Bad as bad:
            raise Bad(f"line {number}: {bad}") from None
    if logged:
        raise Bad(f"the log names a statement {min(logged)[0]} that is not here")


def logged_statements(extract: bytes) -> set[tuple[int, str]]:
    """Number and hash of each statement that the log knows, and does not call lost."""
    logged: set[tuple[int, str]] = set()
    for line in (json.loads(raw) for raw in lines_of(extract)):
        if "statement_hash" in (fields := line["fields"]):
            named = (fields["statement"], fields["statement_hash"])
            logged.discard(named) if line["event"] == "statement_lost" else logged.add(named)
    return logged


def check(files: dict[str, bytes], key: str) -> list[str]:
    """Everything that is wrong with these files: changed, missing or added ones, and lines that do not hold."""
    contents = json.loads(files["manifest.json"])
    told = {one["name"]: (one["bytes"], one["sha256"]) for one in contents["members"]}
    there = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items() if name != "manifest.json"}
    names, key = sorted({*told, *there, EXTRACT, STATEMENTS, *SIGNED}), key or contents["device_key"]
    troubles = [f"{name}: it is not what manifest.json says" for name in names if told.get(name, 0) != there.get(name, 1)]
    for name in (EXTRACT, *SIGNED, STATEMENTS):
        try:
            if name != STATEMENTS:
                check_lines(name, files.get(name, b""), key)
            elif name in files and not any(trouble.startswith((EXTRACT, SIGNERS)) for trouble in troubles):
                check_statements(files, contents, key)
        except Bad as bad:
            troubles.append(f"{name}: {bad}")
    return troubles


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2) or not all(re.fullmatch("[0-9a-f]{64}", key) for key in arguments[1:]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        with zipfile.ZipFile(arguments[0]) as access:
            if sum(member.file_size for member in access.infolist()) > MOST:
                raise ValueError("it is too large")
            if len(set(access.namelist())) != len(access.namelist()):
                raise ValueError("two of its files have one name")
            files = {name: access.read(name) for name in access.namelist()}
        troubles = check(files, "".join(arguments[1:]))
    except (OSError, zipfile.BadZipFile, AttributeError, KeyError, TypeError, ValueError, RecursionError) as reason:
        raise SystemExit(f"it cannot be read: {reason}") from None
    sys.stderr.write("".join(f"{trouble}\n" for trouble in troubles) or "good: all of it holds\n")
    return 3 if troubles else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
