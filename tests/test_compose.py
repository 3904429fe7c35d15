"""compose.yaml asks for nothing that is not there: commands, settings, paths, volumes. Docker itself is not needed."""

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import typer
import yaml

from app.cli import app
from app.settings import Settings, example

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
KNOWN = set(re.findall(r"^#(RECADO_\w+)=", example(), re.MULTILINE))


def test_there_are_a_receiver_two_workers_a_migration_a_store_and_a_collector():
    assert SERVICES.keys() == {"postgres", "migration", "receiver", "worker", "collector"}
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert OURS.keys() == {"migration", "receiver", "worker"}


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_that_recado_has(name):
    words = list(OURS[name]["command"])
    command: click.Command = typer.main.get_command(app)
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_context(name, words)  # raises what it would tell the operator


def test_every_variable_of_ours_is_a_setting():
    assert set(re.findall(r"RECADO_\w+", TEXT)) <= KNOWN


@pytest.mark.parametrize("name", OURS)
def test_the_settings_given_are_taken(name, monkeypatch):
    for variable, value in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, re.sub(r"\$\{[^}]+\}", "hunter2", value))
    settings = Settings(_env_file=None)
    assert settings.database_url == "postgresql://recado:hunter2@postgres/recado"
    assert settings.host == "0.0.0.0"  # noqa: S104 -- inside a container


def test_no_secret_stands_in_the_file():
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|PEPPER|KEY", variable):
                assert value.startswith("${"), variable
            assert not re.search(r"://[^$@/]+:[^$@]+@", value), variable


@pytest.mark.parametrize("name", ["receiver", "worker"])
def test_health_is_asked_where_it_is_told(name):
    *_, script = OURS[name]["healthcheck"]["test"]
    compile(script, name, "exec")
    port = OURS[name]["environment"]["RECADO_PORT" if name == "receiver" else "RECADO_WORKER__PORT"]
    assert f":{port}/health/ready" in script


def test_nothing_works_before_the_migration_and_that_not_before_the_store():
    assert SERVICES["migration"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("receiver", "worker"):
        assert SERVICES[name]["depends_on"]["migration"]["condition"] == "service_completed_successfully"


def test_a_container_is_given_longer_than_the_service_takes_to_stop():
    for name in ("receiver", "worker"):
        assert int(OURS[name]["stop_grace_period"].removesuffix("s")) > Settings().drain.total_seconds()


def test_volumes_and_configs_that_are_used_are_declared_and_images_are_pinned():
    used = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert used == COMPOSE["volumes"].keys()
    assert {each["source"] for each in SERVICES["collector"]["configs"]} == COMPOSE["configs"].keys()
    assert all(re.search(r":\d", service["image"]) for service in SERVICES.values())


def test_the_collector_listens_where_traces_are_sent_and_its_pipeline_is_whole():
    config = yaml.safe_load(COMPOSE["configs"]["collector"]["content"])
    endpoint = OURS["worker"]["environment"]["RECADO_TRACES__ENDPOINT"]
    assert (
        config["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2] == endpoint.rpartition(":")[2]
    )
    for part in ("receivers", "processors", "exporters"):
        assert set(config["service"]["pipelines"]["traces"][part]) <= config[part].keys()


def test_the_image_holds_every_room_and_starts_the_command():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf8")
    for room in ("app", "graph", "tools", "retrieval", "prompts", "eval"):
        assert f"COPY {room} ./{room}" in dockerfile
    entry = re.search(r"^ENTRYPOINT (.+)$", dockerfile, re.MULTILINE)
    assert entry
    assert shlex.split(entry[1].strip("[]").replace(",", "")) == ["python", "-m", "eval.command"]
