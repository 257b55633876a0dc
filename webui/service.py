"""What the service that hands the box out says of itself: for records and receipts. Holds no family's data and asks nobody."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

Line = Annotated[str, msgspec.Meta(max_length=200)]

NOT_RECORDED = "not recorded on this box"
"""What stands where a standard wants a value and the service gave none: a guess would be worse."""


class Service(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controller of the footage, in its own words. All may be empty.

    `lawful_basis` is the service's own statement, for example `UK GDPR Article 6(1)(e)`; vigcam never supplies one, and never
    takes the family's yes for it.
    """

    name: Line = ""
    address: Line = ""
    contact: Line = ""
    web: Line = ""
    lawful_basis: Line = ""
    special_category_basis: Line = ""
    jurisdiction: Line = ""
    authority: Line = ""
    """To whom a family can complain."""


# Worked out here, by one thread: two that come to it first, and at once, bring the interpreter down.
msgspec.json.Decoder(Service)


def read_service(path: Path) -> Service:
    """From a TOML file with these keys and no others. Raises OSError, ValueError naming the key."""
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Service)
