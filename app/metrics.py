"""What is counted and timed, for Prometheus at /metrics."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

RECEIVED = Counter("recado_received_total", "Items received by kind; doubled = seen before", ["kind"])
TURNS = Counter("recado_turns_total", "Turns by outcome: done, stale (thought again), failed", ["outcome"])
TURN_SECONDS = Histogram("recado_turn_seconds", "Time of a turn by stage", ["stage"], buckets=_SECONDS)
SENDS = Counter("recado_sends_total", "Outbox entries carried out, by kind and outcome", ["kind", "outcome"])
OUTBOX = Gauge("recado_outbox_entries", "Outbox entries not finished, by state", ["state"])
CHANNEL_STOPPED = Gauge("recado_channel_stopped", "1 while WhatsApp refuses our token, number or account")
