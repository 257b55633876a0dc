"""The JavaScript age reads what is sealed here, and what it seals is read here: every kind of key, post-quantum too.

One Node process answers for all cases of this file.
"""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from typing import Any

import pytest
from node_tools import installed_version, run_module
from sealed_files import CHUNK, plaintext

from capture.seal import hybrid
from capture.seal.armor import ArmorWriter, read_armor
from capture.seal.header import parse_header
from capture.seal.keys import AnyIdentity, AnyRecipient, Identity
from capture.seal.scrypt import Identity as OpeningPassphrase
from capture.seal.scrypt import Recipient as SealingPassphrase
from capture.seal.small import seal_bytes, unseal_bytes

SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 777)
WORDS = "sześć generated words"
QUICK = 8
PROGRAM = """
import * as age from "age-encryption";
import { readFileSync } from "node:fs";
const asked = JSON.parse(readFileSync(0, "utf8"));
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const text = (data) => Buffer.from(data).toString("base64");
const answer = { recipients: {}, opened: {}, sealed: {} };
for (const [name, identity] of Object.entries(asked.identities)) {
  answer.recipients[name] = await age.identityToRecipient(identity);
}
for (const [name, one] of Object.entries(asked.cases)) {
  const decrypter = new age.Decrypter();
  one.identity ? decrypter.addIdentity(one.identity) : decrypter.addPassphrase(one.words);
  const file = bytes(one.sealed);
  answer.opened[name] = text(await decrypter.decrypt(one.armored ? age.armor.decode(Buffer.from(file).toString()) : file));
  const encrypter = new age.Encrypter();
  if (one.identity) {
    encrypter.addRecipient(await age.identityToRecipient(one.stranger));
    encrypter.addRecipient(await age.identityToRecipient(one.identity));
  } else {
    encrypter.setPassphrase(one.words);
    encrypter.setScryptWorkFactor(8);
  }
  const sealed = await encrypter.encrypt(bytes(one.plain));
  answer.sealed[name] = one.armored ? text(Buffer.from(age.armor.encode(sealed))) : text(sealed);
}
process.stdout.write(JSON.stringify(answer));
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of key, ours on both sides; `secret` is its identity as text, `words` its passphrase, a `stranger` shares files."""

    recipients: tuple[AnyRecipient, ...]
    identity: AnyIdentity
    secret: str | None = None
    stranger: str | None = None
    words: str | None = None


@pytest.fixture(scope="module")
def kinds() -> dict[str, Kind]:
    classic, other = Identity.generate(), Identity.generate()
    modern, newer = hybrid.Identity.generate(), hybrid.Identity.generate()
    return {
        "x25519": Kind((other.recipient, classic.recipient), classic, classic.encode(), other.encode()),
        "post-quantum": Kind((newer.recipient, modern.recipient), modern, modern.encode(), newer.encode()),
        "passphrase": Kind((SealingPassphrase(WORDS, QUICK),), OpeningPassphrase(WORDS), words=WORDS),
    }


CASES = [
    pytest.param(kind, size, is_armored, id=f"{kind} {size}{' armored' * is_armored}")
    for kind in ("x25519", "post-quantum", "passphrase")
    for size in SIZES
    for is_armored in (False, True)
]


def name_of(kind: str, size: int, is_armored: bool) -> str:
    return f"{kind} {size} {is_armored}"


@pytest.fixture(scope="module")
def answer(kinds: dict[str, Kind]) -> dict[str, dict[str, str]]:
    """What Node made of all cases: recipients, what it opened of ours, and what it sealed."""
    installed_version("age-encryption")
    cases = {}
    for case in CASES:
        kind, size, is_armored = case.values
        sealed = seal_bytes(plaintext(size), kinds[kind].recipients)
        cases[name_of(kind, size, is_armored)] = {
            "identity": kinds[kind].secret,
            "stranger": kinds[kind].stranger,
            "words": kinds[kind].words,
            "armored": is_armored,
            "sealed": base64.b64encode(armored(sealed) if is_armored else sealed).decode(),
            "plain": base64.b64encode(plaintext(size)).decode(),
        }
    identities = {name: kind.secret for name, kind in kinds.items() if kind.secret}
    found: Any = json.loads(run_module(PROGRAM, {"identities": identities, "cases": cases}, timeout_s=120))
    return found


def armored(data: bytes) -> bytes:
    lines: list[bytes] = []
    armor = ArmorWriter(lines.append)
    armor.write(data)
    armor.finish()
    return b"".join(lines)


@pytest.mark.promise("P12")
@pytest.mark.parametrize(("kind", "size", "is_armored"), CASES)
def test_javascript_opens_what_was_sealed_here(answer: dict[str, dict[str, str]], kind: str, size: int, is_armored: bool) -> None:
    assert base64.b64decode(answer["opened"][name_of(kind, size, is_armored)]) == plaintext(size)


@pytest.mark.parametrize(("kind", "size", "is_armored"), CASES)
def test_what_javascript_sealed_opens_here(
    answer: dict[str, dict[str, str]], kinds: dict[str, Kind], kind: str, size: int, is_armored: bool
) -> None:
    sealed = base64.b64decode(answer["sealed"][name_of(kind, size, is_armored)])
    if is_armored:
        sealed = b"".join(read_armor(io.BytesIO(sealed)))
    assert unseal_bytes(sealed, kinds[kind].identity) == plaintext(size)


@pytest.mark.parametrize("kind", ["x25519", "post-quantum"])
def test_both_make_the_same_recipient_of_an_identity(
    answer: dict[str, dict[str, str]], kinds: dict[str, Kind], kind: str
) -> None:
    identity = kinds[kind].identity
    assert isinstance(identity, Identity | hybrid.Identity)
    assert answer["recipients"][kind] == identity.recipient.encode()


def test_javascript_writes_the_kind_of_stanza_that_is_meant(answer: dict[str, dict[str, str]]) -> None:
    sealed = base64.b64decode(answer["sealed"][name_of("post-quantum", 1, is_armored=False)])
    assert [stanza.kind for stanza in parse_header(sealed).stanzas] == [hybrid.KIND] * 2
