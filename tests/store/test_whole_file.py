import os
from pathlib import Path

import pytest

from voicelab.errors import SettingError
from voicelab.store.whole_file import check_place, write_whole


def test_a_file_is_replaced_as_a_whole(tmp_path):
    out = tmp_path / "page.html"
    assert write_whole(out, b"first") == out
    write_whole(out, b"second")
    assert out.read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_link_stays_one(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_who_may_read_it_stays_so(tmp_path):
    out = tmp_path / "page.html"
    out.write_bytes(b"first")
    out.chmod(0o600)
    write_whole(out, b"second")
    assert out.stat().st_mode & 0o777 == 0o600


def test_what_was_there_stays_where_the_disk_is_full(tmp_path, monkeypatch):
    out = tmp_path / "page.html"
    out.write_bytes(b"first")

    def fail(self, data):
        with self.open("wb") as file:
            file.write(data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match=r"page\.html could not be written: No space left"):
        write_whole(out, b"second")
    assert out.read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_place_is_looked_at_before_any_work(tmp_path):
    check_place(tmp_path / "new.html")
    with pytest.raises(SettingError, match="is a directory"):
        check_place(tmp_path)
    with pytest.raises(SettingError, match="There is no directory"):
        check_place(tmp_path / "none" / "page.html")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
@pytest.mark.platform
def test_a_place_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(SettingError, match="may not be written"):
        check_place(tmp_path / "page.html")
