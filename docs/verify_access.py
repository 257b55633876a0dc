"""Checks a case's subject access ZIP with nothing but the box's public key; knows docs/exports.md and no line of vigcam.

    python verify_access.py everything.zip [KEY]   (Python 3.11 or later, `pip install cryptography`)
KEY is the box's public key, 64 hex digits, as you know it from elsewhere; without it, the key that comes along is believed.
Exit status: 0 all of it holds; 3 it is damaged, and every file that is; 1 refused, and why; 2 wrong usage.
Every file is compared with manifest.json, which nobody signed; every line of the .jsonl files is signed by the box. That no line
is missing in between, only the whole log can show: docs/verify_audit.py checks that one."""

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
}
EXTRACT = "audit-extract.jsonl"
MOST = 256 << 20  # bytes of a ZIP unpacked: no case comes near it


class Bad(Exception): ...  # says what does not hold


def check_signature(key: str, context: bytes, data: bytes, signature: bytes) -> None:
    try:
        framed = b"vigcam device signature v1\0" + context + b"\0" + data
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature.decode()), framed)
    except InvalidSignature:
        raise Bad("its signature does not hold") from None


def check_lines(name: str, data: bytes, key: str) -> None:
    """Raises Bad for the first line that the box did not sign, or that stands out of order in the extract of its log."""
    last = 0
    for number, raw in enumerate(re.findall(rb"[^\n]*\n|[^\n]+", data), start=1):
        try:
            if name == EXTRACT:
                last = check_log_line(raw, key, last)
                continue
            context, form = SIGNED[name]
            if not (found := form.fullmatch(raw)):
                raise Bad("it is not in its one spelling")
            check_signature(key, context, found[1], found[2])
        except Bad as bad:
            raise Bad(f"line {number}: {bad}") from None


def check_log_line(raw: bytes, key: str, last: int) -> int:
    """Its number in the log, which is greater than the last one's."""
    found = LOG_LINE.fullmatch(raw)
    if not found or hashlib.sha256(b"vigcam audit line v2\0" + found[1]).hexdigest() != found[2].decode():
        raise Bad("its hash does not hold")
    check_signature(key, b"audit-line", bytes.fromhex(found[2].decode()), found[3])
    sequence = int(json.loads(found[1] + b"}")["seq"])
    if sequence <= last:
        raise Bad("it is out of order")
    return sequence


def check(files: dict[str, bytes], key: str) -> list[str]:
    """Everything that is wrong with these files: changed, missing or added ones, and lines that do not hold."""
    contents = json.loads(files["manifest.json"])
    told = {one["name"]: (one["bytes"], one["sha256"]) for one in contents["members"]}
    there = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items() if name != "manifest.json"}
    names = sorted({*told, *there, EXTRACT, *SIGNED})
    troubles = [f"{name}: it is not what manifest.json says" for name in names if told.get(name, 0) != there.get(name, 1)]
    for name in (EXTRACT, *SIGNED):
        try:
            check_lines(name, files.get(name, b""), key or contents["device_key"])
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
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as reason:
        raise SystemExit(f"it cannot be read: {reason}") from None
    sys.stderr.write("".join(f"{trouble}\n" for trouble in troubles) or "good: all of it holds\n")
    return 3 if troubles else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
