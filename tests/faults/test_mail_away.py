"""The mail server is away, slow or strict: a code comes once, while it is good, and nobody else waits for it."""

import asyncio

import pytest

from tests.faults.people import EMAILS, Player

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120, func_only=True)]

WHO = "mariana"
VALID = "SELECT count(*) FROM one_time_code WHERE replaced_at IS NULL AND used_at IS NULL AND expired_at IS NULL"


async def asked_for_a_code(town) -> Player:
    player = Player(WHO, town.emulator, town.mailbox)
    town.players = [player]
    await town.emulator.say(WHO, EMAILS[WHO])
    await town.emulator.replies(WHO)
    return player


async def others_are_answered(town) -> int:
    others = town.strangers(10)
    for who in others:
        await town.emulator.say(who, "oi")
    return len(await asyncio.gather(*(town.emulator.replies(who) for who in others)))


@pytest.mark.parametrize("trouble", ["refuse", "greylist", "hang"])
async def test_a_code_comes_once_after_the_mail_server_does(town, trouble, figure) -> None:
    setattr(town.mailbox.faults, trouble, 3 if trouble == "greylist" else True)
    await asked_for_a_code(town)
    answered = await others_are_answered(town)
    waiting = town.mailbox.messages(EMAILS[WHO]) == [] or trouble == "greylist"
    setattr(town.mailbox.faults, trouble, 0 if trouble == "greylist" else False)
    mail = await town.mailbox.wait_for(EMAILS[WHO], timeout=30)
    what = await town.history()
    mails, valid = len(town.mailbox.messages(EMAILS[WHO])), town.rows(VALID)[0][0]
    await town.emulator.say(WHO, mail.code or "")
    await town.emulator.replies(WHO)
    figure("F7", f"mail {trouble}: {what}; {answered} others answered meanwhile, {mails} mail, {valid} valid code")
    what.hold()
    assert (answered, waiting, mails, valid) == (10, True, 1, 1)
    assert len(town.rows("SELECT 1 FROM verified_session")) == 1


async def test_a_mail_cut_off_after_it_was_taken_comes_again_as_the_same_mail(town, figure) -> None:
    """The server says 250 to the content, and its word never arrives."""
    said: list[bytes] = []

    def cut(piece: bytes) -> int | None:
        said.append(piece)
        return 0 if piece.startswith(b"250") and any(one.startswith(b"354") for one in said) else None

    town.wires.mail.cut_where(cut, "back")
    await asked_for_a_code(town)
    await town.mailbox.wait_for(EMAILS[WHO])
    town.wires.mail.heal()
    what = await town.history()
    mail = town.mailbox.messages(EMAILS[WHO])[0]
    await town.emulator.say(WHO, mail.code or "")
    await town.emulator.replies(WHO)
    figure("F7", f"taken, but its 250 lost: {what}; cut {town.wires.mail.cuts} times")
    what.hold()
    assert what.remailed >= 1
    assert len({one.code for one in town.mailbox.messages(EMAILS[WHO])}) == 1
    assert len(town.rows("SELECT 1 FROM verified_session")) == 1


async def test_a_second_code_asked_for_meanwhile_is_the_only_one_that_comes(town, figure) -> None:
    town.mailbox.faults.refuse = True
    await asked_for_a_code(town)
    await town.emulator.say(WHO, "mandar de novo")
    await town.emulator.replies(WHO)
    async with asyncio.timeout(10):
        while town.rows("SELECT count(*) FROM one_time_code") != [(2,)]:
            await asyncio.sleep(0.05)
    town.mailbox.faults.refuse = False
    mail = await town.mailbox.wait_for(EMAILS[WHO], timeout=30)
    what = await town.history()
    await town.emulator.say(WHO, mail.code or "")
    await town.emulator.replies(WHO)
    mails, valid = len(town.mailbox.messages(EMAILS[WHO])), town.rows(VALID)[0][0]
    figure("F7", f"two codes asked for while mail was away: {what}; {mails} mail, {valid} valid after it was used")
    what.hold()
    assert (mails, valid, len(town.rows("SELECT 1 FROM verified_session"))) == (1, 0, 1)


async def test_a_rejected_mail_is_not_tried_again_and_another_can_be_asked_for(town, figure) -> None:
    town.mailbox.faults.reject = True
    player = await asked_for_a_code(town)
    async with asyncio.timeout(10):
        while town.rows("SELECT state, tries, CAST(body AS text) FROM outbox WHERE kind = 'mail'") != [
            ("failed", 1, "{}")
        ]:
            await asyncio.sleep(0.05)
    town.mailbox.faults.reject = False
    await player.verify()
    what = await town.history()
    figure("F7", f"mail rejected, asked again: {what}; {len(town.mailbox.messages(EMAILS[WHO]))} mail")
    what.hold()
    assert len(town.mailbox.messages(EMAILS[WHO])) == 1
