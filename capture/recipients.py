"""The public keys that the locked box seals to and checks by: practitioners' and the service's recovery. Holds no secret.

One JSON file each in `recipients/`: the exact text that the device key signed, and the signature. A card that was written to
elsewhere cannot slip in a recipient of its own.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from capture.device_key import DeviceKey, verify
from capture.durable import write_new, write_over
from capture.errors import AuditBroken, BadRequest, BoxUnusable, NotFound, RecoveryUnproven
from capture.ids import PractitionerId, practitioner_id
from capture.model import Fact
from capture.plain_file import read_plain
from capture.seal.keys import Recipient
from device.ports import Disk

_PRACTITIONER_CONTEXT = "practitioner-keys"
_RECOVERY_CONTEXT = "recovery-recipient"
_RECOVERY_NAME = "recovery.json"
_ENTRY_BYTES = 65_536
"""No entry is longer."""

Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class PractitionerEntry(Fact, frozen=True, kw_only=True):
    """`verify_hex` is the Ed25519 public key of statements; `keyring_hash` the SHA-256 of the wrapped keyring's file, so that
    a damaged or exchanged one is known before anybody's passphrase is tried on it. A retired practitioner keeps the entry for
    ever: what they signed is checked by it."""

    practitioner: PractitionerId
    recipient: str
    verify_hex: Hex32
    keyring_hash: Hex32
    is_retired: bool = False


class _RecoveryEntry(Fact, frozen=True, kw_only=True):
    recipient: str


class _SignedEntry(Fact, frozen=True, kw_only=True):
    signed: str
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]


Entry = TypeVar("Entry", PractitionerEntry, _RecoveryEntry)

_SIGNED = msgspec.json.Decoder(_SignedEntry)
_PRACTITIONER = msgspec.json.Decoder(PractitionerEntry)
_RECOVERY = msgspec.json.Decoder(_RecoveryEntry)


class Recipients:
    """The folder `recipients/` of one box."""

    def __init__(self, folder: Path, device_key: DeviceKey, disk: Disk) -> None:
        self._folder = folder
        self._device_key = device_key
        self._disk = disk

    def add(self, entry: PractitionerEntry) -> None:
        """Durable when it returns. Raises FileExistsError, OSError."""
        write_new(self._disk, self._path(entry.practitioner), self._signed(_PRACTITIONER_CONTEXT, entry))

    def retire(self, practitioner: PractitionerId) -> None:
        """Mark the entry, which nothing unmarks. Durable when it returns. Raises NotFound, BoxUnusable, OSError."""
        entry = msgspec.structs.replace(self.get(practitioner), is_retired=True)
        write_over(self._disk, self._path(practitioner), self._signed(_PRACTITIONER_CONTEXT, entry))

    def ids(self) -> tuple[PractitionerId, ...]:
        """Everybody who ever was a practitioner of this box, in no order that says anything."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            with suppress(BadRequest):  # recovery's
                found.append(practitioner_id(path.stem))
        return tuple(found)

    def get(self, practitioner: PractitionerId) -> PractitionerEntry:
        """Raises NotFound; BoxUnusable if the file is damaged or not signed by this box."""
        path = self._path(practitioner)
        try:
            entry = self._read(path, _PRACTITIONER_CONTEXT, _PRACTITIONER)
        except FileNotFoundError as error:
            raise NotFound(practitioner) from error
        if entry.practitioner != practitioner:  # another's file under this name
            raise BoxUnusable(f"recipients/{path.name}")
        return entry

    def set_recovery(self, recipient: Recipient) -> None:
        """Keep the service's recovery recipient, once its challenge was answered. Raises FileExistsError, OSError."""
        write_new(self._disk, self._folder / _RECOVERY_NAME, self._signed_recovery(recipient))

    def replace_recovery(self, recipient: Recipient) -> None:
        """Another one takes its place, wholly or not at all. Raises OSError."""
        write_over(self._disk, self._folder / _RECOVERY_NAME, self._signed_recovery(recipient))

    def recovery(self) -> Recipient:
        """Raises RecoveryUnproven if none was ever set; BoxUnusable if the file is damaged or not signed by this box."""
        try:
            entry = self._read(self._folder / _RECOVERY_NAME, _RECOVERY_CONTEXT, _RECOVERY)
        except FileNotFoundError as error:
            raise RecoveryUnproven from error
        return parse_recipient(entry.recipient)

    def _path(self, practitioner: PractitionerId) -> Path:
        return self._folder / f"{practitioner}.json"

    def _signed_recovery(self, recipient: Recipient) -> bytes:
        return self._signed(_RECOVERY_CONTEXT, _RecoveryEntry(recipient=recipient.encode()))

    def _signed(self, context: str, entry: PractitionerEntry | _RecoveryEntry) -> bytes:
        signed = msgspec.json.encode(entry)
        signature = self._device_key.sign(context, signed).hex()
        return msgspec.json.encode(_SignedEntry(signed=signed.decode(), signature=signature)) + b"\n"

    def _read(self, path: Path, context: str, decoder: msgspec.json.Decoder[Entry]) -> Entry:
        try:
            outer = _SIGNED.decode(read_plain(path, _ENTRY_BYTES))
            signed = outer.signed.encode()
            verify(self._device_key.public_hex, context, signed, bytes.fromhex(outer.signature))
            return decoder.decode(signed)
        except FileNotFoundError:
            raise
        except (OSError, msgspec.DecodeError, UnicodeError, AuditBroken) as error:
            raise BoxUnusable(f"recipients/{path.name}") from error


def parse_recipient(text: str) -> Recipient:
    """A recipient that this box signed for. Raises BoxUnusable if it is none: then the box is broken, not the request."""
    try:
        return Recipient.parse(text)
    except BadRequest as error:
        raise BoxUnusable("a signed recipient is none") from error
