"""Practitioners' keyrings: made, wrapped by a passphrase, unwrapped while somebody is signed in. Never logs, never caches.

A keyring is a standard age file (scrypt) of JSON: an age identity, which opens, and an Ed25519 key, which signs. Unwrapping
takes 64 MiB for scrypt: one at a time, because the smallest box has 512 MB.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from capture.device_key import DeviceKey
from capture.durable import wipe_file, write_new
from capture.errors import (
    BadRequest,
    BoxUnusable,
    NotARecipient,
    NotFound,
    NotNow,
    SealBroken,
    SignInNeeded,
    SignInRefused,
    Truncated,
)
from capture.ids import PractitionerId, practitioner_id
from capture.model import Fact
from capture.plain_file import read_plain
from capture.recipients import PractitionerEntry, Recipients, parse_recipient
from capture.seal.header import Stanza, encode_base64, write_header
from capture.seal.keys import Identity, Recipient
from capture.seal.scrypt import KIND
from capture.seal.small import seal_with_passphrase, unseal_with_passphrase
from device.ports import Disk

WORK_FACTOR = 16
"""log2 of scrypt's N: 64 MiB and about a second on the smallest box."""
_KEYRING_BYTES = 65_536
"""No wrapped keyring is longer."""


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What anybody may know of a practitioner: where to seal to, and by what their statements are checked."""

    practitioner: PractitionerId
    recipient: Recipient
    verify_hex: str


class _Secrets(Fact, frozen=True, kw_only=True):
    """What a keyring's file holds: `identity` in age's own spelling, `signing_key` the Ed25519 seed in hex."""

    practitioner: PractitionerId
    identity: str
    signing_key: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


_SECRETS = msgspec.json.Decoder(_Secrets)


class Unlocked:
    """An unwrapped keyring, in RAM while its practitioner is signed in. Shows nothing of itself in a repr.

    `wipe` drops what it holds; Python cannot promise that no copy of the bytes remains, which is why the daemon's memory
    is kept from swap and core dumps besides.
    """

    def __init__(self, public: PublicKeys, identity: Identity, signing_key: Ed25519PrivateKey) -> None:
        self.public = public
        self._held: tuple[Identity, Ed25519PrivateKey] | None = (identity, signing_key)

    @property
    def practitioner(self) -> PractitionerId:
        return self.public.practitioner

    @property
    def is_wiped(self) -> bool:
        return self._held is None

    @property
    def identity(self) -> Identity:
        """Opens what was sealed to this practitioner. Raises SignInNeeded once wiped, as do all below."""
        return self._keys()[0]

    def sign(self, data: bytes) -> bytes:
        """An Ed25519 signature of 64 bytes over `data`, which names its own purpose. Source: RFC 8032."""
        return self._keys()[1].sign(data)

    def export_identity(self) -> str:
        """The age identity alone, for a workstation: it reads recordings, and can sign nothing."""
        return self._keys()[0].encode()

    def wipe(self) -> None:
        """Forget the keys; safe twice."""
        self._held = None

    def _keys(self) -> tuple[Identity, Ed25519PrivateKey]:
        held = self._held  # read once: another thread may wipe meanwhile
        if held is None:
            raise SignInNeeded
        return held


class Keyrings:
    """The folders `keyrings/` and `recipients/` of one box. `work_factor` is log2 of scrypt's N for new keyrings and decoys."""

    def __init__(
        self, keyrings_folder: Path, recipients_folder: Path, device_key: DeviceKey, disk: Disk, work_factor: int = WORK_FACTOR
    ) -> None:
        self._folder = keyrings_folder
        self._recipients = Recipients(recipients_folder, device_key, disk)
        self._disk = disk
        self._work_factor = work_factor
        self._unwrapping = threading.Lock()
        self._decoy = _make_decoy(work_factor)

    def enrol(self, practitioner: PractitionerId, passphrase: str) -> PublicKeys:
        """Make a practitioner's keys and keep them wrapped; durable when it returns.

        The signed public half is written last: until then there is no such practitioner. Raises BadRequest for an empty
        passphrase, NotNow if the practitioner exists or ever did, OSError.
        """
        if not normalise(passphrase):
            raise BadRequest("empty passphrase")
        if practitioner in self._recipients.ids():
            raise NotNow("enrolled already")  # one id keeps one pair of keys for ever
        identity, signing_key = Identity.generate(), Ed25519PrivateKey.generate()
        held = _Secrets(practitioner=practitioner, identity=identity.encode(), signing_key=signing_key.private_bytes_raw().hex())
        with self._unwrapping:
            sealed = seal_with_passphrase(msgspec.json.encode(held), normalise(passphrase), self._work_factor)
        entry = PractitionerEntry(
            practitioner=practitioner,
            recipient=identity.recipient.encode(),
            verify_hex=signing_key.public_key().public_bytes_raw().hex(),
            keyring_hash=hashlib.sha256(sealed).hexdigest(),
        )
        try:
            write_new(self._disk, self._path(practitioner), sealed)
            self._recipients.add(entry)
        except FileExistsError as error:
            raise NotNow("enrolled already") from error
        return _public(entry)

    def unlock(self, username: str, passphrase: str) -> Unlocked:
        """Unwrap a keyring; takes a second of scrypt, one caller at a time.

        Raises SignInRefused, alike and at like cost, for an unknown name, a wrong passphrase and a damaged file: where
        there is nothing that could open, the passphrase is tried on a decoy that nothing opens.
        """
        with self._unwrapping:
            public, sealed = self._find(username)
            try:
                plain = unseal_with_passphrase(sealed, normalise(passphrase))
            except (NotARecipient, SealBroken, Truncated):
                raise SignInRefused from None
        if public is None:
            raise SignInRefused
        return _parse_secrets(plain, public)

    def public(self, practitioner: PractitionerId) -> PublicKeys:
        """Raises NotFound; BoxUnusable if what lies there is damaged or not signed by this box."""
        return _public(self._recipients.get(practitioner))

    def is_active(self, practitioner: PractitionerId) -> bool:
        """Whether this practitioner may sign in; false for one who is unknown or retired. Raises BoxUnusable as `public`."""
        try:
            return not self._recipients.get(practitioner).is_retired
        except NotFound:
            return False

    def everybody(self) -> tuple[PractitionerId, ...]:
        """Who was ever enrolled, retired ones too."""
        return self._recipients.ids()

    def is_practitioners(self, recipient: Recipient) -> bool:
        """Whether anybody who was ever enrolled here has this one, as far as their entries can be read."""
        for practitioner in self.everybody():
            with suppress(BoxUnusable):
                if self.public(practitioner).recipient == recipient:
                    return True
        return False

    def retire(self, practitioner: PractitionerId) -> None:
        """From here on this practitioner cannot sign in: marked first, then the wrapped keys are overwritten and removed. The
        public half stays, for what they signed. Nothing undoes it; safe to repeat. Raises NotFound, BoxUnusable, OSError."""
        if not self._recipients.get(practitioner).is_retired:
            self._recipients.retire(practitioner)
        wipe_file(self._disk, self._path(practitioner))

    def recovery(self) -> Recipient:
        """The service's recovery recipient. Raises RecoveryUnproven, BoxUnusable."""
        return self._recipients.recovery()

    def replace_recovery(self, recipient: Recipient) -> None:
        """What is sealed from here on is sealed to this one; what was sealed before stays as it is. Raises OSError."""
        self._recipients.replace_recovery(recipient)

    def _path(self, practitioner: PractitionerId) -> Path:
        return self._folder / f"{practitioner}.age"

    def _find(self, username: str) -> tuple[PublicKeys | None, bytes]:
        try:
            entry = self._recipients.get(practitioner_id(username.strip().lower()))
            sealed = read_plain(self._path(entry.practitioner), _KEYRING_BYTES)
        except (BadRequest, NotFound, BoxUnusable, OSError):
            return None, self._decoy
        if entry.is_retired or hashlib.sha256(sealed).hexdigest() != entry.keyring_hash:
            return None, self._decoy  # a damaged header would be refused before any work was done
        return _public(entry), sealed


