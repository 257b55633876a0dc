"""A box's settings: `config.toml` parsed once into frozen structs. Reads no environment, holds no default that could film.

Every error names the key and what it allows. Unknown keys are refused: a misspelt limit must not silently be no limit.
"""

from __future__ import annotations

import ipaddress
import json
import re
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, inspect

from capture import ids
from capture.consent.retention import PROMISED_DAYS, Kept
from capture.errors import BadRequest, BoxUnusable, ConfigInvalid
from capture.ids import BoxId
from device.ports import Profile

FILE_NAME = "config.toml"

_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all sections."""


class BoxSection(Section, frozen=True, kw_only=True):
    """Which box this is. `provisioned_ms` is UTC by the clock of the machine that provisioned it."""

    id: str
    name: Annotated[str, Meta(min_length=1, max_length=60)] = "vigcam"
    provisioned_ms: Annotated[int, Meta(ge=0, le=253_402_300_799_000)] = 0


class TrustSection(Section, frozen=True, kw_only=True):
    """What may change trust: the set-up code's verifier (`capture/words.py`), and whether recovery was ever proven."""

    setup_verifier: Annotated[str, Meta(max_length=200)] = ""
    recovery_proven: bool = False


class CameraSection(Section, frozen=True, kw_only=True):
    """What the camera is asked for: pixels, frames a second, bit/s; and where the sound comes from."""

    width: Annotated[int, Meta(ge=320, le=1920, multiple_of=2)] = 1280
    height: Annotated[int, Meta(ge=240, le=1080, multiple_of=2)] = 720
    fps: Annotated[int, Meta(ge=5, le=60)] = 30
    bitrate: Annotated[int, Meta(ge=250_000, le=25_000_000)] = 4_000_000
    audio_bitrate: Annotated[int, Meta(ge=32_000, le=192_000)] = 96_000
    microphone: Annotated[str, Meta(max_length=60)] = ""
    """The ALSA device on a box ("hw:1,0"); empty where it films without sound."""

    @property
    def profile(self) -> Profile:
        return Profile(self.width, self.height, self.fps, self.bitrate, self.audio_bitrate)


class LimitsSection(Section, frozen=True, kw_only=True):
    """How long anything may last, in seconds of boot time, and what stays free on the disk."""

    lease_s: Annotated[int, Meta(ge=1, le=10_800)] = 10_800
    film_limit_s: Annotated[int, Meta(ge=1, le=1_800)] = 1_800
    framing_limit_s: Annotated[int, Meta(ge=1, le=60)] = 60
    idle_lock_s: Annotated[int, Meta(ge=1, le=900)] = 900
    reserve_bytes: Annotated[int, Meta(ge=200_000_000, le=1_000_000_000_000)] = 200_000_000


class RetentionSection(Section, frozen=True, kw_only=True):
    """For how many days after the end of the work films may stay. Families were promised 60 at most: no setting gives more."""

    kept_days: Annotated[int, Meta(ge=1, le=PROMISED_DAYS)] = PROMISED_DAYS

    @property
    def kept(self) -> Kept:
        return Kept(self.kept_days)


