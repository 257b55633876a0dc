"""The front door of the seal for files: everything that writes or reads one, gathered under one name. Adds nothing of its own."""

from capture.seal.chunks import Unreadable
from capture.seal.envelope import make_header, new_file_key, open_header
from capture.seal.reader import PlainReader, SealedReader
from capture.seal.salvage import SalvageReader
from capture.seal.sealer import ChunkSealer

__all__ = [
    "ChunkSealer",
    "PlainReader",
    "SalvageReader",
    "SealedReader",
    "Unreadable",
    "make_header",
    "new_file_key",
    "open_header",
]
