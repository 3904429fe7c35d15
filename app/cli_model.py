"""`recado model`: whether the configured models answer and how they can be asked, and what they cost."""

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.container import open_house
from app.settings import Settings

if TYPE_CHECKING:  # brings langchain-openai, which `recado serve` must not wait for
    from app.thinking.costs import Costs

model_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]


@dataclass(frozen=True, slots=True)
class Answering:
    """One model looked at; `trouble` is empty when it answers."""

    model: str
    provider: str
    asked_by: str = ""  # the way it takes questions that have no article in them
    asked_without_tools: str = ""
    seconds: float = 0.0
    trouble: str = ""


@model_app.command()
def check(json_file: Json = None) -> None:
    """Ask every configured model once: which way of asking works, how long it takes; exit 1 if one does not answer."""
    found = asyncio.run(look_at(Settings()))
    for one in found:
        if one.trouble:
            console.print(f"[red]✗[/] {escape(one.model)} at {escape(one.provider)}: {escape(one.trouble)}")
        else:
            ways = f"asked by {one.asked_by}, about articles by {one.asked_without_tools}"
            told = f"{escape(one.model)} at {escape(one.provider)}: {ways}, {one.seconds:.1f} s"
            console.print(f"[green]✓[/] {told}", soft_wrap=True)
    if not found:
        console.print("No model (RECADO_LLM__BASE_URL, RECADO_LLM__MODEL): the embedded engine thinks alone.")
    _write(json_file, [asdict(one) for one in found])
    if any(one.trouble for one in found):
        raise typer.Exit(1)


@model_app.command()
def costs(days: Annotated[int, typer.Option(min=1, help="How far to look back.")] = 7, json_file: Json = None) -> None:
    """What models cost: calls, tokens, time and money by purpose, calls per turn, and why answers were not used."""
    report = asyncio.run(_costs(Settings(), timedelta(days=days)))
    _show(report)
    _write(json_file, report.as_json())


async def look_at(settings: Settings) -> list[Answering]:
    """Ask every configured model once."""
    from app.thinking.engines import models_of  # noqa: PLC0415 -- brings langchain-openai with it
    from graph.language.llm.errors import ModelError  # noqa: PLC0415 -- as above

    found = []
    for model in models_of(settings.llm):
        started = perf_counter()
        try:
            await model.check()
            free, without_tools = await model.manner(by_tool=True), await model.manner(by_tool=False)
        except ModelError as error:
            found.append(Answering(model.model, model.provider, trouble=str(error)))
        else:
            seconds = round(perf_counter() - started, 2)
            found.append(Answering(model.model, model.provider, free.rung, without_tools.rung, seconds))
        finally:
            await model.close()
    return found


async def _costs(settings: Settings, span: timedelta) -> "Costs":
    from app.thinking.costs import costs as counted  # noqa: PLC0415 -- as above

    since = datetime.now(UTC) - span
    async with open_house(settings) as house:
        return await house.database.read(lambda session: counted(session, since))


def _show(report: "Costs") -> None:
    table = Table(box=None, pad_edge=False)
    titles = ("Purpose", "Calls", "Not used", "Tokens in", "cached", "out", "Mean ms", "Longest ms", "Cost")
    for title in titles:
        table.add_column(title, justify="left" if title == "Purpose" else "right")
    for cost in report.by_purpose:
        times = (f"{cost.milliseconds_mean:.0f}", f"{cost.milliseconds_longest:.0f}", f"{cost.cost:.4f}")
        counts = (cost.calls, cost.failed, cost.tokens_in, cost.tokens_cached, cost.tokens_out)
        table.add_row(cost.purpose, *map(str, counts), *times)
    console.print(table)
    console.print(f"{report.turns} turns thought with a model, {report.calls_per_turn:.2f} calls each.")
    for outcome, number in sorted(report.failures.items()):
        console.print(f"  {number} answers not used: {escape(outcome)}")


def _write(file: Path | None, report: Any) -> None:
    if file:
        file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
