"""All settings, read once from the environment and `.env` at process entry."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.staff.roles import Role
from retrieval.passage import Language


def _number(value: object) -> object:
    """A duration from the environment is text; pydantic only takes a number for seconds."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Seconds = Annotated[timedelta, BeforeValidator(_number)]
SourceName = Literal["searxng", "stack_exchange", "microsoft_learn", "wikipedia", "brave", "tavily"]
OptionalFile = Annotated[Path | None, BeforeValidator(lambda value: value or None)]


class DatabaseSettings(BaseModel):
    """Where the truth is kept; empty = SQLite in the data directory."""

    url: str = Field(default="", description="SQLAlchemy URL; empty = SQLite in the data directory")


class KnowledgeSettings(BaseModel):
    """How the knowledge index reaches the workers, and when an article is answered from."""

    in_store: Literal["auto", "yes", "no"] = Field(
        default="auto",
        description="Keep the index in the database too, for workers elsewhere: auto = when that is PostgreSQL",
    )
    look_every: Seconds = Field(
        default=timedelta(seconds=2), description="How often a worker asks whether there is another index"
    )
    answer_from: float = Field(default=0.65, ge=0, le=1, description="Probability to answer from; managers may differ")
    offer_from: float = Field(default=0.35, ge=0, le=1, description="Offer titles from this probability on")

    @model_validator(mode="after")
    def _in_order(self) -> "KnowledgeSettings":
        if self.offer_from > self.answer_from:
            raise ValueError("RECADO_KNOWLEDGE__OFFER_FROM must not be above RECADO_KNOWLEDGE__ANSWER_FROM")
        return self

    page_folders: tuple[Path, ...] = Field(
        default=(), description="Folders below which the pages may name sources; empty = only recado kb source may"
    )
    page_private_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts with private addresses that the pages may name as sources"
    )


class WhatsAppSettings(BaseModel):
    """The Cloud API: Meta's in production, the emulator's in the demo."""

    app_secret: SecretStr = Field(default=SecretStr(""), description="App secret; signs every webhook; required")
    verify_token: SecretStr = Field(default=SecretStr(""), description="Token you chose for the webhook handshake")
    access_token: SecretStr = Field(default=SecretStr(""), description="System-user token for sending")
    phone_number_id: str = Field(default="", description="Id of the company's WhatsApp number")
    waba_id: str = Field(default="", description="WhatsApp Business Account id")
    base_url: str = Field(default="https://graph.facebook.com", description="Where the Cloud API answers")
    api_version: str = Field(default="v25.0", description="Graph API version")
    media_hosts: tuple[str, ...] = Field(
        default=("graph.facebook.com", "lookaside.fbsbx.com"), description="Hosts the token may be sent to for media"
    )
    messages_per_second: int = Field(default=80, ge=1, description="The number's throughput at Meta")
    reopen_template: str = Field(
        default="", pattern="^[a-z0-9_]*$", description="Approved template sent when 24 h are over; empty = none"
    )
    reopen_languages: dict[Language, str] = Field(
        default={"pt-BR": "pt_BR", "es": "es", "en": "en"}, description="Its language at Meta for each of ours"
    )
    reopen_parameters: int = Field(
        default=1, ge=0, le=2, description="Words its body takes: {{1}} the employee's name, {{2}} the company's"
    )


class MailSettings(BaseModel):
    """The mail server that carries one-time codes."""

    host: str = Field(default="", description="SMTP host; empty = no mail, nobody can be verified")
    port: int = Field(default=587, description="SMTP port")
    username: str = Field(default="", description="SMTP user; empty = no login")
    password: SecretStr = Field(default=SecretStr(""), description="SMTP password")
    starttls: bool = Field(default=True, description="Require STARTTLS")
    sender: str = Field(default="", description="From address of the mails")
    timeout: Seconds = Field(default=timedelta(seconds=20), description="Longest SMTP conversation")


