"""A Git checkout as a knowledge source: only tracked files, its commit recorded, pulled first when so configured.

A repository may be hostile. Its files are read, never run: no hook, filter, file-system monitor or other command that
its configuration names is ever started. Reading asks only `ls-files` and `rev-parse`, with the settings that run
something switched off; pulling is refused unless the repository's own configuration holds nothing but harmless keys.
"""

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from app.knowledge.sources.folder import FolderSource, is_article
from tools.knowledge_source import SourceUnavailableError

READING = 60.0  # seconds for one question to git
PULLING = 120.0  # seconds for a whole pull
LONGEST_SAID = 200  # characters of what git says that are shown
_HARMLESS = re.compile(
    r"core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks|autocrlf)"
    r"|remote\.[^=]*\.(url|fetch|tagopt|prune)|branch\.[^=]*\.(remote|merge|rebase|description)"
    r"|user\.(name|email)|init\.defaultbranch|pull\.(rebase|ff)|extensions\.objectformat|gc\.auto|advice\.\w+"
)
_SCP = re.compile(r"\w[\w.-]*@\w[\w.-]*:(?!:)[^\x00-\x1f]+")
# Whoever started us may have set these for a repository of theirs.
_FORGOTTEN = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_SSH", "GIT_SSH_COMMAND",
    "GIT_PROXY_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_TRACE", "GIT_PAGER", "GIT_EDITOR",
)  # fmt: skip
_SET = (
    "GIT_CONFIG_NOSYSTEM=1", f"GIT_CONFIG_GLOBAL={os.devnull}", "GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
    "GIT_ASKPASS=true", "SSH_ASKPASS=true", "GIT_ALLOW_PROTOCOL=https:ssh:file", "GIT_OPTIONAL_LOCKS=0",
    "GIT_NO_REPLACE_OBJECTS=1", "GIT_LITERAL_PATHSPECS=1", "LC_ALL=C",
)  # fmt: skip
_SWITCHED_OFF = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.sshCommand": "ssh -oBatchMode=yes",
    "core.gitProxy": "",
    "core.askPass": "true",
    "core.pager": "cat",
    "core.attributesFile": os.devnull,
    "credential.helper": "",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "transfer.fsckObjects": "true",
}


class GitSource(FolderSource):
    """What is tracked in a checkout, or below a folder of one, as it lies in the working copy."""

    def __init__(self, root: Path, url_template: str = "", *, pull: bool = False) -> None:
        super().__init__(root, url_template)
        self._pull = pull
        self.revision = ""

    async def _names(self) -> Sequence[str]:
        if not await asyncio.to_thread(self._root.is_dir):
            raise SourceUnavailableError(f"{self._root} is not a folder.")
        if self._pull:
            await self._go_forward()
        self.revision = (await self._git("rev-parse", "--verify", "HEAD")).strip()
        # Mode, object and stage before each name: links (120000) and submodules (160000) are no files of it.
        entries = (entry.partition("\t") for entry in (await self._git("ls-files", "-z", "--stage")).split("\0"))
        files = {name for head, _, name in entries if head.startswith("100") and is_article(name)}
        return sorted(files)

    async def _go_forward(self) -> None:
        await self._refuse_commands()
        await self._git("fetch", "--no-tags", "--no-write-fetch-head", "--quiet", "--end-of-options", patience=PULLING)
        await self._git("merge", "--ff-only", "--no-edit", "--quiet", "@{upstream}", patience=PULLING)

    async def _refuse_commands(self) -> None:
        """Filters and other commands may stand in a configuration under any name: only known keys pass."""
        for line in (await self._git("config", "--local", "--no-includes", "--null", "--list")).split("\0"):
            key, _, value = line.partition("\n")
            if not key:
                continue
            if not _HARMLESS.fullmatch(key.lower()):
                raise SourceUnavailableError(f"{self._root} is not pulled: its .git/config sets {key[:80]}.")
            if key.lower().endswith(".url") and not _is_plain(value):
                raise SourceUnavailableError(
                    f"{self._root} is not pulled: its remote is neither https, ssh nor a path."
                )

    async def _git(self, *command: str, patience: float = READING) -> str:
        """Ask git; raises SourceUnavailableError."""
        switches = [part for key, value in _SWITCHED_OFF.items() for part in ("-c", f"{key}={value}")]
        # In a container the folder belongs to another user; nothing of it is run, so that is no danger.
        place = ("-C", str(self._root), "-c", f"safe.directory={self._root}", "-c", "safe.directory=*")
        forget = [part for name in _FORGOTTEN for part in ("-u", name)]
        try:
            process = await asyncio.create_subprocess_exec(
                "env", *forget, *_SET, "git", "--no-pager", *place, *switches, *command,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise SourceUnavailableError(f"git cannot be started: {error.strerror}.") from None
        try:
            async with asyncio.timeout(patience):
                out, said = await process.communicate()
        except TimeoutError:
            raise SourceUnavailableError(f"git {command[0]} took longer than {patience:.0f} s.") from None
        finally:
            await _end(process)
        if process.returncode != 0:
            told = said.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            raise SourceUnavailableError(f"git {command[0]} failed in {self._root}: {_shown(told[0])}")
        return out.decode(errors="surrogateescape")


def _shown(line: str) -> str:
    """What git said, without a password that stands in an address."""
    return re.sub(r"//[^/@\s]*@", "//", line)[:LONGEST_SAID]


async def _end(process: asyncio.subprocess.Process) -> None:
    """Stop it with all that it started, such as ssh."""
    if process.returncode is None:
        os.killpg(process.pid, 9)
        await process.wait()


def _is_plain(url: str) -> bool:
    """Whether an address is one of https, ssh or a path, and no option or command."""
    if url.startswith(("https://", "ssh://", "file://")):
        host = urlsplit(url).hostname or ""
        return not host.startswith("-")
    return url.startswith("/") or _SCP.fullmatch(url) is not None
