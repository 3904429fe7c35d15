"""What Meta tells about a token, a number, an account, its app and its templates, to an installation check."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.emulator.account import APP_ID
from app.emulator.cloud import check_bearer, guarded
from app.emulator.refusal import Refusal
from app.emulator.switchboard import Emulator

Endpoint = Callable[[Request], Awaitable[Response]]

NUMBER = ("id", "verified_name", "display_phone_number", "quality_rating", "code_verification_status")
ACCOUNT = ("id", "name", "timezone_id", "message_template_namespace")


class Management:
    """The business management endpoints of one account."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[BaseRoute]:
        """Return the routes; all need the token, the app's own subscriptions the app's."""
        line, root = self._emulator.line, "/{version:graph_version}"
        account = f"{root}/{line.waba_id}"
        table: list[tuple[str, str, Endpoint]] = [
            (f"{root}/debug_token", "GET", self._debug_token),
            (f"{root}/{line.phone_number_id}", "GET", self._number),
            (account, "GET", self._permitted(self._account)),
            (f"{account}/phone_numbers", "GET", self._permitted(self._numbers)),
            (f"{account}/subscribed_apps", "GET", self._permitted(self._subscribed)),
            (f"{account}/subscribed_apps", "POST", self._permitted(self._subscribe)),
            (f"{account}/message_templates", "GET", self._permitted(self._templates)),
        ]
        routes: list[BaseRoute] = [
            Route(path, guarded(self._emulator, endpoint), methods=[method]) for path, method, endpoint in table
        ]
        return [*routes, Route(f"{root}/{APP_ID}/subscriptions", self._subscriptions)]

    def _permitted(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            if code := self._emulator.account.management_refused:
                raise Refusal(code, "The token lacks whatsapp_business_management for this account.")
            return await endpoint(request)

        return answer

    async def _debug_token(self, request: Request) -> Response:
        account = self._emulator.account
        if request.query_params.get("input_token") != self._emulator.access_token:
            raise Refusal(100, "The access token could not be decrypted")
        granular = [{"scope": scope, "target_ids": account.token_accounts} for scope in account.token_scopes]
        told: dict[str, Any] = {
            "app_id": APP_ID, "application": self._emulator.business_name, "type": account.token_type,
            "is_valid": True, "expires_at": int(account.token_expires_at), "data_access_expires_at": 0,
            "scopes": account.token_scopes, "granular_scopes": granular if account.token_accounts else [],
        }  # fmt: skip
        return JSONResponse({"data": told})

    def _standing(self) -> dict[str, Any]:
        """All that is known of the number."""
        account, line = self._emulator.account, self._emulator.line
        parts = {"PHONE_NUMBER": line.phone_number_id, "WABA": line.waba_id, "APP": APP_ID}
        return {
            "id": line.phone_number_id, "verified_name": self._emulator.business_name,
            "display_phone_number": line.display_phone_number, "code_verification_status": "VERIFIED",
            "quality_rating": account.quality_rating, "status": account.status, "name_status": account.name_status,
            "throughput": {"level": account.throughput}, "account_mode": account.account_mode,
            "platform_type": "CLOUD_API", "health_status": account.health(parts),
            "webhook_configuration": {"application": self._callback_url()},
        }  # fmt: skip

    async def _number(self, request: Request) -> Response:
        return JSONResponse(_only(request, self._standing(), NUMBER))

    async def _numbers(self, request: Request) -> Response:
        return JSONResponse({"data": [_only(request, self._standing(), NUMBER)]})

    async def _account(self, request: Request) -> Response:
        account, line = self._emulator.account, self._emulator.line
        known = {
            "id": line.waba_id, "name": self._emulator.business_name, "timezone_id": "25",
            "message_template_namespace": "emulated", "account_review_status": account.review,
            "business_verification_status": account.business_verification,
        }  # fmt: skip
        return JSONResponse(_only(request, known, ACCOUNT))

    async def _subscribed(self, _request: Request) -> Response:
        app = {"name": self._emulator.business_name, "id": APP_ID}
        listed = [{"whatsapp_business_api_data": app}] if self._emulator.account.subscribed else []
        return JSONResponse({"data": listed})

    async def _subscribe(self, _request: Request) -> Response:
        self._emulator.account.subscribed = True
        return JSONResponse({"success": True})

    async def _templates(self, request: Request) -> Response:
        """A page of `limit` templates; `after` names the last one of the page before."""
        listed = [template.as_json() for template in self._emulator.templates]
        start = int(request.query_params.get("after") or 0)
        end = start + int(request.query_params.get("limit") or 25)
        answer: dict[str, Any] = {"data": listed[start:end]}
        if end < len(listed):
            answer["paging"] = {"cursors": {"after": str(end)}, "next": "https://graph.facebook.com/next"}
        return JSONResponse(answer)

    async def _subscriptions(self, request: Request) -> Response:
        """What the app subscribes to; its own token is id and secret with a bar between them."""
        account = self._emulator.account
        try:
            check_bearer(request, f"{APP_ID}|{self._emulator.courier.app_secret}")
        except Refusal as refusal:
            return JSONResponse(refusal.body(), refusal.status)
        fields = [{"name": name, "version": "v25.0"} for name in account.webhook_fields]
        told = {"object": "whatsapp_business_account", "callback_url": self._callback_url()}
        return JSONResponse({"data": [told | {"active": account.webhook_active, "fields": fields}]})

    def _callback_url(self) -> str:
        return self._emulator.account.callback_url or self._emulator.webhook_url


def _only(request: Request, known: dict[str, Any], usual: tuple[str, ...]) -> dict[str, Any]:
    """The fields asked for, or the usual ones; the id always comes along."""
    asked = request.query_params.get("fields")
    names = {"id", *(asked.split(",") if asked else usual)}
    if unknown := sorted(names - known.keys()):
        raise Refusal(100, f"Tried accessing nonexisting field ({unknown[0]})")
    return {name: value for name, value in known.items() if name in names}
