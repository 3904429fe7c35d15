"""The one secret: made once, kept from others, never the same for two purposes."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.errors import ConfigurationError
from app.identity.keys import SealBrokenError, SecretKeys, open_keys

NONE = SecretStr("")


def test_the_key_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    first, second = open_keys(tmp_path, NONE), open_keys(tmp_path, NONE)
    file = tmp_path / "keys" / "identity.key"
    assert first.email_key("ana@x.com") == second.email_key("ana@x.com")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in file.parent.iterdir()] == ["identity.key"]


def test_a_key_others_can_read_is_refused(tmp_path: Path) -> None:
    open_keys(tmp_path, NONE)
    (tmp_path / "keys" / "identity.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        open_keys(tmp_path, NONE)


@pytest.mark.parametrize("content", [b"", b"half", b"\xff\xfe", b"00" * 31])
def test_a_damaged_key_is_said(tmp_path: Path, content: bytes) -> None:
    open_keys(tmp_path, NONE)
    (tmp_path / "keys" / "identity.key").write_bytes(content)
    with pytest.raises(ConfigurationError, match="damaged"):
        open_keys(tmp_path, NONE)


def test_a_pepper_of_the_operator_is_used_unless_it_is_short(tmp_path: Path) -> None:
    chosen = open_keys(tmp_path, SecretStr("a pepper of the operator"))
    assert chosen.email_key("a@x.com") == SecretKeys(b"a pepper of the operator").email_key("a@x.com")
    assert not (tmp_path / "keys").exists()
    with pytest.raises(ConfigurationError, match="16 characters"):
        open_keys(tmp_path, SecretStr("short"))


def test_a_seal_opens_only_with_its_key_and_for_its_code() -> None:
    keys = SecretKeys(b"one")
    sealed = keys.seal({"code": "123456"}, ref="r1")
    assert keys.unseal(sealed, ref="r1") == {"code": "123456"}
    for opener, text, ref in (
        (keys, sealed, "r2"), (SecretKeys(b"two"), sealed, "r1"), (keys, "A" + sealed[1:-4], "r1"), (keys, "é", "r1"),
    ):  # fmt: skip
        with pytest.raises(SealBrokenError):
            opener.unseal(text, ref=ref)


def test_what_is_hashed_depends_on_code_row_and_conversation() -> None:
    keys = SecretKeys(b"one")
    rows = (("1", "r", "c"), ("2", "r", "c"), ("1", "s", "c"), ("1", "r", "d"))
    assert len({keys.peppered(code, ref=ref, conversation_id=conversation) for code, ref, conversation in rows}) == 4
    assert "one" not in repr(keys)
