"""Every documented error code has the one reaction that Meta's table asks for."""

from datetime import timedelta

import pytest

from app.whatsapp.codes import error_for
from app.whatsapp.errors import (
    ChannelStoppedError,
    RefusedError,
    ThrottledError,
    UnavailableError,
    WindowClosedError,
)

STOPPING = [190, 3, 10, 200, 299, 131005, 368, 131031, 130497, 131042, 131045, 133010, 131037]
FINAL = [
    33, 100, 131008, 131009, 131051, 135000, 131021, 131026, 131030, 131049, 131050, 130472, 131052, 131053, 131062,
    132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069,
]  # fmt: skip


@pytest.mark.parametrize("status", [0, 400, 500])
@pytest.mark.parametrize("code", STOPPING)
def test_token_permission_policy_and_billing_stop_the_channel_with_an_alarm(code, status):
    error = error_for(code, "", status=status)
    assert isinstance(error, ChannelStoppedError)
    assert error.alarm


@pytest.mark.parametrize("code", FINAL)
def test_what_is_wrong_with_one_message_ends_that_message(code):
    assert isinstance(error_for(code, "", status=404), RefusedError)


@pytest.mark.parametrize("code", [1, 2, 131000, 131016, 131057, 133004])
def test_passing_trouble_is_tried_again_and_is_ambiguous_after_a_5xx(code):
    for status, ambiguous in ((400, False), (500, True), (503, True), (0, False)):
        error = error_for(code, "", status=status)
        assert isinstance(error, UnavailableError)
        assert error.ambiguous == ambiguous


@pytest.mark.parametrize(
    ("code", "scope", "alarm"),
    [(131056, "recipient", False), (130429, "number", False), (4, "number", False), (80007, "number", False),
     (131048, "number", True), (131064, "number", True)],
)  # fmt: skip
def test_too_fast_pauses_the_person_or_the_number(code, scope, alarm):
    error = error_for(code, "", status=400)
    assert isinstance(error, ThrottledError)
    assert (error.scope, error.alarm) == (scope, alarm)
    assert error.retry_after >= timedelta(minutes=15 if alarm else 0)


def test_the_closed_window_has_its_own_reaction():
    assert isinstance(error_for(131047, "", status=400), WindowClosedError)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RefusedError), (422, RefusedError), (0, RefusedError), (401, ChannelStoppedError),
     (403, ChannelStoppedError), (404, ChannelStoppedError), (429, ThrottledError),
     (408, UnavailableError), (500, UnavailableError), (502, UnavailableError), (302, UnavailableError)],
)  # fmt: skip
def test_an_unknown_code_is_judged_by_its_status(status, kind):
    assert type(error_for(999_999, "", status=status)) is kind


def test_a_number_that_does_not_exist_stops_the_channel():
    assert isinstance(error_for(100, "", status=400, subcode=33), ChannelStoppedError)


def test_meta_may_say_how_long_to_wait():
    error = error_for(130429, "", status=400, retry_after=timedelta(seconds=30))
    assert isinstance(error, ThrottledError)
    assert error.retry_after == timedelta(seconds=30)
