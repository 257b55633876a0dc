"""The bytes of a recording: as an ordinary MP4 by ranges, as the sealed file, as a hash. No temp file, no copy on any disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import ServiceUnavailable

from capture.ids import recording_id
from capture.messages import SignedIn
from capture.model import Purpose
from webui.answers import answers_json
from webui.keeping import keeper
from webui.movies import Key, Lease
from webui.parts import parts
from webui.sessions import WebSession, browser, signed_in
from webui.streaming import BLOCK_BYTES, Blocks, Content, respond

downloads = Blueprint("downloads", __name__)


KEPT_FOR = frozenset(Purpose) - {Purpose.REVIEW, Purpose.SEALED, Purpose.STILLS_FOR_FAMILY}
"""What a whole film may be taken away for."""


@dataclass(frozen=True, slots=True)
class Mp4Hash:
    """What the virtual MP4 is, to the byte."""

    sha256: str
    size: int
    sealed_sha256: str


@downloads.get("/recordings/<rec>/video.mp4")
def video(rec: str) -> Response:
    """To look at; with `?download=1` to keep; with `&purpose=supervision` or another to hand on, if all in it agreed."""
    is_kept = request.args.get("download") == "1"
    who = signed_in()
    lease = _lease(who, rec, _purpose(request.args.get("purpose", "download")) if is_kept else Purpose.REVIEW)
    try:
        movie = lease.movie()
        name = f"{rec}.mp4" if is_kept else ""
        content = Content("video/mp4", movie.size, f'"{movie.etag}"', movie.blocks, name)
        return respond(content, lease, keeper(parts(), browser(), who))
    except BaseException:
        lease.close()
        raise


@downloads.get("/recordings/<rec>/sealed.age")
def sealed(rec: str) -> Response:
    """The file as it lies on the box: any age program opens it with the practitioner's identity."""
    who = signed_in()
    lease = _lease(who, rec, Purpose.SEALED)
    try:
        size = os.fstat(lease.fd).st_size
        etag = f'"{lease.facts.sealed_hash or f"{rec}-{size}"}"'
        content = Content("application/octet-stream", size, etag, _file_blocks(lease), f"{rec}.mp4.age")
        return respond(content, lease, keeper(parts(), browser(), who))
    except BaseException:
        lease.close()
        raise


@downloads.get("/recordings/<rec>/hash")
@answers_json
def hashes(rec: str) -> dict[str, object]:
    found = mp4_hash(browser(), signed_in(), recording_id(rec), Purpose.DOWNLOAD)
    return {"mp4_sha256": found.sha256, "mp4_bytes": found.size, "sealed_sha256": found.sealed_sha256}


def mp4_hash(mine: WebSession, who: SignedIn, rec: str, purpose: Purpose) -> Mp4Hash:
    """Reads the whole recording the first time, for what it is taken for. Raises NotFound, SealBroken, SignInNeeded, and NotNow
    where a consent to it ended meanwhile."""
    lease = _lease(who, rec, purpose)
    try:
        movie = lease.movie()
        keep = keeper(parts(), mine, who)

        def on_block() -> None:
            keep()
            _ = lease.fd  # raises once what allowed it was taken back

        digest = parts().hashes.of(rec, movie, on_block)
        return Mp4Hash(digest, movie.size, lease.facts.sealed_hash)
    finally:
        lease.close()


def _purpose(text: str) -> Purpose:
    """What the film is taken for. A word that is no purpose is refused: it must not pass for a milder one."""
    try:
        purpose = Purpose(text)
    except ValueError:
        abort(HTTPStatus.NOT_FOUND)
    if purpose not in KEPT_FOR:
        abort(HTTPStatus.NOT_FOUND)
    return purpose


def _lease(who: SignedIn, rec: str, purpose: Purpose) -> Lease:
    key = Key(who.session, recording_id(rec), purpose)
    if parts().movies.is_busy:
        raise ServiceUnavailable(retry_after=2)
    return parts().movies.lease(key)


def _file_blocks(lease: Lease) -> Blocks:
    def blocks(start: int, stop: int, block_size: int = BLOCK_BYTES) -> Iterator[bytes]:
        while start < stop:
            block = os.pread(lease.fd, min(block_size, stop - start), start)
            if not block:
                return
            start += len(block)
            yield block

    return blocks
