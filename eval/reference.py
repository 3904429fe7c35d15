"""Applies a case's reference actions to a fresh world, by the product's own functions: the state that is wanted."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Conversation
from app.desk import requests
from app.effects import Scene as Where
from app.effects import apply_effects
from app.errors import RecadoError
from app.identity.employees import employee_by_email
from app.identity.sessions import start_session
from app.rehearsal import Stage
from eval.cases.conversation import ConversationCase
from eval.cases.reference import Opening, ReferenceAction
from eval.company import Company
from eval.phone import NothingToTapError
from eval.playing import PACE, Clock, Scene, act_of_agent
from tools.effects import Effect, EndSession, HandBack, HandOff
from tools.service_desk import DeskRefusedError, Draft, Employee


class ReferenceActionError(RecadoError):
    """A reference action cannot be done in the case's world; the sentence says which and why."""


async def target_of(case: ConversationCase, stage: Stage, company: Company, folder: Path) -> dict[str, Any]:
    """The state after the reference actions, in a world of its own below `folder`; raises ReferenceActionError."""
    clock = Clock(case.now)
    async with stage.rehearse(folder, clock) as rehearsal:
        scene = Scene(case, rehearsal, company, clock)
        await scene.set_up()
        numbers = [str(number) for number in scene.given]
        for place, action in enumerate(case.reference_actions or (), start=1):
            clock.wait(PACE)
            if action.wait is not None:
                clock.wait(action.wait)
                continue
            doing = _Doing(scene, action, f"reference-{place}", numbers)
            try:
                opened = await rehearsal.house.database.write(doing.do)
            except (DeskRefusedError, NothingToTapError) as error:
                raise ReferenceActionError(f"reference action {place} ({action.name}): {error}") from None
            numbers += [opened] if opened else []
        return await scene.state()


class _Doing:
    """One action about to be done."""

    def __init__(self, scene: Scene, action: ReferenceAction, reference: str, numbers: list[str]) -> None:
        self._scene, self._action, self._reference, self._numbers = scene, action, reference, numbers

    def do(self, session: Session) -> str:
        """Do it in one transaction; returns the number of a request that it opened, or ""."""
        now, action = self._scene.clock(), self._action
        contact = session.scalars(select(Conversation)).one()
        employee = employee_by_email(session, self._scene.address)
        if employee is None:
            raise DeskRefusedError(f"{self._scene.address} is no employee")
        if action.agent is not None:
            act_of_agent(session, action.agent, action.agent.number or self._scene.newest(session), now)
        elif action.verify:
            start_session(session, str(contact.id), employee.id, bound_to=contact.bound_to, now=now)
        elif action.create_request is not None:
            return self._open(session, action.create_request, employee, now)
        elif action.at_the_desk:
            self._at_the_desk(session, employee.id, now)
        else:
            self._in_the_chat(session, contact, now)
        return ""

    def _open(self, session: Session, opening: Opening, employee: Employee, now: datetime) -> str:
        draft = Draft(
            category_id=opening.category, title=opening.category, description=opening.category, values=opening.fields,
            attachments=self._files(opening.attachments),
        )  # fmt: skip
        receipt = requests.create_request(
            session, employee=employee, conversation_id=None, draft=draft, reference=self._reference, now=now
        )
        return receipt.number

    def _at_the_desk(self, session: Session, who: str, now: datetime) -> None:
        action, reference = self._action, self._reference
        number = self._numbers[action.target - 1] if action.target else ""
        if action.comment is not None:
            files = self._files(action.comment.attachments)
            requests.comment_request(
                session, who, number, action.comment.text, reference=reference, now=now, attachments=files
            )
        elif action.close is not None:
            requests.close_request(session, who, number, reference=reference, now=now)
        elif action.reopen is not None:
            requests.reopen_request(session, who, number, action.reopen.reason, reference=reference, now=now)
        elif action.rate is not None:
            requests.rate_request(session, who, number, action.rate.stars, "", reference=reference, now=now)
        else:
            requests.join_outage(session, who, action.join_outage, reference=reference, now=now)

    def _in_the_chat(self, session: Session, contact: Conversation, now: datetime) -> None:
        effects: dict[str, Effect] = {
            "hand_off": HandOff(reason="asked", summary=""),
            "hand_back": HandBack(),
            "end_session": EndSession(reason="asked"),
        }
        where = Where(
            conversation_id=contact.id, version=0, bound_to=contact.bound_to, principal=None,
            language=self._scene.case.language, now=now, prompts="",
            identity=self._scene.rehearsal.house.settings.identity,
        )  # fmt: skip
        apply_effects(session, [effects[self._action.name]], where)

    def _files(self, count: int) -> tuple[str, ...]:
        return tuple(f"wamid.{self._reference}.{n}" for n in range(count))
