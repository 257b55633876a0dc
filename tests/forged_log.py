"""A log changed by somebody without the box's key, as well as that can be done: every hash and link is worked out anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from capture.audit.line import link_of

_HASH_KEY = b',"hash":'


def rechained(lines: Sequence[bytes], begin: int, sign: Callable[[bytes], bytes] | None = None) -> list[bytes]:
    """`lines` with each from index `begin` on linked to the one before and its hash made to hold. Signatures stay as they are, or
    are what `sign` makes of the 32 bytes of the hash."""
    done = list(lines[:begin])
    for line in lines[begin:]:
        prev = link_of(done[-1]) if done else "0" * 64
        at = line.rindex(b'"prev":"') + 8
        body = line[:at] + prev.encode() + line[at + 64 : line.rindex(_HASH_KEY)]
        digest = hashlib.sha256(b"vigcam audit line v2\0" + body).digest()
        signature = line[-131:-3] if sign is None else sign(digest).hex().encode()
        done.append(body + _HASH_KEY + b'"' + digest.hex().encode() + b'","sig":"' + signature + b'"}\n')
    return done


def reworded(line: bytes) -> bytes:
    """Another count of presses than the box wrote."""
    at = line.index(b'"count":') + 8
    return line[:at] + b"9" + line[at + 1 :]
