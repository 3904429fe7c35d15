"""Files come from allowed places only, whole and unharmed, and the token goes nowhere else."""

import base64
import hashlib
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from app.whatsapp.client import CloudApi
from app.whatsapp.errors import ChannelStoppedError, RefusedError, UnavailableError
from app.whatsapp.media import download, upload
from app.whatsapp.network import check_media_url

PICTURE = b"\xff\xd8 a picture " * 10_000
HOSTS = ("graph.facebook.com", "lookaside.fbsbx.com")


class Shelf:
    """Meta's media store: says where a file is, hands it out, takes new ones."""

    def __init__(self) -> None:
        self.where: dict[str, Any] = {"mime_type": "image/jpeg"}
        self.file: list[Response] = [Response(PICTURE)]
        self.found: Response | None = None
        self.fetched: list[str] = []
        self.located: list[str] = []
        self.uploaded: list[tuple[str, str, int]] = []
        routes = [
            Route("/v25.0/106540352242922/media", self.take, methods=["POST"]),
            Route("/v25.0/{media_id}", self.locate),
            Route("/files/1", self.hand_out),
        ]
        self.app = Starlette(routes=routes)

    async def locate(self, request: Request) -> Response:
        self.located.append(str(request.url.query))
        return self.found or JSONResponse({"url": str(request.url_for("hand_out")), "id": "77"} | self.where)

    async def hand_out(self, request: Request) -> Response:
        self.fetched.append(request.headers["authorization"])
        return self.file.pop(0) if len(self.file) > 1 else self.file[0]

    async def take(self, request: Request) -> Response:
        async with request.form() as form:
            file: Any = form["file"]
            self.uploaded.append((file.filename, file.content_type, len(await file.read())))
        return JSONResponse({"id": "4711"})


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def api(whatsapp, shelf, serve):
    async with CloudApi(whatsapp.model_copy(update={"base_url": await serve(shelf.app)})) as api:
        yield api


@pytest.mark.parametrize("spell", [bytes.hex, lambda digest: base64.b64encode(digest).decode(), lambda _: ""])
async def test_a_file_is_fetched_in_two_steps_and_verified(api, shelf, tmp_path, spell):
    digest = hashlib.sha256(PICTURE).digest()
    shelf.where |= {"sha256": spell(digest), "file_size": len(PICTURE)}
    got = await download(api, "77", tmp_path / "a.jpg")
    assert (got.path.read_bytes(), got.size, got.mime_type, got.sha256) == (
        PICTURE, len(PICTURE), "image/jpeg", digest.hex(),
    )  # fmt: skip
    assert shelf.fetched == ["Bearer token-of-ours"]
    assert shelf.located == [""]
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


async def test_an_address_that_expired_is_asked_for_again(api, shelf, tmp_path):
    shelf.file = [Response(status_code=404), Response(PICTURE)]
    assert (await download(api, "77", tmp_path / "a")).size == len(PICTURE)
    shelf.file = [Response(status_code=404)]
    with pytest.raises(UnavailableError):
        await download(api, "77", tmp_path / "b")


