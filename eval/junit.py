"""A run as JUnit's XML, which every CI shows."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from eval.record import Row
from eval.report import Report
from eval.showing import reason, reasons

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


def write_junit(report: Report, file: Path) -> None:
    """One test suite for each suite, one test case for each row."""
    counts = report.counts
    root = ET.Element("testsuites", name=f"recado eval {report.facts.id}")
    root.attrib |= {"tests": str(len(report.rows)), "failures": str(counts["failed"]), "errors": str(counts["error"])}
    for name in dict.fromkeys((row.layer, row.suite) for row in report.rows):
        rows = [row for row in report.rows if (row.layer, row.suite) == name]
        suite = ET.SubElement(root, "testsuite", name="/".join(name), tests=str(len(rows)))
        suite.set("failures", str(sum(row.verdict == "failed" for row in rows)))
        suite.set("errors", str(sum(row.verdict == "error" for row in rows)))
        suite.set("time", f"{sum(row.milliseconds for row in rows) / 1000:.3f}")
        for row in rows:
            _case(suite, row)
    ET.indent(root)
    file.write_text('<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n", "utf-8")


def _case(suite: ET.Element, row: Row) -> None:
    name = row.case if row.repeat == 0 else f"{row.case} [{row.repeat + 1}]"
    case = ET.SubElement(suite, "testcase", name=name, classname=f"{row.layer}.{row.suite}")
    case.set("time", f"{row.milliseconds / 1000:.3f}")
    if row.verdict == "passed":
        return
    tag = "failure" if row.verdict == "failed" else "error"
    told = ET.SubElement(case, tag, message=_plain(reason(row)), type=tag)
    told.text = _plain("\n".join(reasons(row)))


def _plain(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
