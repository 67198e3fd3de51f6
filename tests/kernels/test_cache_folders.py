"""Where compiled code is kept, and which files and folders are not trusted."""

import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from tsrnn.kernels import cache_folders
from tsrnn.kernels.cache_folders import find_folders, is_trusted
from tsrnn.kernels.jit import _Files, _without_interruption

if sys.platform == "win32":
    pytest.skip("owners and modes are those of POSIX", allow_module_level=True)

STRANGER = 54321
KERNELS = Path(cache_folders.__file__).parent.stat()


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A home and no other settings, in a process that has not warned yet."""
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cache_folders, "warn_untrusted", cache_folders._WarningOnce())
    monkeypatch.setattr(cache_folders._SETTINGS, "CACHE_DIR", "")
    return tmp_path / "home"


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "sources/__pycache__").mkdir(parents=True)
    return tmp_path / "sources"


def status(uid=None, gid=KERNELS.st_gid, mode=0o755):
    uid = os.geteuid() if uid is None else uid
    return os.stat_result((mode, 0, 0, 0, uid, gid, 0, 0, 0, 0))


def test_what_others_own_or_can_write_to_is_not_trusted():
    assert is_trusted(status())
    assert is_trusted(status(uid=0))
    assert is_trusted(status(uid=KERNELS.st_uid))
    assert not is_trusted(status(uid=STRANGER))
    assert not is_trusted(status(mode=0o757))
    assert not is_trusted(status(mode=0o777 | stat.S_ISVTX))
    assert not is_trusted(status(mode=0o775, gid=STRANGER))


def test_a_group_that_can_change_the_sources_can_change_their_code(monkeypatch):
    monkeypatch.setattr(Path, "stat", lambda self: status(gid=STRANGER, mode=0o775))
    assert is_trusted(status(gid=STRANGER, mode=0o775))
    assert not is_trusted(status(gid=STRANGER + 1, mode=0o775))


def test_folder_beside_the_sources_that_others_can_write_to_is_passed_over_with_one_warning(sources, home):
    (sources / "__pycache__").chmod(0o777)
    with pytest.warns(RuntimeWarning, match="__pycache__.* is not used, .*chmod go-w.*NUMBA_CACHE_DIR"):
        target, readable = find_folders(sources)
    cache_folders._find.cache_clear()
    assert find_folders(sources) == (target, readable)  # without another warning, an error here
    assert readable == (target,)
    assert target.is_relative_to(home)
    assert stat.S_IMODE(target.stat().st_mode) == 0o700


@pytest.mark.parametrize("sub", [False, True], ids=["it", "the folder in it"])
def test_cache_dir_that_others_can_write_to_gets_a_private_folder(sources, tmp_path, monkeypatch, sub):
    given = tmp_path / "given"
    given.mkdir()
    monkeypatch.setattr(cache_folders._SETTINGS, "CACHE_DIR", str(given))
    target, _ = find_folders(sources)
    assert target.parent == given
    assert not stat.S_IMODE(target.stat().st_mode) & 0o022
    (target if sub else given).chmod(0o777)
    cache_folders._find.cache_clear()
    with pytest.warns(RuntimeWarning, match="is not used"):
        private, readable = find_folders(sources)
    assert readable == (private,)
    assert private.parent.parent == given
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    private.chmod(0o777)
    cache_folders._find.cache_clear()
    assert find_folders(sources).target == private
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_temporary_directory_may_hold_the_cache(sources, tmp_path, monkeypatch):
    given = tmp_path / "tmp"
    given.mkdir()
    given.chmod(0o777 | stat.S_ISVTX)
    monkeypatch.setattr(cache_folders._SETTINGS, "CACHE_DIR", str(given))
    assert find_folders(sources).target.parent == given


@pytest.mark.parametrize(
    ("user", "xdg"),
    [("/", ""), ("//", ""), ("", ""), ("~", ""), ("/nonexistent", ""), ("/", "cache"), ("~", "/nonexistent")],
)
def test_nothing_is_written_to_the_root_without_a_home(sources, monkeypatch, user, xdg):
    (sources / "__pycache__").chmod(0o777)
    monkeypatch.setenv("HOME", user)
    monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    before = set(Path("/").iterdir())
    with pytest.warns(RuntimeWarning, match="compiled in each process"):
        assert find_folders(sources) == (None, ())
    assert set(Path("/").iterdir()) == before


def test_cache_folder_of_the_desktop_is_used_without_a_home(sources, tmp_path, monkeypatch):
    (sources / "__pycache__").chmod(0o777)
    monkeypatch.setenv("HOME", "/")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    with pytest.warns(RuntimeWarning, match="xdg"):
        assert find_folders(sources).target.is_relative_to(tmp_path / "xdg")


def flip(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_damaged_files_count_as_absent_and_are_replaced(sources):
    files = _Files(sources / "kernel.py", "kernel")
    files.save("key", b"machine code")
    files.save("other", b"other code")
    path, other = (next((sources / "__pycache__").glob(files._name(key))) for key in ("key", "other"))
    whole = path.read_bytes()
    damaged = [b"", whole[:1], whole[:-1], whole + b"\0", b"garbage", other.read_bytes(), bytes(len(whole))]
    for content in [*damaged, *(flip(whole, bit) for bit in range(8 * len(whole)))]:
        path.write_bytes(content)
        assert files.load("key") is None
    files.save("key", b"machine code")
    assert (files.load("key"), path.read_bytes()) == (b"machine code", whole)
    assert len(list((sources / "__pycache__").iterdir())) == 2


def test_file_that_others_can_write_to_is_not_loaded(sources, monkeypatch):
    files = _Files(sources / "kernel.py", "kernel")
    files.save("key", b"machine code")
    (path,) = (sources / "__pycache__").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) & 0o022 == 0
    path.chmod(0o666)
    monkeypatch.setattr("tsrnn.kernels.jit.warn_untrusted", cache_folders._WarningOnce())
    with pytest.warns(RuntimeWarning, match=r"kernel\.tsrnn-.*is not used"):
        assert files.load("key") is None
    files.save("key", b"machine code")
    assert files.load("key") == b"machine code"


def test_ctrl_c_waits_until_compiling_has_come_to_its_end():
    done = []

    def compiling(n):
        signal.raise_signal(signal.SIGINT)  # inside LLVM, which would drop the exception
        done.append(n)

    with pytest.raises(KeyboardInterrupt):
        _without_interruption(compiling)(3)
    assert done == [3]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