async def test_a_damaged_file_is_not_kept(api, shelf, tmp_path):
    shelf.where["sha256"] = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(UnavailableError):
        await download(api, "77", tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


async def endless():
    for _ in range(1000):
        yield b"x" * 10_000


@pytest.mark.parametrize(
    "answer", [Response(PICTURE), StreamingResponse(endless()), RedirectResponse("https://elsewhere.example/"),
               Response(b"x", headers={"content-encoding": "gzip"}), Response(status_code=400)]
)  # fmt: skip
async def test_too_large_redirected_or_packed_files_are_refused(api, shelf, tmp_path, answer):
    shelf.file = [answer]
    with pytest.raises(RefusedError):
        await download(api, "77", tmp_path / "a", limit=50_000)
    assert list(tmp_path.iterdir()) == []


async def test_a_file_announced_too_large_is_not_even_fetched(api, shelf, tmp_path):
    shelf.where["file_size"] = 10**9
    with pytest.raises(RefusedError):
        await download(api, "77", tmp_path / "a")
    assert shelf.fetched == []


async def test_an_unknown_file_is_refused_and_a_dead_token_stops_the_channel(api, shelf, tmp_path):
    shelf.found = JSONResponse({"error": {"code": 100, "error_subcode": 33, "message": "does not exist"}}, 400)
    with pytest.raises(RefusedError):
        await download(api, "77", tmp_path / "a")
    shelf.found = JSONResponse({"error": {"code": 190}}, 401)
    with pytest.raises(ChannelStoppedError):
        await download(api, "77", tmp_path / "a")
    shelf.found = Response(status_code=503)
    with pytest.raises(UnavailableError):
        await download(api, "77", tmp_path / "a")
    shelf.found = JSONResponse({"id": "77"})
    with pytest.raises(UnavailableError):
        await download(api, "77", tmp_path / "a")


async def test_only_media_ids_are_put_into_addresses(api, shelf, tmp_path):
    for media_id in ("", "../1", "a/b", "1?x=1", "x" * 200):
        with pytest.raises(RefusedError):
            await download(api, media_id, tmp_path / "a")
    assert shelf.located == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/a", "http://lookaside.fbsbx.com/a", "https://lookaside.fbsbx.com:8443/a", "file:///etc/passwd",
        "https://graph.facebook.com@evil.example/a", "https://evil.example#graph.facebook.com", "https://127.0.0.1/a",
        "https://lookaside.fbsbx.com.evil.example/a", "https://[::1]/", "https://[bad", "https://x:port/", "", "//x",
        "http://127.0.0.1:9/a",
    ],
)  # fmt: skip
async def test_the_token_is_not_sent_to_other_places(url):
    for base_url in ("https://graph.facebook.com", "http://127.0.0.1:8000"):
        with pytest.raises(RefusedError):
            await check_media_url(url, base_url=base_url, hosts=HOSTS)


async def test_a_file_said_to_be_elsewhere_is_not_fetched(api, shelf, tmp_path):
    shelf.where["url"] = "https://evil.example/a"
    with pytest.raises(RefusedError):
        await download(api, "77", tmp_path / "a")
    assert shelf.fetched == []


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254", "localhost"])
async def test_an_allowed_name_with_a_private_address_is_refused(host):
    with pytest.raises(RefusedError):
        await check_media_url(f"https://{host}/a", base_url="https://graph.facebook.com", hosts=(host,))


async def test_a_public_address_is_let_through_by_name_or_by_wildcard():
    await check_media_url("https://1.1.1.1/a", base_url="https://graph.facebook.com", hosts=("1.1.1.1",))
    await check_media_url("https://1.1.1.1/a", base_url="https://graph.facebook.com", hosts=("*.1.1.1",))
    with pytest.raises(RefusedError):
        await check_media_url("https://1.1.1.1/a", base_url="https://graph.facebook.com", hosts=HOSTS)


async def test_an_upload_gives_an_id_and_a_harmless_name(api, shelf):
    assert await upload(api, PICTURE, mime_type="image/jpeg; q=1", name='../a"\r\n.jpg') == "4711"
    assert shelf.uploaded == [(".._a___.jpg", "image/jpeg", len(PICTURE))]


@pytest.mark.parametrize(
    ("content", "mime_type"),
    [(b"x", "image/svg+xml"), (b"", "image/png"), (b"x" * (5 * 1024 * 1024 + 1), "image/png"), (b"x", "text/html")],
)
async def test_what_whatsapp_does_not_take_is_not_uploaded(api, shelf, content, mime_type):
    with pytest.raises(RefusedError):
        await upload(api, content, mime_type=mime_type, name="a")
    assert shelf.uploaded == []
