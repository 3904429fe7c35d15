"""A report as one page that needs nothing else: opened from disk, mailed, kept beside a build."""

import json
from math import sqrt
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval import chart
from eval.abstention import Abstention
from eval.labels import Calibration
from eval.report import Report, sides
from eval.showing import reasons
from graph.matters import CLEAR

TEMPLATES = Path(__file__).parent / "templates"


def write_page(report: Report, file: Path) -> None:
    """Write it; whatever stands in cases and replies is text, never markup."""
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"share": _share, "percent": _percent, "plain": _plain, "interval": _interval}
    page = pages.get_template("report.html").render(
        report=report,
        style=(TEMPLATES / "report.css").read_text("utf-8"),
        charts=_charts(report),
        reasons=reasons,
        sides=sides,
        clear=CLEAR,
        width=chart.WIDTH,
        height=chart.HEIGHT,
    )
    file.write_text(page, "utf-8")


def _charts(report: Report) -> dict[str, chart.Chart]:
    drawn = {each.name: _reliability(each.name, each.calibration) for each in report.classifications}
    if report.abstention:
        drawn["band"] = _reliability("an article applies", report.abstention.calibration)
        drawn["abstention"] = _abstention(report.abstention)
    return drawn


def _reliability(name: str, calibration: Calibration) -> chart.Chart:
    most = max((each.count for each in calibration.bins), default=1)
    line = chart.Line(
        "right",
        "one",
        [(each.confidence, each.right) for each in calibration.bins],
        [3 + 7 * sqrt(each.count / most) for each in calibration.bins],
    )
    title = f"How far the confidence of “{name}” is true"
    return chart.draw(title, ("said confidence", "share that is right"), [line], diagonal=True)


def _abstention(found: Abstention) -> chart.Chart:
    lines = [
        chart.Line("answered rightly", "one", [(p.threshold, p.right) for p in found.points]),
        chart.Line("answered from another article", "two", [(p.threshold, p.wrong) for p in found.points]),
        chart.Line("answered though nothing applies", "three", [(p.threshold, p.false) for p in found.points]),
    ]
    return chart.draw("What answering from another threshold would do", ("threshold", "share of questions"), lines)


def _share(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{100 * value:.1f} %"


def _interval(value: tuple[float, float, float] | None) -> str:
    return "\N{EN DASH}" if value is None else "{:.3f} [{:.3f}, {:.3f}]".format(*value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)
