"""Checks the log of a vigcam with nothing but the box's public key; knows docs/audit-log.md and no line of vigcam.
    python verify_audit.py BUNDLE.zip | audit.log | audit-extract.jsonl [KEY]   (Python 3.11 or later, `pip install cryptography`)
KEY is the box's public key, 64 hex digits, as you know it from elsewhere; without it, the one that comes along is believed. Exit
status: 0 it holds; 3 torn or damaged, and the first bad line; 1 refused; 2 wrong usage. A *.jsonl is read line by line."""

import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LINE = re.compile(rb'(\{.*),"hash":"([0-9a-f]{64})","sig":"([0-9a-f]{128})"\}\n')
MANIFEST = re.compile(rb'\{"manifest":(\{.*\}),"signature":"([0-9a-f]{128})"\}\n')
BATCH, LONGEST, MOST_TORN = 64, 16384, 1 << 20  # lines that share a sync; bytes of a line; bytes that a power cut may leave torn


class Bad(Exception): ...  # says what does not hold


def check_signature(key: str, context: bytes, data: bytes, signature: bytes) -> None:
    try:
        framed = b"vigcam device signature v1\0" + context + b"\0" + data
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature.decode()), framed)
    except (InvalidSignature, ValueError):
        raise Bad("its signature does not hold") from None


def line_of(raw: bytes, key: str) -> dict[str, Any]:
    """What a line says, if its hash and its signature hold. Without a key, by the one that it carries itself."""
    found = LINE.fullmatch(raw)
    if not found or len(raw) > LONGEST or hashlib.sha256(b"vigcam audit line v2\0" + found[1]).hexdigest() != found[2].decode():
        raise Bad("its hash does not hold")
    try:
        line: dict[str, Any] = json.loads(found[1] + b"}")
        carried = str(line["fields"].get("device_key", "")) if line["seq"] == 1 else key
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Bad("it is malformed") from None
    if carried != (key or carried):
        raise Bad("it carries another box's key")
    check_signature(carried, b"audit-line", bytes.fromhex(found[2].decode()), found[3])
    return line


class Log:
    """A whole log. `links` are what the line behind each must carry as `prev`; `torn` is what a power cut left of lines."""

    def __init__(self, key: str) -> None:
        self.key, self.box, self.links, self.troubles = key, "", list[str](), list[str]()
        self.torn, self.torn_at, self.whole, self.last_event = b"", 0, 0, ""

    def follow(self, raw: bytes) -> None:
        line = line_of(raw, self.key)
        fields, event = line["fields"], line["event"]
        if (line["seq"], line["prev"]) != (len(self.links) + 1, self.links[-1] if self.links else "0" * 64):
            raise Bad("it does not follow the line before")
        lost = self.torn.removesuffix(b"\n")
        told = event == "tail_lost" and (fields["bytes"], fields["sha256"])
        if self.torn and told != (len(lost), hashlib.sha256(lost).hexdigest()):
            raise Bad("it is unfinished")
        if event == "log_cut":  # behind what told of a torn line, if there was one
            kept = len(self.links) - (self.last_event == "tail_lost")
            self.troubles.append(f"lines after {kept} were cut or replaced: the box remembered a line {fields['sequence']}")
        self.key, self.box = self.key or fields["device_key"], self.box or fields.get("box", "")
        self.links.append(hashlib.sha256(b"vigcam audit link v2\0" + raw).hexdigest())
        self.torn, self.torn_at, self.whole, self.last_event = b"", 0, 0, event

    def read(self, data: bytes) -> None:
        for number, raw in enumerate(re.findall(rb"[^\n]*\n|[^\n]+", data) or [b"\n"], start=1):
            is_whole = raw.endswith(b'"}\n') and b"\0" not in raw
            try:
                if is_whole or not data:
                    self.follow(raw)
                    continue
            except Bad as bad:
                if b"\0" not in self.torn or self.whole == BATCH:  # behind a hole, whole lines may follow on nothing
                    raise Bad(f"line {self.torn_at or number}: {'it is unfinished' if self.torn else bad}") from None
            self.torn, self.torn_at, self.whole = self.torn + raw, self.torn_at or number, self.whole + is_whole
            if len(self.torn) > MOST_TORN:
                raise Bad(f"line {self.torn_at}: it is unfinished")

    def check_head(self, where: str, sequence: int, link: str) -> None:
        if sequence < 1 or self.links[sequence - 1 : sequence] != [link]:
            self.troubles.append(f"line {sequence} is not the one that {where} remembers: the log was cut or replaced")


def read_extract(data: bytes, key: str) -> None:
    if not key:
        raise ValueError("an extract by itself is checked by the box's KEY: give it")
    last = 0
    for number, raw in enumerate(data.splitlines(keepends=True), start=1):
        try:
            if (sequence := line_of(raw, key)["seq"]) <= last:
                raise Bad("it is out of order")
            last = sequence
        except Bad as bad:
            raise Bad(f"line {number}: {bad}") from None


def check(files: dict[str, bytes], key: str) -> list[str]:
    """Everything that is wrong with these files; first what is wrong with the log."""
    facts: dict[str, Any] = {**json.loads(files.get("box.json", b"{}"))}
    log, key = Log(key), key or str(facts.get("key", ""))
    try:
        log.read(files["audit.log"]) if "audit.log" in files else read_extract(files["audit-extract.jsonl"], key)
    except Bad as bad:
        return [str(bad)]
    for head in facts.get("remembered", []):
        log.check_head(head["where"], head["sequence"], head["hash"])
    for name in (name for name in files if name.startswith("manifests/")):
        try:
            if not (found := MANIFEST.fullmatch(files[name])):
                raise Bad("it is not in its one spelling")
            check_signature(log.key or key, b"manifest", found[1], found[2])
            manifest = json.loads(found[1])
            if (manifest["recording_id"], log.box or manifest["box_id"]) != (Path(name).stem, manifest["box_id"]):
                raise Bad("it is another recording's or another box's")
            if "audit.log" in files:
                log.check_head(name, manifest["audit_sequence"], manifest["audit_head"])
        except Bad as bad:
            log.troubles.append(f"{name}: {bad}")
    return log.troubles or ([f"torn: line {log.torn_at} is unfinished, all before it holds"] if log.torn else [])


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2) or not all(re.fullmatch("[0-9a-f]{64}", key) for key in arguments[1:]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        if zipfile.is_zipfile(path := Path(arguments[0])):
            with zipfile.ZipFile(path) as bundle:
                files = {name: bundle.read(name) for name in bundle.namelist()}
            if "manifest.json" in files:  # of its files, the log's lines alone would be looked at here, and all of it called good
                raise ValueError("it is a subject access ZIP: verify_access.py checks it")
        else:
            files = {"audit-extract.jsonl" if path.suffix == ".jsonl" else "audit.log": path.read_bytes()}
        troubles = check(files, "".join(arguments[1:]))
    except Exception as reason:  # noqa: BLE001 - whatever somebody made of these files, they are refused in words
        raise SystemExit(f"it cannot be read: {ascii(str(reason))[1:-1]}") from None
    sys.stderr.write("".join(f"{ascii(trouble)[1:-1]}\n" for trouble in troubles) or "good: all of it holds\n")
    return 3 if troubles else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