class LlmSettings(BaseModel):
    """The language model, any OpenAI-compatible endpoint; without one the embedded engine thinks alone."""

    base_url: str = Field(default="", description="Endpoint with its /v1; empty = no model, nothing leaves the house")
    api_key: SecretStr = Field(default=SecretStr(""), description="Key of the endpoint; empty = it wants none")
    model: str = Field(default="", description="Model, as the endpoint calls it")
    extra: dict[str, Any] = Field(default={}, description='Added to every call, as {"reasoning_effort": "low"}')
    stream: bool = Field(default=False, description="Take answers in pieces, for gateways that cut long silences")
    timeout: Seconds = Field(default=timedelta(seconds=12), description="Longest single call")
    deadline: Seconds = Field(default=timedelta(seconds=22), description="Longest all calls of a turn; then embedded")
    calls_per_turn: int = Field(default=4, ge=0, description="Two thoughts, each with one more try")
    tokens_per_turn: int = Field(default=24_000, description="In and out together")
    tokens_per_contact_day: int = Field(default=200_000, description="Of one contact in 24 hours; then embedded")
    mask: bool = Field(default=True, description="Replace addresses, numbers, documents and names before they leave")
    prices: dict[str, tuple[float, float, float]] = Field(
        default={}, description='Per million tokens in, out, cached, as {"gpt-4.1-mini": [0.4, 1.6, 0.1]}'
    )
    second_base_url: str = Field(default="", description="Another endpoint, asked when the first fails")
    second_api_key: SecretStr = Field(default=SecretStr(""), description="Key of the second endpoint")
    second_model: str = Field(default="", description="Model of the second endpoint")
    record: OptionalFile = Field(default=None, description="File to record answers in, personal data masked")
    replay: OptionalFile = Field(default=None, description="File to answer from instead of any endpoint")


class EmbeddingsSettings(BaseModel):
    """Embeddings for the knowledge base from an OpenAI-compatible endpoint instead of the embedded model."""

    base_url: str = Field(default="", description="Endpoint with its /v1; empty = the embedded model")
    api_key: SecretStr = Field(default=SecretStr(""), description="Key of the endpoint; empty = it wants none")
    model: str = Field(default="", description="Model, as the endpoint calls it")
    timeout: Seconds = Field(default=timedelta(seconds=4), description="Longest for a question; then by words only")


class VoiceSettings(BaseModel):
    """Voice notes into words; without a model they are kept as files and the employee is asked to write."""

    model: str = Field(default="", description="Transcription model, as whisper-1; empty = no transcription")
    base_url: str = Field(default="", description="Endpoint with its /v1; empty = the language model's")
    api_key: SecretStr = Field(default=SecretStr(""), description="Key; empty = the language model's")
    largest: int = Field(default=4_000_000, description="Bytes; a longer one is only kept (4 MB are some 25 minutes)")
    timeout: Seconds = Field(default=timedelta(seconds=15), description="Longest transcription; then it is only kept")


class VisionSettings(BaseModel):
    """Pictures into words; without a model they are kept as files."""

    model: str = Field(default="", description="Model that sees; empty = none")
    base_url: str = Field(default="", description="Endpoint with its /v1; empty = the language model's")
    api_key: SecretStr = Field(default=SecretStr(""), description="Key; empty = the language model's")
    largest: int = Field(default=5_000_000, description="Bytes; a larger one is only kept")
    timeout: Seconds = Field(default=timedelta(seconds=12), description="Longest look; then it is only kept")


class JudgeSettings(BaseModel):
    """A model that judges conversations in evaluations, only where `recado eval run --judge` asks for it."""

    base_url: str = Field(default="", description="Endpoint with its /v1; empty = the language model's")
    api_key: SecretStr = Field(default=SecretStr(""), description="Key; empty = the language model's at its endpoint")
    model: str = Field(default="", description="Model, another than the one that speaks; empty = the language model")
    timeout: Seconds = Field(default=timedelta(seconds=30), description="Longest single call")


class SourceSettings(BaseModel):
    """One source outside; what is left empty is the provider's own."""

    base_url: str = Field(default="", description="Where it answers; empty = the provider's own address")
    api_key: SecretStr = Field(default=SecretStr(""), description="Key; empty = none")
    per_minute: int = Field(default=0, ge=0, le=600, description="Questions a minute at most; 0 = the source's usual")