def normalise(passphrase: str) -> str:
    """One spelling for what people and phones make of six words: Unicode form, capitals, spaces. Source: UAX #15 (NFKC)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", passphrase).lower())
    # a lone surrogate has no bytes: it must be refused as any other wrong passphrase, not as a defect
    return " ".join(folded.split()).encode("utf-8", "replace").decode("utf-8")


def _public(entry: PractitionerEntry) -> PublicKeys:
    return PublicKeys(entry.practitioner, parse_recipient(entry.recipient), entry.verify_hex)


def _parse_secrets(plain: bytes, public: PublicKeys) -> Unlocked:
    try:
        held = _SECRETS.decode(plain)
        identity = Identity.parse(held.identity)
    except (msgspec.DecodeError, BadRequest):
        raise SignInRefused from None  # never chained: a decoder's words may quote what it read
    signing_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(held.signing_key))
    found = PublicKeys(held.practitioner, identity.recipient, signing_key.public_key().public_bytes_raw().hex())
    if found != public:
        raise SignInRefused
    return Unlocked(public, identity, signing_key)


def _make_decoy(work_factor: int) -> bytes:
    """A keyring that asks for the same work and that no passphrase opens: its wrapped key is noise. Made without scrypt."""
    salt = encode_base64(secrets.token_bytes(16)).decode("ascii")
    stanza = Stanza((KIND, salt, str(work_factor)), secrets.token_bytes(32))
    return write_header(secrets.token_bytes(16), [stanza]) + secrets.token_bytes(400)
