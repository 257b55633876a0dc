"""Bech32, the writing of age keys: characters with a checksum. Never says what a key is for, and knows no key.

Source: BIP 173. age lifts the limit of 90 characters; the later Bech32m constant is not used.
"""

from __future__ import annotations

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LENGTH = 6
_TEXT_LIMIT = 4096
"""More than the longest key of the age specification (post-quantum recipients, about 2,000 characters)."""


class Bech32Error(ValueError):
    """The text is no Bech32; the message never repeats it, because it may be a secret."""


def encode(prefix: str, data: bytes) -> str:
    """Write `data` under the human-readable `prefix`; lower case throughout if the prefix is."""
    words = _to_words(data)
    lower = prefix.lower()
    checksum = _polymod([*_expand(lower), *words, *[0] * _CHECKSUM_LENGTH]) ^ 1
    tail = [(checksum >> 5 * (5 - place)) & 31 for place in range(_CHECKSUM_LENGTH)]
    text = f"{lower}1{''.join(_CHARSET[word] for word in [*words, *tail])}"
    return text if prefix == lower else text.upper()


def decode(text: str) -> tuple[str, bytes]:
    """Read a text into its prefix, in the case in which it was written, and its data. Raises Bech32Error."""
    if len(text) > _TEXT_LIMIT or not text.isascii() or not text.isprintable() or " " in text:
        raise Bech32Error("not Bech32")
    lower = text.lower()
    if text not in (lower, text.upper()):
        raise Bech32Error("mixed case")
    split = lower.rfind("1")
    prefix, symbols = lower[:split], lower[split + 1 :]
    if split < 1 or len(symbols) < _CHECKSUM_LENGTH or any(symbol not in _CHARSET for symbol in symbols):
        raise Bech32Error("not Bech32")
    words = [_CHARSET.index(symbol) for symbol in symbols]
    if _polymod([*_expand(prefix), *words]) != 1:
        raise Bech32Error("wrong checksum")
    return text[:split], _from_words(words[:-_CHECKSUM_LENGTH])


def decode_key(text: str, prefix: str, length: int) -> bytes:
    """The data of a text with exactly this prefix, in its case, and `length` bytes. Raises Bech32Error."""
    found, data = decode(text)
    if found != prefix or len(data) != length:
        raise Bech32Error("another kind of key")
    return data


def _expand(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _polymod(words: list[int]) -> int:
    check = 1
    for word in words:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for place, factor in enumerate(_GENERATOR):
            if top >> place & 1:
                check ^= factor
    return check


def _to_words(data: bytes) -> list[int]:
    padding = -len(data) * 8 % 5
    number = int.from_bytes(data, "big") << padding
    count = (len(data) * 8 + padding) // 5
    return [number >> 5 * place & 31 for place in range(count - 1, -1, -1)]


def _from_words(words: list[int]) -> bytes:
    number = 0
    for word in words:
        number = number << 5 | word
    padding = len(words) * 5 % 8
    if padding >= 5 or number & ((1 << padding) - 1):
        raise Bech32Error("wrong padding")
    return (number >> padding).to_bytes(len(words) * 5 // 8, "big")