class ExternalSettings(BaseModel):
    """Sources outside the company, asked only when no article applies; none unless named here."""

    sources: tuple[SourceName, ...] = Field(
        default=(),
        description="Those asked, best first: searxng, stack_exchange, microsoft_learn, wikipedia, brave, tavily",
    )
    domains: tuple[str, ...] = Field(
        default=(
            "learn.microsoft.com", "support.microsoft.com", "support.google.com", "support.apple.com",
            "superuser.com", "stackoverflow.com", "serverfault.com", "askubuntu.com", "wikipedia.org",
        ),
        description="Domains whose pages may be quoted, each with what is below it",
    )  # fmt: skip
    private_words: tuple[str, ...] = Field(
        default=(), description="Never sent: names of the company's hosts, systems, projects"
    )
    private_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts of sources that may be in a private network or speak http, as searx.lan"
    )
    timeout: Seconds = Field(default=timedelta(seconds=4), description="Longest for all sources together")
    keep: Seconds = Field(default=timedelta(hours=1), description="How long an answer is kept in a process's memory")
    fit: float = Field(default=0.6, ge=0.3, le=1, description="Share of the question's ideas a result must hold")
    searxng: SourceSettings = SourceSettings()
    stack_exchange: SourceSettings = SourceSettings()
    microsoft_learn: SourceSettings = SourceSettings()
    wikipedia: SourceSettings = SourceSettings()
    brave: SourceSettings = SourceSettings()
    tavily: SourceSettings = SourceSettings()


class IdentitySettings(BaseModel):
    """Rules of one-time codes and verified sessions (figures from OWASP ASVS 5.0 V6 and NIST SP 800-63B)."""

    pepper: SecretStr = Field(default=SecretStr(""), description="Secret mixed into code hashes; empty = made once")
    code_life: Seconds = Field(default=timedelta(minutes=10), description="How long a code lives")
    code_tries: int = Field(default=5, description="Wrong tries a code survives")
    codes_per_contact_hour: int = Field(default=3, description="Codes per WhatsApp contact and hour")
    codes_per_contact_day: int = Field(default=10, description="Codes per WhatsApp contact and day")
    codes_per_email_hour: int = Field(default=5, description="Codes per e-mail and hour, over all contacts")
    codes_per_email_day: int = Field(default=10, description="Codes per e-mail and day, over all contacts")
    wrong_per_email_day: int = Field(default=10, description="Wrong codes per e-mail and day; then only a person helps")
    resend_after: Seconds = Field(default=timedelta(seconds=60), description="Shortest time between two codes")
    session_idle: Seconds = Field(default=timedelta(hours=12), description="A silent session ends after this")
    session_age: Seconds = Field(default=timedelta(days=7), description="Every session ends after this")


class RetentionSettings(BaseModel):
    """How long personal data are kept, in days; 0 = for ever. What is older goes by itself, and the audit counts it."""

    messages: int = Field(default=180, ge=0, description="What was said; a silent contact is then a stranger again")
    media: int = Field(default=180, ge=0, description="Files that employees sent")
    requests: int = Field(default=730, ge=0, description="Words of closed requests; the requests stay to be counted")
    answers: int = Field(default=365, ge=0, description="Questions and what became of them")
    turns: int = Field(default=365, ge=0, description="How turns went: engine, texts used, times; no words")
    model_calls: int = Field(default=365, ge=0, description="What model calls cost; no words")
    notices: int = Field(default=30, ge=0, description="What WhatsApp told besides messages, as it came")
    sessions: int = Field(default=90, ge=0, description="Ended sessions of employees and of staff, tries to sign in")
    wishes: int = Field(default=1825, ge=0, description="Data wishes that were answered, as the proof of it")
    every: Seconds = Field(default=timedelta(hours=6), description="How often what is too old is looked for")


class ConsoleSettings(BaseModel):
    """The pages of staff below /desk."""

    url: str = Field(
        default="",
        pattern=r"^(https?://[^/\s]+)?$",
        description="Where staff reach them, as https://recado.example.com; empty = this machine or an IP address only",
    )
    session_idle: Seconds = Field(default=timedelta(minutes=30), description="Signed out after so long without a click")
    session_age: Seconds = Field(default=timedelta(hours=12), description="Signed out after so long in any case")
    second_step: tuple[Role, ...] = Field(
        default=("admin",),
        description="Roles that must use an authenticator: agent, knowledge, engineer, admin, auditor",
    )


