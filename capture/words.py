"""Secrets that people write down: the six-word passphrase and the set-up code. Keeps neither; nothing is derived from anything.

Six words of the EFF's long list (7,776 words, shipped by the package diceware) carry 77.5 bits. The set-up code has 20
characters of the codes' alphabet (30 of them), 98 bits; of it the box keeps only a scrypt verifier,
`scrypt$12$<salt hex>$<hash hex>`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from importlib import resources

from capture.ids import ALPHABET

WORDS = 6
SETUP_CODE_LENGTH = 20
_GROUP = 4
_LOG_N = 12
"""4 MB of RAM: the code has 98 bits of its own, nobody goes through them; this only slows whoever tries on the box itself."""
_VERIFIER = re.compile(r"scrypt\$12\$([0-9a-f]{32})\$([0-9a-f]{64})")
_WORD_LINE = re.compile(r"[1-6]{5}\s+([a-z-]+)")


def new_passphrase() -> str:
    """Six words with one space between, for a practitioner to write down."""
    words = _word_list()
    return " ".join(secrets.choice(words) for _ in range(WORDS))


def new_setup_code() -> str:
    """For the card that stays with the service's IT lead: `xxxx-xxxx-xxxx-xxxx-xxxx`."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(SETUP_CODE_LENGTH))
    return "-".join(body[at : at + _GROUP] for at in range(0, SETUP_CODE_LENGTH, _GROUP))


def make_verifier(setup_code: str) -> str:
    """What the box keeps of a set-up code."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_LOG_N}${salt.hex()}${_scrypt(setup_code, salt).hex()}"


def is_setup_code(typed: str, verifier: str) -> bool:
    """Whether this is the code; capitals, spaces and dashes do not matter. A verifier that is not one says no."""
    found = _VERIFIER.fullmatch(verifier)
    if found is None:
        return False
    return hmac.compare_digest(_scrypt(typed, bytes.fromhex(found[1])), bytes.fromhex(found[2]))


def _scrypt(setup_code: str, salt: bytes) -> bytes:
    plain = re.sub(r"[\s-]", "", setup_code.lower()).encode("utf-8", "replace")
    return hashlib.scrypt(plain, salt=salt, n=1 << _LOG_N, r=8, p=1, maxmem=16 << 20, dklen=32)


def _word_list() -> list[str]:
    text = (resources.files("diceware") / "wordlists" / "wordlist_en_eff.txt").read_text("utf-8")
    words = [found[1] for found in map(_WORD_LINE.fullmatch, text.splitlines()) if found]
    if len(set(words)) != 6**5:  # a shorter list would quietly make weaker passphrases
        raise RuntimeError("the word list is not the one expected")
    return words
