from importlib.metadata import distributions, packages_distributions, version
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).parents[1]
OURS = ("app", "graph", "tools", "retrieval", "prompts", "eval")

# Lowest versions without a known hole that reaches us; each names why.
FLOORS = {
    "starlette": "1.3.1",  # Host header poisons request.url.path; form limits ignored
    "python-multipart": "0.0.27",  # denial of service, path traversal
    "h11": "0.16.0",  # request smuggling
    "langgraph": "1.0.10",
    "langgraph-checkpoint": "4.0.0",  # code execution from checkpoint bytes, together with our strict loading
    "langchain-core": "1.3.3",  # deserialisation, template injection
    "chromadb": "1.5.9",  # used embedded only: its server has an unauthenticated hole
    "jinja2": "3.1.6",
    "pdfminer.six": "20251230",  # a PDF names a file, which is unpickled
    "mammoth": "1.11.0",  # a DOCX links a picture to any file or address, which is read
}


def test_no_installed_distribution_ships_a_package_with_one_of_our_names():
    taken = packages_distributions()
    assert {name: taken[name] for name in OURS if name in taken} == {}


def test_every_dependency_is_at_least_as_new_as_its_last_known_hole_demands():
    assert {name: version(name) for name, floor in FLOORS.items() if Version(version(name)) < Version(floor)} == {}


def test_torch_is_not_installed():
    names = {(found.metadata["Name"] or "").lower() for found in distributions()}
    assert not names & {"torch", "sentence-transformers", "transformers"}


def test_the_lock_has_a_hash_for_every_requirement_and_names_no_host():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf8").splitlines()
    pinned = [n for n, line in enumerate(lines) if line and not line.startswith((" ", "#"))]
    assert all(lines[n + 1].strip().startswith("--hash=sha256:") for n in pinned)
    assert not any("://" in line or "--index" in line for line in lines if not line.startswith("#"))


def test_the_top_level_holds_the_rooms_and_little_else():
    known = {*OURS, "tests", "docs", "pyproject.toml", "Dockerfile", "README.md", "CHANGELOG.md", "Makefile"}
    known |= {"compose.yaml", "requirements.lock", "var"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith((".", "__"))}
    assert found <= known
