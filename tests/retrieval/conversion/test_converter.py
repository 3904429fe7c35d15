import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from retrieval.articles import ArticleUnreadableError
from retrieval.conversion.converter import Converter
from retrieval.conversion.process import Limits, ReadingProcess
from retrieval.conversion.refusal import DAMAGED, TOO_LARGE, RefusedError
from tests.retrieval.conversion.paper import docx, paragraph

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_front_matter_is_handed_on_as_it_is(converter):
    content = (
        "---\ntitle: Férias\naudience: [rh]\nreview_by: 2027-01-31\n---\n\n# Outro\n\nPeça com trinta dias no portal.\n"
    )
    found = await converter.convert("ferias.md", content.encode())
    assert (found.title, found.body) == ("Férias", "# Outro\n\nPeça com trinta dias no portal.")
    assert found.metadata["audience"] == ["rh"]
    assert (found.kind, found.language) == ("markdown", "pt-BR")


async def test_markdown_without_front_matter_is_called_by_its_first_heading_or_its_file(converter):
    assert (await converter.convert("a.md", b"texto\n\n## A *VPN*\n")).title == "A VPN"
    assert (await converter.convert("rede/wi-fi.md", b"texto")).title == "Wi fi"


async def test_plain_text_stays_as_it_is_written(converter):
    found = await converter.convert(
        "a.txt", "Reset your password\n\n1) Open <Settings>\n2) Click Reset\n".encode("cp1252")
    )
    assert found.title == "Reset your password"
    assert found.body == "Reset your password\n\n1) Open \u2039Settings\u203a\n2) Click Reset"
    assert found.language == "en"


async def test_a_language_is_told_only_when_the_words_tell_it(converter):
    spanish = "Para restablecer la contraseña haga clic en el enlace y siga los pasos."
    assert (await converter.convert("a.md", spanish.encode())).language == "es"
    assert (await converter.convert("a.md", b"VPN 809")).language is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"---\ntitle: a\nnever closed", "never closed"),
        (b"---\ntitle: [\n---\nx", "not valid YAML"),
        (b"---\na: &a [x, x]\nb: [*a, *a]\n---\nx", "write it out"),
        (b"---\ntitle: x\n---\n\n ---\n", "no text"),
        (b"<script>x</script>", "no text"),
        (b"\x00\x01\x02\x03" * 50, "no text"),
        (b"\n\n".join(b"#" * level + b" x" for level in range(1, 201)), "nested too deeply"),
    ],
)
async def test_markdown_that_cannot_be_an_article_is_refused_by_reason(converter, content, why):
    with pytest.raises(ArticleUnreadableError, match=why):
        await converter.convert("a.md", content)


async def test_a_file_of_fifty_megabytes_is_refused_before_it_is_read(converter, tmp_path):
    file = tmp_path / "large.pdf"
    with file.open("wb") as opened:
        opened.truncate(50_000_000)
    file.chmod(0o000)  # whoever is not root could not read it
    with pytest.raises(ArticleUnreadableError, match="larger than 20 MB"):
        await converter.convert_file("large.pdf", file)


async def test_a_file_is_read_from_disk_and_a_missing_one_is_named(converter, tmp_path):
    (tmp_path / "a.md").write_text("texto")
    assert (await converter.convert_file("a.md", tmp_path / "a.md")).body == "texto"
    with pytest.raises(ArticleUnreadableError, match="No such file"):
        await converter.convert_file("b.md", tmp_path / "b.md")


async def test_many_files_at_once_wait_for_each_other(converter):
    files = [docx(paragraph(f"Texto número {n}")) for n in range(5)]
    found = await asyncio.gather(*(converter.convert("a.docx", file) for file in files))
    assert [one.body for one in found] == [f"Texto número {n}" for n in range(5)]


async def test_a_file_that_kills_its_reader_is_refused_and_the_next_is_read():
    process = ReadingProcess(Limits())
    reading = asyncio.create_task(process.read("docx", docx(paragraph("a"))))
    while process._process is None:
        await asyncio.sleep(0)
    os.kill(process._process.pid, signal.SIGSEGV)
    with pytest.raises(RefusedError, match=DAMAGED):
        await reading
    assert await process.read("docx", docx(paragraph("b"))) == ("", "b")
    os.kill(process._process.pid, signal.SIGKILL)  # between two files
    await process._process.wait()
    assert await process.read("docx", docx(paragraph("c"))) == ("", "c")
    await process.close()


async def test_a_reader_that_is_given_up_does_not_answer_the_next_question():
    process = ReadingProcess(Limits())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await process.read("docx", docx(paragraph("a")))
    assert await process.read("docx", docx(paragraph("b"))) == ("", "b")
    await process.close()


async def test_a_file_that_takes_too_long_is_refused():
    async with Converter(Limits(patience=timedelta(milliseconds=1))) as impatient:
        with pytest.raises(ArticleUnreadableError, match="split it"):
            await impatient.convert("a.docx", docx(paragraph("a")))


async def test_a_file_that_takes_too_much_processor_time_is_refused_and_the_next_is_read():
    process = ReadingProcess(Limits(processor_time=0))
    with pytest.raises(RefusedError, match=TOO_LARGE):
        await process.read("html", b"<p>x<b>y</b><table><tr><td>1</td></tr></table></p>" * 20_000)
    assert await process.read("html", b"<p>x") == ("", "x")
    await process.close()


async def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_is_read():
    process = ReadingProcess(Limits(memory=300 << 20))
    with pytest.raises(RefusedError, match=TOO_LARGE):
        await process.read("html", b"<p>" + b"x" * 40_000_000)
    assert await process.read("docx", docx(paragraph("b"))) == ("", "b")
    await process.close()


async def test_a_reader_is_told_none_of_our_settings(monkeypatch):
    monkeypatch.setenv("RECADO_WHATSAPP__APP_SECRET", "secret")
    process = ReadingProcess(Limits())
    await process.read("html", b"x")
    environment = Path(f"/proc/{process._process.pid}/environ").read_bytes()
    await process.close()
    assert b"RECADO" not in environment
