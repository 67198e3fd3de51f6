"""The bytes of WAV files: chunks, a format and samples, of any size and in either byte order."""

import os
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np

_UNKNOWN = 2**32 - 1  # a size that needs more than 32 bits, or was not known when the file was begun
_INTEGERS, _FLOATS, _EXTENSIBLE = 1, 3, 0xFFFE


class DamagedFileError(Exception):
    """What is wrong with a file that begins as a WAV file."""


class OtherFormatError(Exception):
    """Why a file is no uncompressed WAV file."""


def read_wav(file: BinaryIO) -> tuple[int, np.ndarray]:
    """Return the samples per second and the samples (n, C) of an uncompressed WAV file.

    Integers are divided by their full scale.

    Raises
    ------
    DamagedFileError, OtherFormatError
        With the reason.
    """
    begin = file.read(12)
    if begin[:4] not in (b"RIFF", b"RIFX", b"RF64") or begin[8:] != b"WAVE"[: max(len(begin) - 8, 0)]:
        raise OtherFormatError("it does not begin as a WAV file")
    order = "big" if begin[:4] == b"RIFX" else "little"
    form, data = None, None
    for name, position, size in _chunks(file, order):
        if name == b"fmt ":
            form = _Form.of(file.read(min(size, 64)), order)
        elif name == b"data":
            data = position, size
        if form is not None and data is not None:
            break
    end = file.seek(0, os.SEEK_END)
    if form is None or data is None:
        raise DamagedFileError(f"it ends without {'a format' if form is None else 'samples'}")
    start, size = data
    if size == _UNKNOWN or (size == 0 and begin[4:8] in (b"\0" * 4, b"\xff" * 4)):
        size = end - start  # of a file that was written to a pipe
    if start + size > end:
        raise DamagedFileError(f"it ends after {end - start:,} of {size:,} bytes of samples")
    if size % form.block:
        raise DamagedFileError(f"it has {size:,} bytes of samples, {form.block} each")
    file.seek(start)
    return form.sample_rate, _scaled(file.read(size), form, order).reshape(-1, form.n_channels)


def _chunks(file: BinaryIO, order: Any) -> Iterator[tuple[bytes, int, int]]:
    """Return name, position and size of each chunk, with the file at its content."""
    position, long_size = 12, _UNKNOWN
    while True:
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return
        name, size = head[:4], int.from_bytes(head[4:], order)
        position += 8
        if name == b"ds64":
            long_size = int.from_bytes(file.read(16)[8:], "little")
            file.seek(position)
        if name == b"data" and size == _UNKNOWN:
            size = long_size
        yield name, position, size
        position += size + size % 2


class _Form(NamedTuple):
    """What a WAV file says of its samples."""

    tag: int
    n_channels: int
    sample_rate: int
    width: int  # bytes of a sample of one channel

    @property
    def block(self) -> int:
        """Bytes of a sample of all channels."""
        return self.width * self.n_channels

    @classmethod
    def of(cls, content: bytes, order: Any) -> "_Form":
        """Read a format chunk, or say what is wrong with it."""
        if len(content) < 16:
            raise DamagedFileError("its format chunk is cut off")
        places = {"tag": (0, 2), "channels": (2, 4), "rate": (4, 8), "block": (12, 14), "bits": (14, 16)}
        found = {name: int.from_bytes(content[a:b], order) for name, (a, b) in places.items()}
        tag, n_channels, block = found["tag"], found["channels"], found["block"]
        if tag == _EXTENSIBLE and len(content) >= 26:
            tag = int.from_bytes(content[24:26], order)
        if tag not in (_INTEGERS, _FLOATS):
            raise OtherFormatError(f"it is compressed (format {tag})")
        if n_channels == 0 or found["rate"] == 0:
            raise DamagedFileError(f"it claims {n_channels} channels and {found['rate']} samples per second")
        width, bits = block // n_channels, found["bits"]
        allowed = (1, 2, 3, 4, 8) if tag == _INTEGERS else (4, 8)
        if block % n_channels or width not in allowed or not 8 * (width - 1) < bits <= 8 * width:
            raise DamagedFileError(
                f"it claims {bits} bits a sample in {block} bytes for {n_channels} channels"
            )
        return cls(tag, n_channels, found["rate"], width)


def _scaled(content: bytes, form: _Form, order: str) -> np.ndarray:
    """Return samples as numbers, integers as a share of their full scale."""
    sign = ">" if order == "big" else "<"
    if form.tag == _FLOATS:
        return np.frombuffer(content, f"{sign}f{form.width}").astype(np.float64)
    if form.width == 1:
        return (np.frombuffer(content, np.uint8) - 128.0) / 128
    if form.width == 3:  # becomes the upper three of four bytes
        wide = np.zeros((len(content) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)[:, :: -1 if order == "big" else 1]
        return wide.view("<i4")[:, 0] / 2.0**31
    return np.frombuffer(content, f"{sign}i{form.width}") / 2.0 ** (8 * form.width - 1)


def compose_wav(samples: np.ndarray, sample_rate: int) -> bytes:
    """Return a WAV file of samples (n, C), float32.

    Raises
    ------
    ValueError
        If they are too many for one.
    """
    n, n_channels = samples.shape
    width = 4 * n_channels
    if max(samples.nbytes + 50, width * sample_rate) > _UNKNOWN or width >= 2**16:
        raise ValueError(
            f"A WAV file has less than 4 GB, as a whole and in a second; {n:,} samples of "
            f"{n_channels:,} channels at {sample_rate:,} per second do not fit. Write a part of them."
        )
    numbers = ((_FLOATS, 2), (n_channels, 2), (sample_rate, 4), (width * sample_rate, 4), (width, 2), (32, 4))
    form = b"".join(number.to_bytes(size, "little") for number, size in numbers)
    chunks = ((b"fmt ", form), (b"fact", n.to_bytes(4, "little")), (b"data", samples.astype("<f4").tobytes()))
    return _chunk(b"RIFF", b"WAVE" + b"".join(_chunk(*chunk) for chunk in chunks))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content
