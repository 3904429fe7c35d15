"""Only bodies signed with our app secret pass."""

from hypothesis import given
from hypothesis import strategies as st

from app.whatsapp.signature import is_signed, sign

SECRET = "s3cret"
BODY = b'{"object":"whatsapp_business_account","entry":[]}'


def test_the_signature_is_the_hmac_sha256_of_the_raw_bytes():
    # RFC 4231, test case 2
    assert sign("Jefe", b"what do ya want for nothing?") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_either_secret_counts_while_one_is_being_rotated():
    assert is_signed(["old", SECRET], BODY, sign("old", BODY))
    assert is_signed(["old", SECRET], BODY, sign(SECRET, BODY))


def test_an_empty_secret_signs_nothing():
    assert not is_signed([""], BODY, sign("", BODY))
    assert not is_signed([], BODY, sign(SECRET, BODY))


@given(st.text(max_size=80))
def test_no_other_header_is_accepted(header):
    assert not is_signed([SECRET], BODY, header)


@given(st.integers(0, 70), st.characters())
def test_a_signature_with_one_character_changed_is_not_accepted(position, character):
    good = sign(SECRET, BODY)
    mutated = good[:position] + character + good[position + 1 :]
    assert is_signed([SECRET], BODY, mutated) == (mutated == good)


@given(st.binary(max_size=200))
def test_a_signature_of_other_bytes_is_not_accepted(other):
    assert is_signed([SECRET], other, sign(SECRET, BODY)) == (other == BODY)
