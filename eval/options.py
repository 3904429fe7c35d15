"""What a run is asked to change: settings, prompts, and what thinks."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from app.errors import RecadoError
from app.settings import LlmSettings, Settings
from graph.language.llm.recording import Player, StaleRecordingError
from prompts.instructions import instead
from prompts.texts import TextError

Engine = Literal["offline", "llm", "replay"]
RECORDING = "recording.jsonl"  # in the folder of a run with a model


class OptionError(RecadoError):
    """A run cannot be made as asked; the sentence says why."""


def with_changes(settings: Settings, changes: Iterable[str]) -> Settings:
    """Settings with `group.field=value` changed, each checked as it is from the environment."""
    for change in changes:
        name, given, value = change.partition("=")
        path = name.strip().casefold().split(".")
        if not given or len(path) < 2:
            raise OptionError(f"--set {change}: write group.field=value, as knowledge.answer_from=0.7.")
        if path[0] == "database":
            raise OptionError(f"--set {change}: a run has a database of its own.")
        settings = settings.model_copy(update={path[0]: _changed(settings, path, value, change)})
    return settings


def _changed(holder: BaseModel, path: list[str], value: str, change: str) -> Any:
    """The group `path[0]` of the holder with the rest of the path set; lists and tables are JSON, as in `.env`."""
    name, *rest = path
    fields = type(holder).model_fields
    if name not in fields or (rest and not isinstance(getattr(holder, name), BaseModel)):
        known = ", ".join(field for field in fields if not rest or isinstance(getattr(holder, field), BaseModel))
        raise OptionError(f"--set {change}: there is no {name}; there is {known}.")
    group = getattr(holder, name)
    if len(rest) > 1:
        return group.model_copy(update={rest[0]: _changed(group, rest, value, change)})
    [field] = rest
    if field not in type(group).model_fields:
        raise OptionError(f"--set {change}: {name} has no {field}; it has {', '.join(type(group).model_fields)}.")
    try:
        return _validated(type(group), dict(group) | {field: value}, value, field)
    except ValidationError as error:
        message = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
        raise OptionError(f"--set {change}: {message}.") from None


def _validated(group: type[BaseModel], values: dict[str, Any], value: str, field: str) -> BaseModel:
    if value[:1] in "[{" and value:
        try:
            values[field] = from_json(value)
        except ValueError:
            values[field] = value
    return group.model_validate(values)


def with_engine(settings: Settings, engine: Engine, folder: Path, recording: Path | None) -> Settings:
    """Settings for what thinks: the embedded engine alone, the model set (recorded into `folder`), or a recording."""
    match engine:
        case "offline":
            return settings.model_copy(update={"llm": LlmSettings()})
        case "llm":
            if not (settings.llm.base_url and settings.llm.model):
                raise OptionError("--engine llm needs RECADO_LLM__BASE_URL and RECADO_LLM__MODEL.")
            change = {"record": folder / RECORDING, "replay": None}
        case "replay":
            change = {"record": None, "replay": _playable(recording)}
    return settings.model_copy(update={"llm": settings.llm.model_copy(update=change)})


def _playable(recording: Path | None) -> Path:
    if recording is None:
        raise OptionError("--engine replay needs --recording RUN, a run made with --engine llm.")
    file = recording / RECORDING if recording.is_dir() else recording
    try:
        Player(file)
    except (StaleRecordingError, KeyError, TypeError, ValueError) as error:
        raise OptionError(str(error)) from None
    return file


def prompts_named(given: Iterable[str]) -> dict[str, Path]:
    """`name=file` pairs; raises OptionError for a name or a file that cannot be used."""
    files: dict[str, Path] = {}
    for pair in given:
        name, equals, file = pair.partition("=")
        if not equals:
            raise OptionError(f"--prompt {pair}: write name=file, as understand=my-understand.md.")
        files[name.strip()] = Path(file)
    try:
        with instead(files):
            return files
    except TextError as error:
        raise OptionError(f"--prompt: {error}") from None
