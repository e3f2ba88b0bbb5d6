"""A file is written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from chainrule.errors import InputError
from chainrule.files.writing import check_writable, written_whole


def test_a_new_file_takes_the_place_of_the_old_one_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    with path.open() as reader:
        with written_whole(path) as file:
            file.write(b"new")
            assert path.read_text() == "old"
        assert reader.read() == "old"  # who had it open is not disturbed
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_whole_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    no_space = pytest.raises(OSError, match="No space left on device; nothing was written")
    with no_space as caught, written_whole(path) as file:
        file.write(b"new")
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_the_writer_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    with pytest.raises(TypeError), written_whole(path) as file:
        file.write("text where bytes are due")  # type: ignore[call-overload]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "f")
    with written_whole(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "f").read_text() == "new"


def test_what_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    check_writable(tmp_path / "new.CSV", (".csv",))
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    check_writable(tmp_path / ("a" * 251 + ".csv"), (".csv",))
    for name, message in [
        ("f.txt", "ends in .csv or .tsv"),
        ("folder.csv", "something else"),
        ("no/f.csv", "there is no folder"),
        ("a" * 252 + ".csv", r"/a+\.csv: no file can be written there: File name too long"),
        ("loop.csv", r"loop\.csv: no file can be written there: .*[Ss]ymbolic link|Symlink loop"),
        ("/proc/f.csv", "^/proc/f.csv: no file can be written there"),
    ]:
        with pytest.raises(InputError, match=message):
            check_writable(tmp_path / name, (".csv", ".tsv"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder.csv", "loop.csv"]
    assert not (tmp_path / "new.CSV").exists()


def test_a_long_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 255)
    with written_whole(path) as file:
        file.write(b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_what_failed_first_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(path: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(errno.EACCES, "not removed")

    monkeypatch.setattr(Path, "unlink", stuck)
    with pytest.raises(OSError, match="No space left on device"), written_whole(tmp_path / "f"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_known_before(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Permission denied"):
        check_writable(tmp_path / "f.csv", (".csv",))