class OidcSettings(BaseModel):
    """Signing in to the staff pages through the company's own provider (OpenID Connect)."""

    issuer: str = Field(default="", description="The provider's issuer, as https://login.example.com; empty = none")
    client_id: str = Field(default="", description="What Recado is called there")
    client_secret: SecretStr = Field(default=SecretStr(""), description="Its secret; empty = a public client")
    label: str = Field(default="", description="What the button says after 'Sign in with'; empty = the issuer's host")
    scopes: tuple[str, ...] = Field(default=("openid", "email", "profile"), description="What is asked for")
    groups_claim: str = Field(default="groups", description="The claim that lists somebody's groups")
    roles: dict[str, tuple[Role, ...]] = Field(
        default={},
        description='Roles by group, as {"it-desk": ["agent"]}; decided anew at every sign-in',
    )
    create: bool = Field(default=False, description="Make accounts for whoever has a group named in ROLES")
    timeout: Seconds = Field(default=timedelta(seconds=10), description="How long to wait for the provider")

    @model_validator(mode="after")
    def _is_whole(self) -> "OidcSettings":
        if self.issuer and not self.client_id:
            raise ValueError("RECADO_OIDC__ISSUER is set without RECADO_OIDC__CLIENT_ID")
        if self.create and not self.roles:
            raise ValueError("RECADO_OIDC__CREATE needs RECADO_OIDC__ROLES: a new account must have a role")
        return self


class CompanySettings(BaseModel):
    """The house Recado speaks for."""

    name: str = Field(default="", description="Company name in replies")
    assistant: str = Field(default="Recado", description="What the assistant calls itself")
    privacy_url: str = Field(default="", description="Link of the privacy notice")
    privacy_version: str = Field(default="1", description="Version of the privacy notice, shown with it")
    default_language: Language = Field(default="pt-BR", description="Language until the employee shows another")
    link_hosts: tuple[str, ...] = Field(default=(), description="Hosts replies may link to, besides articles' own")


class TurnSettings(BaseModel):
    """How a conversation is taken up."""

    settle: Seconds = Field(default=timedelta(seconds=1.5), description="Wait for more of a burst before answering")
    settle_longest: Seconds = Field(default=timedelta(seconds=6), description="Never wait longer than this")
    listen_longest: Seconds = Field(
        default=timedelta(seconds=12), description="Wait for a voice note or picture to become words"
    )
    patience: Seconds = Field(
        default=timedelta(seconds=7), description="Think longer and they are told to wait a moment"
    )
    in_progress: int = Field(default=4, ge=1, description="Turns thought about at once (2 per core)")
    tries: int = Field(default=5, ge=1, description="Tries before a message is parked and a person is told")
    most_messages: int = Field(default=50, ge=1, description="Messages one turn takes up; the rest is the next turn's")
    deadline: Seconds = Field(default=timedelta(seconds=30), description="Longest a turn may think")


class IntakeSettings(BaseModel):
    """When new messages are refused with 503, for WhatsApp to tell them again later."""

    patience: Seconds = Field(default=timedelta(seconds=30), description="Refuse what would wait longer than this")
    floor: int = Field(default=300, ge=1, description="Unread messages that may always wait, however slow turns are")
    storing: int = Field(default=1000, ge=1, description="Deliveries that may wait for the database at once")


class DeliverySettings(BaseModel):
    """How long an unanswered send is waited for before it is sent again."""

    lease: Seconds = Field(default=timedelta(seconds=30), description="Longer than any answer or status webhook takes")
    lease_after_start: Seconds = Field(
        default=timedelta(seconds=10), description="For sends of a process that died: their statuses are on their way"
    )
    held_too_long: Seconds = Field(
        default=timedelta(days=1), description="What waits longer for its employee to write is counted as forgotten"
    )


class HandoverSettings(BaseModel):
    """Conversations that wait for a person: after so many minutes the employee is told how things stand, once."""

    patience_minutes: float = Field(default=10, gt=0, description="Nobody has taken it, while the desk is open")
    patience_minutes_out_of_hours: float = Field(
        default=10, gt=0, description="Nobody has taken it, while the desk is closed"
    )
    silence_minutes: float = Field(default=20, gt=0, description="Whoever took it leaves them without an answer")


