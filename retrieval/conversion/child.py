"""The process that reads what may bite: `python -m retrieval.conversion.child`, fed by `process.py`.

A request is two lengths, a line of JSON and the file; an answer is a length and a line of JSON. Whatever a file does to
it ends with this process: it may use little memory and time, write no file, reach no network and start nothing.
"""

import json
import logging
import os
import resource
import struct
import sys
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError

from pdfminer.psexceptions import PSException
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from retrieval.articles import ArticleUnreadableError
from retrieval.conversion.decoding import decode
from retrieval.conversion.frames import ANSWER, HEAD
from retrieval.conversion.markup import make_harmless, settle
from retrieval.conversion.office import read_docx
from retrieval.conversion.page import page_encoding, read_page
from retrieval.conversion.pdf import read_pdf
from retrieval.conversion.refusal import DAMAGED, TOO_DEEP, TOO_LARGE, RefusedError

_RECURSION = 4_000  # frames: readers of XML take several for each level of a document
_DAMAGE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, OSError, EOFError, SyntaxError,
    NotImplementedError, struct.error, zlib.error, zipfile.BadZipFile, ExpatError, PSException, PdfminerException,
    MalformedPDFException,
)  # fmt: skip
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.spawn", "urllib.")


def read_web_page(content: bytes) -> tuple[str, str]:
    """Title and Markdown of a page in the encoding it says it has, or that its bytes tell."""
    declared = page_encoding(content)
    try:
        html = content.decode("utf-8-sig") if declared is None else content.decode(declared)
    except (UnicodeDecodeError, LookupError):
        html = decode("", content)
    return read_page(html)


def read_markdown(content: bytes) -> tuple[str, str]:
    """Markdown that holds HTML or pictures, without them."""
    return "", make_harmless(content.decode())


_READERS: Mapping[str, Callable[[bytes], tuple[str, str]]] = {
    "html": read_web_page,
    "markdown": read_markdown,
    "docx": read_docx,
    "pdf": read_pdf,
}


def main() -> None:
    """Answer requests until standard input ends; what libraries print goes where errors go."""
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    logging.disable()
    confine(memory)
    while head := requests.read(HEAD.size):
        asked, content = _receive(requests, head)
        grant_time(seconds)
        answer = _answer(asked["kind"], content)
        words = json.dumps(answer).encode()
        answers.write(ANSWER.pack(len(words)) + words)
        answers.flush()
        if "last" in answer:
            return


def confine(memory: int) -> None:
    """Give up for good what reading a file does not need; `memory` is in bytes of address space."""
    sys.setrecursionlimit(_RECURSION)
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_forbid)


def grant_time(seconds: int) -> None:
    """Let the next file have processor time of its own; beyond it the kernel ends the process."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + seconds, hard))


def _forbid(event: str, _: object) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"a file wanted {event}")


def _receive(requests: BinaryIO, head: bytes) -> tuple[Any, bytes]:
    length, size = HEAD.unpack(head)
    return json.loads(requests.read(length)), requests.read(size)


def _answer(kind: str, content: bytes) -> dict[str, Any]:
    try:
        title, body = _READERS[kind](content)
        return {"title": title, "body": settle(body)}
    except RefusedError as error:
        return {"refused": str(error)}
    except ArticleUnreadableError as error:
        return {"refused": error.reason}
    except RecursionError:
        return {"refused": TOO_DEEP}
    except MemoryError:
        return {"refused": TOO_LARGE, "last": True}  # what is left of its memory is in pieces
    except _DAMAGE:
        return {"refused": DAMAGED}


if __name__ == "__main__":
    main()
