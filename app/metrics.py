"""What is counted and timed, for Prometheus at /metrics; `docs/operations.md` says what to look at."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

WEBHOOKS = Counter("recado_webhooks_total", "Webhook requests by the HTTP status they were answered with", ["status"])
RECEIVED = Counter("recado_received_total", "Items received by kind; doubled = seen before", ["kind"])
INBOX = Gauge(
    "recado_inbox_messages", "Messages not answered, by state: new, dead (given up, a person took over)", ["state"]
)
OLDEST_UNREAD = Gauge("recado_oldest_unread_seconds", "Age of the oldest message no turn has taken up; 0 = none")

TURNS = Counter(
    "recado_turns_total", "Turns by outcome: done, stale (thought again), unstored, failed, given_up", ["outcome"]
)
TURN_SECONDS = Histogram(
    "recado_turn_seconds", "Time of a turn by stage: wait, think, commit", ["stage"], buckets=_SECONDS
)
ENGINE_CALLS = Counter(
    "recado_engine_calls_total",
    "Calls of a language engine by call and outcome: done, failed",
    ["engine", "call", "outcome"],
)
ENGINE_SECONDS = Histogram(
    "recado_engine_seconds", "Time of a language engine's call", ["engine", "call"], buckets=_SECONDS
)
RETRIEVALS = Counter("recado_retrievals_total", "Searches of the knowledge base by band: answer, offer, none", ["band"])
RETRIEVAL_SECONDS = Histogram("recado_retrieval_seconds", "Time of a search of the knowledge base", buckets=_SECONDS)
OUTSIDE = Counter(
    "recado_outside_total",
    "Questions to sources outside, by source and outcome: asked, cached, spared, failed, found, unfit",
    ["source", "outcome"],
)

KNOWLEDGE_RUNS = Counter(
    "recado_knowledge_runs_total",
    "Synchronisations of a source by outcome: done, partial, held, unavailable, failed",
    ["outcome"],
)

SHED = Counter(
    "recado_shed_total",
    "Deliveries refused with 503 by reason: full, share (one contact's), store (too slow)",
    ["reason"],
)
INTAKE_WAITING = Gauge("recado_intake_waiting", "Unread messages that count against the limit, as the receiver knows")
INTAKE_LIMIT = Gauge("recado_intake_limit", "Unread messages that may wait before new ones are refused")
SENDS = Counter("recado_sends_total", "Outbox entries carried out, by kind and outcome", ["kind", "outcome"])
SEND_SECONDS = Histogram(
    "recado_send_seconds", "Time of carrying out an outbox entry, by kind", ["kind"], buckets=_SECONDS
)
RESENDS = Counter("recado_resends_total", "Entries sent again although the first may have arrived, by kind", ["kind"])
WINDOW_CLOSINGS = Counter("recado_window_closings_total", "Messages held because the 24 h window was closed")
OUTBOX = Gauge("recado_outbox_entries", "Outbox entries not finished, by state", ["state"])
OLDEST_UNSENT = Gauge(
    "recado_oldest_unsent_seconds", "Age of the oldest outbox entry to be sent, by kind; 0 = none", ["kind"]
)
OUTBOX_HELD_TOO_LONG = Gauge("recado_outbox_held_too_long", "Held entries whose employee has not written for too long")
CHANNEL_STOPPED = Gauge("recado_channel_stopped", "1 while WhatsApp refuses our token, number or account")
MODEL_CALLS = Counter(
    "recado_model_calls_total", "Calls of a language model, by purpose and outcome", ["purpose", "outcome"]
)
MODEL_TOKENS = Counter("recado_model_tokens_total", "Tokens in and out", ["way"])
MODEL_SECONDS = Histogram("recado_model_seconds", "Time of a model call by purpose", ["purpose"], buckets=_SECONDS)

# A counter that is not there before its first event cannot be seen to rise by Prometheus.
for _status in (200, 400, 401, 403, 408, 413, 503):
    WEBHOOKS.labels(_status)
for _outcome in ("done", "stale", "unstored", "failed", "given_up"):
    TURNS.labels(_outcome)
for _band in ("answer", "offer", "none"):
    RETRIEVALS.labels(_band)
for _outcome in ("done", "partial", "held", "unavailable", "failed"):
    KNOWLEDGE_RUNS.labels(_outcome)
for _reason in ("full", "share", "store"):
    SHED.labels(_reason)
for _kind in ("message", "file", "mail", "comment_mail", "fetch"):
    RESENDS.labels(_kind)
    for _outcome in ("sent", "throttled", "unavailable", "ambiguous", "window_closed", "refused", "stopped"):
        SENDS.labels(_kind, _outcome)
