"""One line of JSON that the box signs, in one spelling: how manifests, receipts and signers are written and read. Knows none.

    {"<name>":{…},"signature":"…128 hex…"}

ended by a newline. The signature is the box's Ed25519 (`capture/device_key.py`), in a context of the kind's own, over the exact
bytes of the inner object as they stand, from its `{` to its `}`.
"""

from __future__ import annotations

import re
from typing import Generic, TypeVar

import msgspec

from capture.device_key import DeviceKey, verify
from capture.errors import AuditBroken
from capture.model import Fact

F = TypeVar("F", bound=Fact)


class SignedLine(Generic[F]):
    """One kind of line. To be made at a module's own level: its decoder is worked out here, by the thread that imports."""

    def __init__(self, name: str, context: str, kind: type[F]) -> None:
        self._name = name
        self._context = context
        self._inner: msgspec.json.Decoder[F] = msgspec.json.Decoder(kind)
        self._line = re.compile(rb'\{"%s":(\{.*\}),"signature":"([0-9a-f]{128})"\}\n' % name.encode("ascii"), re.DOTALL)

    def sign(self, fact: F, device_key: DeviceKey) -> bytes:
        """The whole line's bytes."""
        inner = msgspec.json.encode(fact)
        signature = device_key.sign(self._context, inner).hex().encode("ascii")
        return b'{"%s":%s,"signature":"%s"}\n' % (self._name.encode("ascii"), inner, signature)

    def read(self, data: bytes, public_hex: str) -> F:
        """Check the signature of the box with this public key, then parse. Raises AuditBroken."""
        found = self._line.fullmatch(data)
        if found is None:
            raise AuditBroken(f"{self._name} not in the one allowed spelling")
        verify(public_hex, self._context, found[1], bytes.fromhex(found[2].decode("ascii")))
        try:
            return self._inner.decode(found[1])
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise AuditBroken(f"{self._name} malformed") from error
