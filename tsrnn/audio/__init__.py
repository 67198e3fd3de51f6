"""Sound files, read and written, and mu-law encoding of waveforms as symbols."""

from tsrnn.audio.files import read, write
from tsrnn.audio.mulaw import mulaw_decode, mulaw_encode

__all__ = ["mulaw_decode", "mulaw_encode", "read", "write"]
