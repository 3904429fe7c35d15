"""Suites: YAML files of cases, read and checked; every complaint names file, case and field."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from app.errors import RecadoError
from app.yaml_text import read_yaml
from eval.beir import digest, folder_of, qrels_of, read_beir
from eval.cases.conversation import ConversationCase
from eval.cases.retrieval import RetrievalCase
from eval.cases.understanding import UnderstandingCase
from eval.judged import JudgedSetError
from retrieval.passage import Article
from tools.service_desk import Frozen

Layer = Literal["retrieval", "understanding", "conversation", "safety"]
Case = RetrievalCase | UnderstandingCase | ConversationCase
SUITES = Path(__file__).parent / "suites"
LARGEST_FILE = 4_000_000  # bytes
MOST_COMPLAINTS = 20
MODELS: dict[Layer, type[RetrievalCase] | type[UnderstandingCase] | type[ConversationCase]] = {
    "retrieval": RetrievalCase,
    "understanding": UnderstandingCase,
    "conversation": ConversationCase,
    "safety": ConversationCase,
}


class SuiteError(RecadoError):
    """Suites cannot be used as they are; the message has a line for each thing that is wrong."""


class Head(Frozen):
    """What a suite file says besides its cases; `defaults` are put under every case of the file, one level deep."""

    suite: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,59}$")
    layer: Layer
    about: str = ""
    defaults: dict[str, Any] = Field(default_factory=dict)
    cases: tuple[dict[str, Any], ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Suite:
    """A checked suite file."""

    name: str
    layer: Layer
    about: str
    cases: tuple[Case, ...]
    file: Path
    corpus: tuple[Article, ...] = ()  # searched instead of the company's articles, where there is one
    sha: str = ""  # of all that it was read from

    def only(self, names: Sequence[str]) -> "Suite":
        """The cases whose id begins with, or whose tags hold, one of these."""
        chosen = tuple(case for case in self.cases if any(case.id.startswith(n) or n in case.tags for n in names))
        return replace(self, cases=chosen)


def read_suites(paths: Iterable[Path] = (SUITES,)) -> tuple[Suite, ...]:
    """Every `*.yaml` named or below a folder named, every BEIR folder; raises SuiteError naming all that is wrong."""
    files = [file for path in paths for file in _files(path)]
    suites: list[Suite] = []
    complaints: list[str] = []
    for file in files:
        try:
            suites.append(read_suite(file) if folder_of(file) is None else _beir(file))
        except SuiteError as error:
            complaints += str(error).splitlines()
    raise_complaints([*complaints, *_doubles(suites)])
    if not suites:
        raise SuiteError(f"There is no suite in {', '.join(str(path) for path in paths)}.")
    return tuple(suites)


def raise_complaints(complaints: Iterable[str]) -> None:
    """Raise SuiteError of the first of these, if there is any."""
    told = list(complaints)
    if told:
        more = len(told) - MOST_COMPLAINTS
        raise SuiteError("\n".join(told[:MOST_COMPLAINTS]) + (f"\n… and {more} more." if more > 0 else ""))


def read_suite(file: Path) -> Suite:
    """One file; raises SuiteError."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise SuiteError(f"{file}: larger than {LARGEST_FILE:,} bytes.")
        raw = read_yaml(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{file}: cannot be read ({type(error).__name__}).") from None
    except (yaml.YAMLError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise SuiteError(f"{file}{f', line {line + 1}' if line is not None else ''}: not valid YAML.") from None
    try:
        head = Head.model_validate(raw)
    except ValidationError as error:
        raise SuiteError("\n".join(_complaints(f"{file}", error))) from None
    cases: list[Case] = []
    complaints: list[str] = []
    for number, given in enumerate(head.cases, start=1):
        try:
            cases.append(MODELS[head.layer].model_validate(_under(head.defaults, given)))
        except ValidationError as error:
            complaints += _complaints(f"{file}: case {number} ({given.get('id', 'without id')})", error)
        else:
            if head.layer == "safety" and getattr(cases[-1], "attack", None) is None:
                complaints.append(f"{file}: case {number} ({cases[-1].id}): a safety case needs an attack.")
    if complaints:
        raise SuiteError("\n".join(complaints))
    sha = sha256(file.read_bytes()).hexdigest()
    return Suite(head.suite, head.layer, head.about, tuple(cases), file, sha=sha)


def _beir(path: Path) -> Suite:
    """A BEIR folder, or one split of it."""
    folder, qrels = folder_of(path) or path, qrels_of(path)
    try:
        name, judged, cases = read_beir(folder, qrels)
    except JudgedSetError as error:
        raise SuiteError(f"{error}.") from None
    about = f"{len(judged.articles)} documents, judgements of {qrels.name}"
    return Suite(name, "retrieval", about, cases, folder, tuple(judged.articles), digest(folder, qrels))


def schema(layer: Layer) -> str:
    """The JSON schema of a suite file of this layer, for editors."""
    case = MODELS[layer].model_json_schema()
    definitions = case.pop("$defs", {})
    head = Head.model_json_schema()
    head["properties"]["layer"] = {"const": layer}
    head["properties"]["cases"]["items"] = case | {"required": ["id"]}
    head["$defs"] = definitions
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | head, indent=2) + "\n"


def _under(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The case over the file's defaults; of what both give as names and values, the case's names win."""
    merged = defaults | given
    for name in defaults.keys() & given.keys():
        if isinstance(defaults[name], dict) and isinstance(given[name], dict):
            merged[name] = defaults[name] | given[name]
    return merged


def _files(path: Path) -> list[Path]:
    if folder_of(path) is not None:
        return [path]
    if path.is_dir():
        return sorted(path.rglob("*.yaml"))
    if not path.is_file():
        raise SuiteError(f"{path}: there is no such file or folder.")
    return [path]


def _doubles(suites: Sequence[Suite]) -> list[str]:
    seen: dict[str, Path] = {}
    complaints = []
    for suite in suites:
        for case in suite.cases:
            if case.id in seen:
                complaints.append(f"{suite.file}: the case id {case.id} is also in {seen[case.id]}.")
            seen.setdefault(case.id, suite.file)
    return complaints


def _complaints(where: str, error: ValidationError) -> list[str]:
    told = []
    for item in error.errors(include_url=False):
        place = ".".join(str(part) for part in item["loc"]) or "the whole"
        told.append(f"{where}: {place}: {item['msg'].removeprefix('Value error, ')}.")
    return told