class WorkerSettings(BaseModel):
    """Processes that work side by side on PostgreSQL."""

    port: int = Field(default=0, description="Port of a worker's health and metrics; 0 = any free one")
    dead_after: Seconds = Field(
        default=timedelta(seconds=5), description="Silence after which another worker takes over its conversations"
    )


class TraceSettings(BaseModel):
    """OpenTelemetry traces: webhook, turn, nodes and sends of a message in one; off unless an endpoint is set."""

    endpoint: str = Field(default="", description="OTLP over HTTP, such as http://collector:4318; empty = no traces")
    headers: SecretStr = Field(default=SecretStr(""), description="Headers of that endpoint: name=value,name=value")
    sample: float = Field(default=1.0, ge=0, le=1, description="Share of webhooks traced, 0 to 1")
    service: str = Field(default="recado", description="service.name of the spans")


class EvaluationSettings(BaseModel):
    """Runs of `recado eval`, and the staff page that shows them."""

    runs: OptionalFile = Field(default=None, description="Folder of runs; empty = eval/runs in the data directory")


class Settings(BaseSettings):
    """Everything an operator can set; `RECADO_` + group + `__` + field."""

    model_config = SettingsConfigDict(
        env_prefix="RECADO_", env_nested_delimiter="__", env_file=".env", extra="ignore", frozen=True
    )

    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8000, description="Port to listen on")
    data_dir: Path = Field(default=Path("var"), description="Database, index, media and keys live here")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged")
    log_format: Literal["auto", "json", "text"] = Field(
        default="auto", description="json, text, or auto: text on a terminal, JSON elsewhere"
    )
    drain: Seconds = Field(
        default=timedelta(seconds=20), description="How long turns and sends under way may take when asked to stop"
    )
    database: DatabaseSettings = DatabaseSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    whatsapp: WhatsAppSettings = WhatsAppSettings()
    mail: MailSettings = MailSettings()
    llm: LlmSettings = LlmSettings()
    embeddings: EmbeddingsSettings = EmbeddingsSettings()
    voice: VoiceSettings = VoiceSettings()
    vision: VisionSettings = VisionSettings()
    judge: JudgeSettings = JudgeSettings()
    external: ExternalSettings = ExternalSettings()
    identity: IdentitySettings = IdentitySettings()
    retention: RetentionSettings = RetentionSettings()
    console: ConsoleSettings = ConsoleSettings()
    oidc: OidcSettings = OidcSettings()
    company: CompanySettings = CompanySettings()
    intake: IntakeSettings = IntakeSettings()
    turns: TurnSettings = TurnSettings()
    delivery: DeliverySettings = DeliverySettings()
    handover: HandoverSettings = HandoverSettings()
    worker: WorkerSettings = WorkerSettings()
    traces: TraceSettings = TraceSettings()
    evaluation: EvaluationSettings = EvaluationSettings()

    @property
    def database_url(self) -> str:
        """The database to use: the one configured, or SQLite in the data directory."""
        return self.database.url or f"sqlite:///{self.data_dir / 'recado.db'}"

    @property
    def runs_dir(self) -> Path:
        """Where runs of the evaluation are."""
        return self.evaluation.runs or self.data_dir / "eval" / "runs"


def example() -> str:
    """The text of `.env.example`: every setting with its default and what it is for."""
    lines = ["# Every setting of Recado with its default. Copy to .env, uncomment, change."]
    lines += _described(Settings, "RECADO_")
    return "\n".join(lines) + "\n"


def _described(model: type[BaseModel], prefix: str) -> list[str]:
    lines: list[str] = []
    for name, field in model.model_fields.items():
        default = field.default
        if isinstance(default, BaseModel):
            lines += ["", f"# {(type(default).__doc__ or '').splitlines()[0]}"]
            lines += _described(type(default), f"{prefix}{name.upper()}__")
        else:
            lines += [f"# {field.description}", f"#{prefix}{name.upper()}={_shown(default)}"]
    return lines


def _shown(default: object) -> str:
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    if isinstance(default, timedelta):
        return f"{default.total_seconds():g}"
    if isinstance(default, tuple | dict):
        return json.dumps(default)
    return "" if default is None else str(default)
