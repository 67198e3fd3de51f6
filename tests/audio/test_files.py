"""Sound files: what they say, what is wrong with them, and the way back."""

import re
import sys
import types

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from tsrnn import audio

HALF = {"uint8": 192, "int16": 2**14, "int32": 2**30, "float32": 0.5, "float64": 0.5}


@pytest.mark.parametrize("dtype", HALF)
def test_full_scale_is_one(tmp_path, dtype):
    silence = 128 if dtype == "uint8" else 0
    samples = np.array([silence, HALF[dtype], 2 * silence - HALF[dtype]], dtype)
    wavfile.write(tmp_path / "tone.wav", 100, samples)
    y = audio.read(tmp_path / "tone.wav")
    np.testing.assert_array_equal(y, [0, 0.5, -0.5])
    assert (y.name, y.index.tolist(), y.attrs) == ("tone", [0, 0.01, 0.02], {"sample_rate": 100})


def chunk(name, content, order="little"):
    return name + len(content).to_bytes(4, order) + content


def form(*, bits=16, tag=1, channels=1, rate=50, block=None, order="little", more=b""):
    block = channels * ((bits + 7) // 8) if block is None else block
    numbers = ((tag, 2), (channels, 2), (rate, 4), (rate * block, 4), (block, 2), (bits, 2))
    return b"".join(number.to_bytes(size, order) for number, size in numbers) + more


def wav(data, between=b"", riff=b"RIFF", order="little", **options):
    chunks = chunk(b"fmt ", form(order=order, **options), order) + between + chunk(b"data", data, order)
    return chunk(riff, b"WAVE" + chunks, order)


def written(folder, content, name="a.wav"):
    (folder / name).write_bytes(content)
    return folder / name


def test_24_bits(tmp_path):
    values = (0, 2**22, -(2**23), 1)
    for order, riff in (("little", b"RIFF"), ("big", b"RIFX")):
        samples = b"".join(v.to_bytes(3, order, signed=True) for v in values)
        path = written(tmp_path, wav(samples, bits=24, order=order, riff=riff))
        np.testing.assert_array_equal(audio.read(path), [0, 0.5, -1, 2.0**-23])


def test_stereo_out_of_phase_is_no_silence(tmp_path):
    wave = np.sin(np.arange(100) / 5) / 2
    wavfile.write(tmp_path / "stereo.wav", 10, np.stack([wave, -wave], axis=1))
    y = audio.read(str(tmp_path / "stereo.wav"))
    assert (list(y.columns), y.columns.name, y.index.name, y.attrs) == (
        [0, 1],
        "channel",
        "seconds",
        {"sample_rate": 10},
    )
    np.testing.assert_array_equal(y, np.stack([wave, -wave], axis=1))
    right = audio.read(tmp_path / "stereo.wav", channel=1)
    np.testing.assert_array_equal(right, -wave)
    assert (right.name, right.attrs) == ("stereo", {"sample_rate": 10})
    np.testing.assert_array_equal(audio.read(tmp_path / "stereo.wav", channel="mean"), np.zeros(100))
    for wrong in (2, -1, "left", True, 0.5):
        with pytest.raises(ValueError, match=r'"mean" or one of the 2 channels of .*stereo.*; got '):
            audio.read(tmp_path / "stereo.wav", channel=wrong)


def test_a_foreign_chunk_is_passed_over_without_a_warning(tmp_path):
    path = written(tmp_path, wav(b"\0\x40", between=chunk(b"bext", b"abc") + b"\0"))
    assert audio.read(path).tolist() == [0.5]


def test_extensible_files_say_their_format_further_down(tmp_path):
    guid = bytes.fromhex("0000000010008000 00aa00389b71".replace(" ", ""))
    for tag, bits, data, value in ((1, 16, b"\0\x40", 0.5), (3, 32, np.float32(0.25).tobytes(), 0.25)):
        more = (22).to_bytes(2, "little") + bytes(6) + tag.to_bytes(2, "little") + guid
        path = written(tmp_path, wav(data, tag=0xFFFE, bits=bits, more=more))
        assert audio.read(path).tolist() == [value]


def test_large_files_have_their_size_in_a_chunk_of_its_own(tmp_path):
    data = np.array([0, 2**14, -(2**14)], "<i2").tobytes()
    sizes = chunk(b"ds64", b"".join(n.to_bytes(8, "little") for n in (0, len(data), 3)) + bytes(4))
    content = b"RF64\xff\xff\xff\xffWAVE" + sizes + chunk(b"fmt ", form())
    content += b"data\xff\xff\xff\xff" + data + b"LIST\x04\0\0\0abcd"
    np.testing.assert_array_equal(audio.read(written(tmp_path, content)), [0, 0.5, -0.5])


@pytest.mark.parametrize("size", [b"\xff" * 4, b"\0" * 4])
def test_files_written_to_a_pipe_go_on_to_their_end(tmp_path, size):
    content = b"RIFF" + size + b"WAVE" + chunk(b"fmt ", form()) + b"data" + size + b"\0\x40\0\x20"
    assert audio.read(written(tmp_path, content)).tolist() == [0.5, 0.25]


def test_no_file_and_no_file_at_all(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.wav"):
        audio.read(tmp_path / "none.wav")
    with pytest.raises(OSError, match=re.escape(str(tmp_path))):
        audio.read(tmp_path)


WHOLE = wav(bytes(8))
DAMAGED = {
    "no format": (b"RIFF\x20\0\0\0WAVE" + chunk(b"data", b"\0\0"), "ends without a format"),
    "no samples": (WHOLE[:36], "ends without samples"),
    "cut": (WHOLE[:-3], "ends after 5 of 8 bytes of samples"),
    "no channels": (wav(bytes(8), channels=0, block=2), "claims 0 channels and 50 samples per second"),
    "no rate": (wav(bytes(8), rate=0), "claims 1 channels and 0 samples per second"),
    "no bits": (wav(bytes(8), bits=0, block=2), "claims 0 bits a sample in 2 bytes for 1 channels"),
    "no block": (wav(bytes(8), block=0), "claims 16 bits a sample in 0 bytes for 1 channels"),
    "odd block": (wav(bytes(6), channels=2, block=3), "claims 16 bits a sample in 3 bytes for 2 channels"),
    "short floats": (wav(bytes(8), tag=3), "claims 16 bits a sample in 2 bytes"),
    "half a sample": (wav(bytes(6), channels=2), "has 6 bytes of samples, 4 each"),
    "short format": (b"RIFF\x20\0\0\0WAVE" + chunk(b"fmt ", bytes(8)), "format chunk is cut off"),
    "begin": (b"RIFF\x10", "ends without a format"),
}


@pytest.mark.parametrize(("content", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_named_with_what_is_wrong(tmp_path, content, reason):
    path = written(tmp_path, content)
    pattern = rf"^'{re.escape(str(path))}' is damaged: it.*{reason}.*\. Record or export it again\.$"
    with pytest.raises(ValueError, match=pattern):
        audio.read(path)


OTHER = {
    "csv": (b"time,value\n1,2\n", "does not begin as a WAV file"),
    "empty": (b"", "does not begin as a WAV file"),
    "mu-law": (wav(b"\x10\x20", bits=8, tag=7), "is compressed .format 7."),
    "flac": (b"fLaC\0\0\0\x22" + bytes(34), "does not begin as a WAV file"),
}


@pytest.mark.parametrize(("content", "reason"), OTHER.values(), ids=OTHER)
def test_other_files_need_soundfile(tmp_path, monkeypatch, content, reason):
    path = written(tmp_path, content)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    pattern = rf"^'{re.escape(str(path))}' cannot be read, because it {reason}\. .*pip install soundfile\. "
    with pytest.raises(ValueError, match=pattern + r"Or convert it with sox or ffmpeg\.$"):
        audio.read(path)


def test_soundfile_reads_other_files_and_its_errors_name_the_file(tmp_path, monkeypatch):
    library = types.ModuleType("soundfile")
    library.read = lambda path, dtype, always_2d: (np.array([[0.5, -0.5], [0.25, 0.0]]), 8000)
    monkeypatch.setitem(sys.modules, "soundfile", library)
    path = written(tmp_path, OTHER["flac"][0], "a.flac")
    np.testing.assert_array_equal(audio.read(path), [[0.5, -0.5], [0.25, 0]])
    assert audio.read(path, channel=0).attrs == {"sample_rate": 8000}

    def fails(*_, **__):
        raise RuntimeError("Format not recognised.")

    library.read = fails
    with pytest.raises(ValueError, match=r"a\.flac' cannot be read.*soundfile cannot read it: Format not"):
        audio.read(path)


def test_no_samples(tmp_path):
    with pytest.raises(ValueError, match=r"has no samples; at least one is needed\."):
        audio.read(written(tmp_path, wav(b"")))


def test_damage_anywhere_gives_sound_or_one_sentence(tmp_path):
    rng = np.random.default_rng(0)
    whole = wav(rng.bytes(40), channels=2, between=chunk(b"bext", b"abcd"))
    for _ in range(2000):
        content = bytearray(whole)
        for place in rng.integers(0, 60, rng.integers(1, 4)):
            content[place] = rng.integers(256)
        path = written(tmp_path, bytes(content[: rng.integers(len(whole) // 2, len(whole) + 1)]))
        try:
            values = audio.read(path).to_numpy()
            assert values.size > 0
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017


@pytest.mark.parametrize("shape", [(50,), (50, 2)])
def test_what_is_written_can_be_read_by_all(tmp_path, shape):
    values = np.random.default_rng(0).normal(size=shape)  # some above 1
    path = tmp_path / "made.wav"
    audio.write(path, values, sample_rate=8000)
    rate, samples = wavfile.read(path)
    assert rate == 8000
    np.testing.assert_array_equal(samples, values.astype("f4"))
    back = audio.read(path)
    np.testing.assert_array_equal(back, values.astype("f4"))
    audio.write(tmp_path / "again.wav", back)  # knows its sample rate
    assert (tmp_path / "again.wav").read_bytes() == path.read_bytes()


def test_the_sample_rate_of_a_series_is_that_of_its_index(tmp_path):
    path = tmp_path / "made.wav"
    for index in (pd.Index(np.arange(9) / 44100), pd.to_timedelta(np.arange(9) / 100, "s")):
        audio.write(path, pd.Series(np.zeros(9), index))
        expected = 100 if isinstance(index, pd.TimedeltaIndex) else 44100
        assert audio.read(path).attrs["sample_rate"] == expected


SILENT = pd.Series(np.zeros(3))
UNEVEN = pd.Series(np.zeros(3), [0.0, 0.1, 0.3])
NOT_WRITTEN = {
    "no rate": (lambda path: audio.write(path, SILENT), "sample rate of `y` is not known"),
    "days": (
        lambda path: audio.write(path, SILENT.set_axis(pd.date_range("2026", periods=3))),
        "sample rate of `y` is not known",
    ),
    "uneven": (lambda path: audio.write(path, UNEVEN), "no index of equal steps"),
    "slow": (
        lambda path: audio.write(path, SILENT.set_axis([0.0, 3.0, 6.0])),
        "`sample_rate` must be a whole",
    ),
    "text rate": (lambda path: audio.write(path, [0.0], "8000"), "`sample_rate` must be a whole number"),
    "nan": (lambda path: audio.write(path, [0.0, np.nan], 10), r"got \[nan\] at position 1"),
    "infinite": (lambda path: audio.write(path, [[0.0, 1e300]], 10), r"got \[0\.0, inf\] at position 0"),
    "text": (lambda path: audio.write(path, ["a"], 10), "`y` must hold samples.*got <U1 of shape"),
    "empty": (lambda path: audio.write(path, [], 10), r"of shape \(0,\)"),
    "three dimensions": (lambda path: audio.write(path, np.zeros((2, 2, 2)), 10), r"shape \(2, 2, 2\)"),
    "too fast": (lambda path: audio.write(path, [0.0], 2**31), "less than 4 GB"),
}


@pytest.mark.parametrize(("call", "message"), NOT_WRITTEN.values(), ids=NOT_WRITTEN)
def test_what_is_no_sound_is_not_written(tmp_path, call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(tmp_path / "made.wav")
    assert not (tmp_path / "made.wav").exists()
