"""Fuzz target: the socket's messages. What is decoded means the same when it is sent again; all else is one kind of refusal."""

from __future__ import annotations

import msgspec
from fuzz.mutation import vary_bytes
from fuzz.target import Target

from capture.messages import (
    MAX_MESSAGE_BYTES,
    AnyAnswer,
    AnyVerb,
    Done,
    GetRecording,
    Refused,
    SignInBegin,
    SignOut,
    Stop,
    encode,
)


def seeds() -> list[bytes]:
    session = "s" * 30
    messages = [
        Stop(),
        SignInBegin(username="anna", passphrase="one two three"),
        SignOut(session=session),
        GetRecording(session=session, recording_id="rec-23456789abcdefgh"),
        Done(),
        Refused(code="not_now", detail="x", reasons=("a", "b"), retry_after_s=1.5),
    ]
    return [*map(encode, messages), b"\x91" * 300, b"\x81\xa4verb\xa3\xff\xff\xff"]


def check(data: bytes) -> None:
    for kind in (AnyVerb, AnyAnswer):
        try:
            message = msgspec.msgpack.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeError, RecursionError):  # what the server and the client answer for
            continue
        again = encode(message)
        assert len(again) <= MAX_MESSAGE_BYTES
        assert msgspec.msgpack.decode(again, type=kind) == message


TARGET = Target(seeds, check, vary_bytes, most_bytes=1024)