class WebSection(Section, frozen=True, kw_only=True):
    """Where the page is served, and under which names it answers."""

    address: Annotated[str, Meta(min_length=2, max_length=45)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8443
    names: Annotated[tuple[str, ...], Meta(max_length=20)] = ()


class SocketSection(Section, frozen=True, kw_only=True):
    """The daemon's socket, relative to the box's folder or absolute. No `peers`: the daemon's own user and root."""

    path: Annotated[str, Meta(min_length=1, max_length=200)] = "run/capture.sock"
    peers: Annotated[tuple[Annotated[int, Meta(ge=0, le=4_294_967_294)], ...], Meta(max_length=20)] = ()

    def path_in(self, folder: Path) -> Path:
        return folder / self.path


class Config(Section, frozen=True, kw_only=True):
    """One box's settings."""

    box: BoxSection
    trust: TrustSection = TrustSection()
    camera: CameraSection = CameraSection()
    limits: LimitsSection = LimitsSection()
    retention: RetentionSection = RetentionSection()
    web: WebSection = WebSection()
    socket: SocketSection = SocketSection()

    @property
    def box_id(self) -> BoxId:
        return BoxId(self.box.id)


# Worked out here, by one thread: two that come to it first, and at once, bring the interpreter down.
msgspec.json.Decoder(Config)


def load_config(path: Path) -> Config:
    """Read `config.toml`. Raises BoxUnusable where it is missing or unreadable, ConfigInvalid where it is wrong."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BoxUnusable("no config.toml: this folder is not a provisioned box") from error
    return parse_config(data)


def parse_config(data: bytes) -> Config:
    """Raises ConfigInvalid, whose `detail` names the key and what it allows."""
    try:
        tree = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError both are
        raise ConfigInvalid(f"config.toml is not TOML: {error}") from error
    try:
        config = msgspec.convert(tree, Config)
    except msgspec.ValidationError as error:
        raise ConfigInvalid(_explain(str(error))) from error
    _check_names(config)
    return config


def write_config(config: Config) -> bytes:
    """The TOML text of these settings, every value spelled out."""
    lines: list[str] = []
    for section, values in msgspec.to_builtins(config).items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines).encode("utf-8")


def check_address(text: str, key: str) -> None:
    """Raises ConfigInvalid unless `text` is one IPv4 or IPv6 address; "any address" is none, no certificate can hold it."""
    try:
        is_one = not ipaddress.ip_address(text).is_unspecified
    except ValueError:
        is_one = False
    if not is_one:
        raise ConfigInvalid(f"{key}: allowed is one IPv4 or IPv6 address")


def check_host_name(text: str, key: str) -> None:
    """Raises ConfigInvalid unless `text` is a host name in lower-case letters, digits, dashes and dots."""
    if not _HOST_NAME.fullmatch(text) or text.rpartition(".")[2].isdigit():  # the latter is an address, not a name
        raise ConfigInvalid(f"{key}: allowed are host names in lower-case letters, digits, dashes and dots")


def _check_names(config: Config) -> None:
    try:
        ids.box_id(config.box.id)
    except BadRequest as error:
        raise ConfigInvalid("box.id: allowed is a box code (box- and six characters)") from error
    check_address(config.web.address, "web.address")
    for name in config.web.names:
        check_host_name(name, "web.names")


def _toml(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value)  # TOML's basic strings, integers and booleans are spelled as JSON's


def _explain(message: str) -> str:
    """From msgspec's words ("Expected `int` <= 10800 - at `$.limits.lease_s`") to the key and what it allows."""
    said, _, place = message.partition(" - at `$")
    path = [part for part in re.split(r"[.\[]", place.rstrip("`")) if part and not part.endswith("]")]
    if named := re.search(r"field `([^`]+)`", said):
        path.append(named[1])
    kind: inspect.Type = inspect.type_info(Config)
    for at, part in enumerate(path):
        fields = {field.encode_name: field.type for field in kind.fields} if isinstance(kind, inspect.StructType) else {}
        if part not in fields:
            return f"{'.'.join(path[: at + 1])}: no such key; allowed are {', '.join(sorted(fields))}"
        kind = fields[part]
    return f"{'.'.join(path) or 'config.toml'}: allowed is {_allowed(kind)}"


def _allowed(kind: inspect.Type) -> str:
    match kind:
        case inspect.IntType():
            step = f", a multiple of {kind.multiple_of}" if kind.multiple_of else ""
            return f"a whole number from {kind.ge} to {kind.le}{step}"
        case inspect.BoolType():
            return "true or false"
        case inspect.VarTupleType():
            return f"a list of at most {kind.max_length}, each {_allowed(kind.item_type)}"
        case inspect.StructType():
            return "a section with " + ", ".join(field.encode_name for field in kind.fields)
        case inspect.StrType():
            return f"a text of at most {kind.max_length or 40} characters"
        case _:
            return "something else"
