"""The settings pages open in every language, on either store."""

from tests.console.conftest import Browser

PAGES = (
    "/queues", "/queues/it-desk", "/routing", "/routing/0", "/routing/3", "/routing/try", "/priority", "/priority/0",
    "/priority/3", "/hours", "/hours/sao-paulo", "/hours/new", "/macros", "/macros/0", "/outages", "/outages/new",
    "/outages/vpn-recife", "/catalogue", "/catalogue/new", "/catalogue/access-password", "/catalogue/it",
    "/catalogue/access-password/fields/system", "/catalogue/access-password/fields/new", "/catalogue/file",
    "/catalogue/try", "/employees", "/employees?q=mari", "/employees/one/E1001", "/employees/list",
)  # fmt: skip


async def test_every_settings_page_opens_in_every_language(admin: Browser):
    wrong = []
    for language in ("pt-BR", "es", "en"):
        await admin.press("/account", "/account", name="Somebody", language=language, timezone="America/Sao_Paulo")
        for page in PAGES:
            answer = await admin.get(f"/desk{page}")
            if answer.status_code != 200 or f'lang="{language}"' not in answer.text[:200]:
                wrong.append((page, answer.status_code))
    assert wrong == []
