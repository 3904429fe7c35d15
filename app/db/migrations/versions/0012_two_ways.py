"""Who wants no notices, and who was told that an outage is over."""

import sqlalchemy as sa
from alembic import op

import app.db.base

MOMENT = app.db.base.UtcDateTime(timezone=True)

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

DESK = sa.text('version < 0')


def upgrade() -> None:
    op.add_column('desk_outage_follower', sa.Column('told_at', MOMENT, nullable=True))
    op.execute(
        'UPDATE desk_outage_follower SET told_at = at '
        'WHERE outage_id IN (SELECT id FROM desk_outage WHERE ended_at IS NOT NULL)'
    )
    op.add_column('employee', sa.Column('notices_off', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index('outbox_between_turns', 'outbox', ['version', 'part'], sqlite_where=DESK, postgresql_where=DESK)


def downgrade() -> None:
    op.drop_index('outbox_between_turns', 'outbox')
    op.drop_column('employee', 'notices_off')
    op.drop_column('desk_outage_follower', 'told_at')
