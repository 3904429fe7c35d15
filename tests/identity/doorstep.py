"""A company of three in a real database, and a gate whose argon2 is cheap."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

import app.identity.models
from app.db.base import Base
from app.db.engine import Database, open_database
from app.identity.codes import CodeGate
from app.identity.gate import IdentityOutcome, apply_identity
from app.identity.hashing import CodeHasher
from app.identity.keys import SecretKeys
from app.identity.mail import open_code_mail
from app.identity.models import EmployeeRow
from app.settings import IdentitySettings
from tools.identity import CodeCheck, CodePlan

TABLES = [table for name, table in Base.metadata.tables.items() if table in {
    model.__table__ for model in (
        app.identity.models.EmployeeRow, app.identity.models.OneTimeCode,
        app.identity.models.WrongCode, app.identity.models.VerifiedSession,
    )
}]  # fmt: skip
CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}


class CountingHasher(PasswordHasher):
    """argon2 made cheap, and counted."""

    def __init__(self) -> None:
        super().__init__(**CHEAP)
        self.hashed = self.verified = 0

    def hash(self, *args: Any, **kwargs: Any) -> str:
        self.hashed += 1
        return super().hash(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> Any:
        self.verified += 1
        return super().verify(*args, **kwargs)


@dataclass
class Doorstep:
    """Everything a test of identity needs; `wall` and `steady` are set by hand."""

    database: Database
    settings: IdentitySettings = field(default_factory=IdentitySettings)
    wall: datetime = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
    steady: float = 1000.0

    def __post_init__(self) -> None:
        self.keys = SecretKeys(b"a pepper for tests only")
        self.argon2 = CountingHasher()
        self.restart()

    def restart(self) -> None:
        hasher = CodeHasher(self.keys, self.argon2)
        self.gate = CodeGate(
            self.database, self.settings, self.keys, lambda: self.wall, monotonic=lambda: self.steady, hasher=hasher
        )

    def pass_by(self, **span: float) -> None:
        self.wall += timedelta(**span)
        self.steady += timedelta(**span).total_seconds()

    async def apply(self, plan: CodePlan | CodeCheck, conversation: str = "1", bound: str = "5511") -> IdentityOutcome:
        if plan.effect is None:
            return IdentityOutcome()
        effect, now, settings = plan.effect, self.wall, self.settings
        return await self.database.write(
            lambda s: apply_identity(
                s, effect, conversation_id=conversation, bound_to=bound, now=now, settings=settings
            )
        )

    async def ask(self, email: str, conversation: str = "1") -> tuple[CodePlan, str]:
        """The plan, and the code that the mail would carry ("" when there is no mail)."""
        plan = await self.gate.plan_code(conversation, email, "pt-BR")
        outcome = await self.apply(plan, conversation)
        return plan, open_code_mail(outcome.mail, self.keys).code if outcome.mail else ""

    async def type(self, code: str, conversation: str = "1") -> CodeCheck:
        check = await self.gate.check_code(conversation, code)
        await self.apply(check, conversation)
        return check


def people() -> list[EmployeeRow]:
    return [
        EmployeeRow(id="E1", name="Ana Lima", email="ana@ipe.example"),
        EmployeeRow(id="E2", name="Bruno Sá", email="bruno@ipe.example", language="es", timezone="America/Bogota"),
        EmployeeRow(id="E3", name="Caio Dias", email="caio@ipe.example", active=False),
    ]


def open_doorstep(folder: Path, employees: Callable[[], list[EmployeeRow]] = people) -> Doorstep:
    database = open_database(f"sqlite:///{folder / 'recado.db'}")
    Base.metadata.create_all(database.engine, tables=TABLES)
    return Doorstep(database)


def other(code: str) -> str:
    """A code that is not `code`."""
    return f"{(int(code or 0) + 1) % 10**6:06d}"
