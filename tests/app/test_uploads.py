"""Files that staff give us: what they are is what they hold, whatever they are called."""

import io
import zipfile

import pytest

from app.uploads import (
    CSV,
    LARGEST,
    LARGEST_RATIO,
    UploadRefusedError,
    check_upload,
    clean_name,
    keep_upload,
    media_type_of,
    stored_path,
)


def office(*parts: str, **contents: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, contents.get(part.rpartition("/")[2].partition(".")[0], b"<xml/>"))
    return packed.getvalue()


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
PDF, PNG, JPEG = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n0000", b"\xff\xd8\xff\xe0JFIF"
WEBP, OGG, MP3 = b"RIFF\0\0\0\0WEBPVP8 ", b"OggS\0", b"ID3\x04"
MP4, M4A, THREE = b"\0\0\0\x18ftypmp42", b"\0\0\0\x18ftypM4A ", b"\0\0\0\x18ftyp3gp5"
HONEST = {
    "a.jpg": JPEG, "a.JPEG": JPEG, "a.png": PNG, "a.webp": WEBP, "a.aac": b"\xff\xf1\x50\x80", "a.amr": b"#!AMR\n",
    "a.mp3": MP3, "b.mp3": b"\xff\xfb\x90\x64", "a.m4a": M4A, "a.ogg": OGG, "a.mp4": MP4, "a.3gp": THREE,
    "a.txt": "só texto\n".encode(), "a.pdf": PDF, "a.doc": OLD + "WordDocument".encode("utf-16-le"),
    "a.xls": OLD + "Workbook".encode("utf-16-le"), "a.ppt": OLD + "PowerPoint Document".encode("utf-16-le"),
    "a.docx": office("word/document.xml"), "a.xlsx": office("xl/workbook.xml"),
    "a.pptx": office("ppt/presentation.xml"),
}  # fmt: skip
PAGE = b"<!doctype html><script>alert(1)</script>"
SVG = b'<?xml version="1.0"?><svg onload="alert(1)"/>'
PROGRAMS = (b"MZ\x90\0" + bytes(60), b"\x7fELF\x02" + bytes(60), b"#!/bin/sh\nrm -rf /\n\0", bytes(64))


def refused(name: str, content: bytes, **more) -> str:
    with pytest.raises(UploadRefusedError) as error:
        check_upload(name, content, **more)
    return error.value.reason


@pytest.mark.parametrize("name", HONEST)
def test_every_kind_that_whatsapp_takes_is_taken(name):
    assert check_upload(name, HONEST[name]).media_type


def test_every_other_content_under_each_name_is_a_lie():
    taken = []
    for name, honest in HONEST.items():
        for content in (*HONEST.values(), PAGE, SVG, *PROGRAMS):
            if media_type_of(content) == media_type_of(honest):
                continue
            if refused(name, content) != "lies":
                taken.append((name, content[:20]))
    assert taken == []


@pytest.mark.parametrize("name", ["a.exe", "a.html", "a.svg", "a", "a.pdf.exe", "a.js", ".png", "a.docm", "a.csv"])
def test_other_names_are_not_taken(name):
    assert refused(name, PDF) == "type"


def test_pages_and_programs_are_nothing_we_know():
    assert {media_type_of(content) for content in (PAGE, SVG, b"  <ScRiPt>", *PROGRAMS)} == {""}


def test_an_office_file_with_macros_is_a_lie():
    assert refused("a.docx", office("word/document.xml", "word/vbaProject.bin")) == "lies"


def test_an_archive_that_unpacks_to_much_more_is_a_lie():
    bomb = office("word/document.xml", document=bytes(10_000_000))
    assert len(bomb) * LARGEST_RATIO < 10_000_000
    assert refused("a.docx", bomb) == "lies"


def test_a_broken_archive_is_a_lie():
    whole = office("word/document.xml")
    assert refused("a.docx", whole[: len(whole) // 2]) == "lies"


def test_nothing_and_too_much_are_not_taken():
    assert refused("a.pdf", b"") == "empty"
    assert refused("a.pdf", PDF + bytes(LARGEST)) == "too_large"
    assert refused("a.png", PNG + bytes(5 * 1024 * 1024)) == "too_large"


def test_a_list_is_taken_where_lists_are_wanted():
    assert check_upload("pessoas.csv", "id,nome\n1,José\n".encode(), {CSV}).media_type == CSV
    assert refused("pessoas.csv", PDF, taken={CSV}) == "lies"
    assert refused("pessoas.csv", b"a\0b", taken={CSV}) == "lies"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\nota.pdf", "nota.pdf"),
        ("a\0b\n.pdf", "ab.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        (".htaccess", "htaccess"),
        ("...", "file"),
        ("", "file"),
        ("Relatório final.pdf", "Relatório final.pdf"),
        ("<img src=x onerror=alert(1)>.png", "img src=x onerror=alert(1).png"),
    ],
)
def test_names_lose_what_is_no_name(name, shown):
    assert clean_name(name) == shown


def test_a_very_long_name_keeps_its_ending():
    assert clean_name("a" * 500 + ".pdf").endswith("a.pdf")
    assert len(clean_name("a" * 500 + ".pdf")) == 120


def test_files_are_kept_under_names_nobody_guesses(tmp_path):
    upload = check_upload("../nota.pdf", PDF)
    paths = {keep_upload(tmp_path, upload) for _ in range(20)}
    assert len(paths) == 20
    for path in paths:
        assert path.startswith("uploads/")
        assert "nota" not in path
        assert stored_path(tmp_path, path).read_bytes() == PDF
        assert stored_path(tmp_path, path).stat().st_mode & 0o777 == 0o600


def test_a_stored_path_never_leads_out(tmp_path):
    house = tmp_path / "house"
    house.mkdir()
    (tmp_path / "secret").write_text("x")
    (house / "link").symlink_to(tmp_path / "secret")
    assert [stored_path(house, path) for path in ("../secret", str(tmp_path / "secret"), "link", "", "gone", ".")] == [
        None
    ] * 6
