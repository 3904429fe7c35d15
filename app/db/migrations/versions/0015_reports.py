"""What reports look for by time."""

from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

INDEXES = (
    ('desk_request_by_creation', 'desk_request', ('created_at',)),
    ('desk_request_by_solution', 'desk_request', ('solved_at',)),
    ('desk_event_by_time', 'desk_event', ('kind', 'at')),
    ('turn_by_time', 'turn', ('at',)),
    ('hand_off_by_time', 'hand_off', ('at',)),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, list(columns), unique=False)


def downgrade() -> None:
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
