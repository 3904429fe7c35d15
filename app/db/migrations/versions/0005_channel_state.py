"""The channel's state, and quick ways to entries and messages that need a person."""

import sqlalchemy as sa
from alembic import op

import app.db.base

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('channel_state',
    sa.Column('phone_number_id', sa.String(), nullable=False),
    sa.Column('stopped_because', sa.String(), nullable=False),
    sa.Column('closed_until', app.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('phone_number_id')
    )
    troubled, parked = sa.text("state IN ('held', 'failed', 'dead')"), sa.text("state = 'dead'")
    op.create_index('outbox_troubled', 'outbox', ['state', 'id'], sqlite_where=troubled, postgresql_where=troubled)
    op.create_index('inbox_parked', 'inbox', ['seq'], sqlite_where=parked, postgresql_where=parked)


def downgrade() -> None:
    op.drop_index('inbox_parked', 'inbox')
    op.drop_index('outbox_troubled', 'outbox')
    op.drop_table('channel_state')
