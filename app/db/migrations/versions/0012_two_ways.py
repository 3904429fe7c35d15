"""Who took a conversation and what they wrote, who wants no notices, who was told that an outage is over."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MOMENT = app.db.base.UtcDateTime(timezone=True)

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

DESK = sa.text('version < 0')


def upgrade() -> None:
    op.add_column('hand_off', sa.Column('taken_by', ID, nullable=True))
    for name in ('taken_at', 'told_at', 'silence_told_at'):
        op.add_column('hand_off', sa.Column(name, MOMENT, nullable=True))
    op.add_column('desk_outage_follower', sa.Column('told_at', MOMENT, nullable=True))
    op.execute(
        'UPDATE desk_outage_follower SET told_at = at '
        'WHERE outage_id IN (SELECT id FROM desk_outage WHERE ended_at IS NOT NULL)'
    )
    op.add_column('employee', sa.Column('notices_off', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table('staff_word',
    sa.Column('id', ID, nullable=False),
    sa.Column('conversation_id', ID, nullable=False),
    sa.Column('staff_id', ID, nullable=True),
    sa.Column('author', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_staff_word_conversation_id', 'staff_word', ['conversation_id'])
    op.create_index('outbox_between_turns', 'outbox', ['version', 'part'], sqlite_where=DESK, postgresql_where=DESK)


def downgrade() -> None:
    op.drop_index('outbox_between_turns', 'outbox')
    op.drop_table('staff_word')
    op.drop_column('employee', 'notices_off')
    op.drop_column('desk_outage_follower', 'told_at')
    for name in ('taken_by', 'taken_at', 'told_at', 'silence_told_at'):
        op.drop_column('hand_off', name)
