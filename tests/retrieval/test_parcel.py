from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from retrieval import parcel as parcels
from retrieval.parcel import (
    Packing,
    Parcel,
    ParcelDamagedError,
    Unpacking,
    differences,
    is_whole,
    read_note,
)
from retrieval.revision import pointed


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcels, "PIECE", 50_000)


@pytest.fixture
def folder(shelf_of_words: Path) -> Path:
    found = pointed(shelf_of_words)
    assert found is not None
    return found


def packed(folder: Path) -> tuple[Parcel, list[bytes]]:
    packing = Packing(folder)
    pieces = list(packing.pieces())
    return packing.parcel(), pieces


def unpacked(parcel: Parcel, pieces: list[bytes], folder: Path) -> Path:
    unpacking = Unpacking(parcel, folder)
    try:
        for piece in pieces:
            unpacking.add(piece)
        unpacking.finish()
    finally:
        unpacking.close()
    return folder


def test_a_folder_arrives_as_it_left_and_twice_the_same(folder: Path, tmp_path: Path) -> None:
    (folder / "empty").touch()
    (folder / "noise").write_bytes(np.random.default_rng(0).bytes(120_000))
    parcel, pieces = packed(folder)
    assert (parcel, pieces) == packed(folder)
    assert len(pieces) > 3
    arrived = unpacked(parcel, pieces, tmp_path / "copy")
    for file in folder.rglob("*"):
        if file.is_file():
            assert (arrived / file.relative_to(folder)).read_bytes() == file.read_bytes()
    assert packed(arrived) == (parcel, pieces)
    assert read_note(arrived) == parcel
    total = sum(file.size for file in parcel.files)
    assert sum(map(len, pieces)) < total
    assert max(map(len, pieces)) <= parcels.PIECE + 1  # what does not shrink travels as it is


def test_what_did_not_arrive_whole_is_never_finished(folder: Path, tmp_path: Path) -> None:
    parcel, pieces = packed(folder)
    flipped = pieces[1][:-1] + bytes([pieces[1][-1] ^ 1])
    ways = {
        "one is missing": pieces[:-1],
        "one is damaged": [pieces[0], flipped, *pieces[2:]],
        "one is lost": [pieces[0], b"", *pieces[2:]],
        "two are swapped": [pieces[1], pieces[0], *pieces[2:]],
        "one more": [*pieces, pieces[0]],
    }
    for number, (way, sent) in enumerate(ways.items()):
        where = tmp_path / str(number)
        with pytest.raises(ParcelDamagedError):
            unpacked(parcel, sent, where)
        assert read_note(where) is None, way


def test_a_copy_that_was_touched_is_noticed(folder: Path, tmp_path: Path) -> None:
    copy = unpacked(*packed(folder), tmp_path / "copy")
    parcel = read_note(copy)
    assert parcel is not None
    assert (differences(copy, parcel), is_whole(copy, parcel)) == ([], True)
    file = copy / "articles.jsonl"
    text = file.read_bytes()
    file.write_bytes(text[:-2] + b"x\n")
    assert (differences(copy, parcel), is_whole(copy, parcel)) == (["articles.jsonl"], True)
    file.write_bytes(text[:-2])
    assert (differences(copy, parcel), is_whole(copy, parcel)) == (["articles.jsonl"], False)
    file.unlink()
    assert (differences(copy, parcel), is_whole(copy, parcel)) == (["articles.jsonl"], False)


@pytest.mark.parametrize("path", ["../escape", "/etc/passwd", "a/../../b", "", "a\\..\\b"])
def test_a_file_that_leads_out_of_its_folder_is_refused(folder: Path, path: str) -> None:
    parcel, _ = packed(folder)
    told = parcel.model_dump(mode="json")
    told["files"][0]["path"] = path
    with pytest.raises(ValidationError):
        Parcel.model_validate(told)


def test_a_piece_never_unpacks_to_more_than_a_piece(folder: Path, tmp_path: Path) -> None:
    parcel, _ = packed(folder)
    bomb = b"z" + parcels.zlib.compress(bytes(10_000_000))
    told = parcel.model_copy(update={"pieces": (parcels.hashlib.sha256(bomb).hexdigest(),)})
    with pytest.raises(ParcelDamagedError):
        unpacked(told, [bomb], tmp_path / "copy")
    assert sum(file.stat().st_size for file in (tmp_path / "copy").rglob("*") if file.is_file()) <= parcels.PIECE
