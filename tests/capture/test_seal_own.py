"""Opening what this software sealed itself: quicker than what others sealed, and no more trusting."""

from __future__ import annotations

import pytest

from capture.errors import NotARecipient, SealBroken, Truncated
from capture.seal.keys import Identity
from capture.seal.small import seal_bytes, unseal_bytes, unseal_own_bytes

OWN, RECOVERY = Identity.generate(), Identity.generate()
SEALED = seal_bytes(b"a statement", [OWN.recipient, RECOVERY.recipient])


@pytest.mark.parametrize("identity", [OWN, RECOVERY], ids=["first", "second"])
def test_each_recipient_opens_it_wherever_their_stanza_stands(identity: Identity) -> None:
    assert unseal_own_bytes(SEALED, identity) == unseal_bytes(SEALED, identity) == b"a statement"


def test_nobody_else_opens_it() -> None:
    with pytest.raises(NotARecipient):
        unseal_own_bytes(SEALED, Identity.generate())


def test_a_flipped_bit_anywhere_also_in_the_stanza_that_is_not_tried_is_noticed() -> None:
    for place in range(len(SEALED)):
        spoilt = bytearray(SEALED)
        spoilt[place] ^= 1 << place % 8
        with pytest.raises((SealBroken, NotARecipient, Truncated)):
            unseal_own_bytes(bytes(spoilt), OWN)


def test_a_file_cut_anywhere_is_noticed() -> None:
    for length in range(len(SEALED)):
        with pytest.raises((SealBroken, NotARecipient, Truncated)):
            unseal_own_bytes(SEALED[:length], OWN)
