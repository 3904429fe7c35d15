"""Files as sources: a folder, and a Git checkout that may be hostile."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from app.knowledge.sources.folder import FolderSource
from app.knowledge.sources.git import GitSource
from tests.tools.knowledge_source_contract import KnowledgeSourceContract, listed
from tools.knowledge_source import Document, SourceUnavailableError, Unreadable

MB = 1_000_000
GIT = shutil.which("git") or "git"
WHO = ("-c", "user.name=Ana", "-c", "user.email=ana@x.example", "-c", "init.defaultBranch=main")


def git(folder: Path, *command: str) -> str:
    done = subprocess.run([GIT, "-C", str(folder), *WHO, *command], check=True, capture_output=True, text=True)
    return done.stdout.strip()


class FolderPlace:
    def __init__(self, root: Path):
        self.root = root
        root.mkdir()

    def put(self, name: str, content: bytes) -> str:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return name

    def drop(self, name: str) -> None:
        (self.root / name).unlink()

    def go_away(self) -> None:
        shutil.rmtree(self.root)

    def open(self) -> FolderSource:
        return FolderSource(self.root)


class GitPlace(FolderPlace):
    def __init__(self, root: Path):
        super().__init__(root)
        git(root, "init", "--quiet")

    def put(self, name: str, content: bytes) -> str:
        super().put(name, content)
        return self.commit(name)

    def drop(self, name: str) -> None:
        super().drop(name)
        self.commit(name)

    def commit(self, name: str) -> str:
        git(self.root, "add", "--all", "--force", name)
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", "x")
        return name

    def open(self) -> GitSource:
        return GitSource(self.root)


class TestFolderSource(KnowledgeSourceContract):
    @pytest.fixture
    def place(self, tmp_path):
        return FolderPlace(tmp_path / "kb")


class TestGitSource(KnowledgeSourceContract):
    @pytest.fixture
    def place(self, tmp_path):
        return GitPlace(tmp_path / "kb")


@pytest.fixture
def place(tmp_path) -> FolderPlace:
    return FolderPlace(tmp_path / "kb")


async def test_only_files_that_may_be_articles_are_listed(place):
    taken = ["a.md", "b.MARKDOWN", "c.txt", "rh/férias 2026.pdf", "rh/x.docx", "page.html"]
    left = ["README.md", "rh/readme.txt", ".hidden.md", ".git/x.md", "rh/.x/y.md", "~$x.docx", "a.png", "noend", ".md"]
    for name in (*taken, *left):
        place.put(name, b"x")
    assert sorted(await listed(place.open())) == sorted(taken)


async def test_a_file_that_lies_elsewhere_is_never_read(place, tmp_path):
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "secret.md").write_text("secret")
    place.put("real.md", b"real")
    (place.root / "alias.md").symlink_to("real.md")
    (place.root / "link.md").symlink_to(tmp_path / "secret.md")
    (place.root / "dir").symlink_to(tmp_path / "out")
    (place.root / "self.md").symlink_to("self.md")
    (place.root / "dangling.md").symlink_to("nowhere.md")
    os.mkfifo(place.root / "pipe.md")
    found = await listed(place.open())
    assert {ref for ref, one in found.items() if isinstance(one, Document)} == {"real.md", "alias.md"}
    assert "outside" in found["link.md"].reason
    assert {"self.md", "dangling.md", "pipe.md"} < found.keys()


async def test_a_file_too_large_for_its_kind_is_refused_before_it_is_read(place):
    place.put("large.md", b"x" * (MB + 1))
    place.put("just.md", b"x" * MB)
    with (place.root / "huge.pdf").open("wb") as huge:
        huge.truncate(50 * MB)
    found = await listed(place.open())
    assert isinstance(found["just.md"], Document)
    assert found["large.md"] == Unreadable("large.md", "it is larger than 1,000,000 bytes")
    assert found["huge.pdf"] == Unreadable("huge.pdf", "it is larger than 20,000,000 bytes")


async def test_a_name_that_is_no_text_is_named_all_the_same(place):
    (place.root / os.fsdecode(b"f\xe9rias.md")).write_bytes(b"x")
    [one] = (await listed(place.open())).values()
    assert "rename" in one.reason
    assert one.ref.isascii()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
async def test_a_folder_below_that_cannot_be_listed_makes_the_listing_worthless(place):
    place.put("closed/a.md", b"x")
    (place.root / "closed").chmod(0)
    with pytest.raises(SourceUnavailableError, match="cannot be listed"):
        await listed(place.open())


async def test_a_file_has_the_address_of_the_template(place):
    place.put("rh/férias.md", b"x")
    found = await listed(FolderSource(place.root, "https://kb.example/{name}?f={path}"))
    assert found["rh/férias.md"].url == "https://kb.example/rh/f%C3%A9rias?f=rh/f%C3%A9rias.md"


async def test_only_what_git_tracks_is_listed_with_its_commit(tmp_path):
    place = GitPlace(tmp_path / "kb")
    place.put("rh/a.md", b"a")
    (place.root / "rh" / "draft.md").write_text("not yet")
    (place.root / "link.md").symlink_to("/etc/hostname")
    place.commit("link.md")
    source = GitSource(place.root, "https://git.example/{revision}/{path}")
    found = await listed(source)
    assert list(found) == ["rh/a.md"]
    assert source.revision == git(place.root, "rev-parse", "HEAD")
    assert found["rh/a.md"].url == f"https://git.example/{source.revision}/rh/a.md"
    below = GitSource(place.root / "rh")
    assert list(await listed(below)) == ["a.md"]


async def test_a_checkout_goes_forward_when_it_is_to_be_pulled_and_never_sideways(tmp_path):
    place = GitPlace(tmp_path / "origin")
    place.put("a.md", b"one")
    git(tmp_path, "clone", "--quiet", str(place.root), "copy")
    place.put("a.md", b"two")
    copy = tmp_path / "copy"
    assert (await listed(GitSource(copy)))["a.md"].content == b"one"
    assert (await listed(GitSource(copy, pull=True)))["a.md"].content == b"two"
    (copy / "b.md").write_text("own work")
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "--message", "own")
    place.put("a.md", b"three")
    with pytest.raises(SourceUnavailableError, match="git merge failed"):
        await listed(GitSource(copy, pull=True))


HOSTILE = {
    "core.fsmonitor": "touch {mark}",
    "core.sshCommand": "touch {mark};",
    "core.pager": "touch {mark}",
    "core.hooksPath": "{hooks}",
    "core.alternateRefsCommand": "touch {mark}",
    "filter.x.smudge": "touch {mark}",
    "filter.x.process": "touch {mark}",
    "remote.origin.uploadpack": "touch {mark};git-upload-pack",
    "remote.origin.vcs": "ext",
    "url.ext::touch {mark} .insteadOf": "file",
    "credential.helper": "!touch {mark}",
    "include.path": "{extra}",
    "diff.external": "touch {mark}",
    "submodule.x.update": "!touch {mark}",
}


@pytest.mark.parametrize("key", HOSTILE)
async def test_no_command_of_a_hostile_repository_is_ever_run(tmp_path, key):
    place = GitPlace(tmp_path / "origin")
    place.put("a.md", b"one")
    place.put(".gitattributes", b"*.md filter=x\n")
    git(tmp_path, "clone", "--quiet", str(place.root), "copy")
    place.put("a.md", b"two")
    copy, mark, hooks = tmp_path / "copy", tmp_path / "ran", tmp_path / "hooks"
    for folder in (hooks, copy / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in ("post-merge", "post-checkout", "reference-transaction", "post-index-change"):
            (folder / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
            (folder / name).chmod(0o755)
    extra = tmp_path / "extra"
    extra.write_text(f'[filter "x"]\n\tsmudge = touch {mark}\n')
    words = {"mark": mark, "hooks": hooks, "extra": extra}
    git(copy, "config", "--local", key.format(**words), HOSTILE[key].format(**words))
    mark.unlink(missing_ok=True)
    assert list(await listed(GitSource(copy))) == ["a.md"]
    assert not mark.exists()
    told = "not pulled"
    try:
        await listed(GitSource(copy, pull=True))
    except SourceUnavailableError as error:
        told = str(error)
    assert "not pulled" in told
    assert not mark.exists()


async def test_hooks_of_a_harmless_looking_repository_are_not_run_by_a_pull(tmp_path):
    place = GitPlace(tmp_path / "origin")
    place.put("a.md", b"one")
    git(tmp_path, "clone", "--quiet", str(place.root), "copy")
    place.put("a.md", b"two")
    hook = tmp_path / "copy" / ".git" / "hooks" / "post-merge"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    assert (await listed(GitSource(tmp_path / "copy", pull=True)))["a.md"].content == b"two"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("url", ["ext::sh -c touch% /tmp/x", "-oProxyCommand=x", "ssh://-oProxyCommand=x/y", "a::b"])
async def test_an_address_that_is_a_command_is_not_pulled_from(tmp_path, url):
    place = GitPlace(tmp_path / "kb")
    place.put("a.md", b"one")
    git(place.root, "config", "--local", "remote.origin.url", url)
    with pytest.raises(SourceUnavailableError, match="not pulled"):
        await listed(GitSource(place.root, pull=True))


async def test_a_folder_that_is_no_checkout_is_a_sentence(tmp_path):
    with pytest.raises(SourceUnavailableError, match="git rev-parse failed"):
        await listed(GitSource(tmp_path))
