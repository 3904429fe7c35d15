"""Who took a hand-off, when its employee was told how things stand, and what happened in it."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MOMENT = app.db.base.UtcDateTime(timezone=True)

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

MOMENTS = ('taken_at', 'told_at', 'silence_told_at')


def upgrade() -> None:
    op.add_column('hand_off', sa.Column('taken_by', ID, nullable=True))
    for name in MOMENTS:
        op.add_column('hand_off', sa.Column(name, MOMENT, nullable=True))
    is_open = sa.text('ended_at IS NULL')
    op.create_index('hand_off_open', 'hand_off', ['conversation_id'], sqlite_where=is_open, postgresql_where=is_open)
    # Whoever waits since before was told by nobody, and needs no word about it days later.
    op.execute('UPDATE hand_off SET told_at = at')
    op.create_table('hand_off_event',
    sa.Column('id', ID, nullable=False),
    sa.Column('hand_off_id', ID, nullable=False),
    sa.Column('conversation_id', ID, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('staff_id', ID, nullable=True),
    sa.Column('author', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('reference', sa.String(), nullable=True),
    sa.Column('at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['hand_off_id'], ['hand_off.id']),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id']),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('reference')
    )
    op.create_index('hand_off_event_by_hand_off', 'hand_off_event', ['hand_off_id', 'kind', 'id'])
    op.create_index('hand_off_event_by_conversation', 'hand_off_event', ['conversation_id', 'id'])


def downgrade() -> None:
    op.drop_table('hand_off_event')
    op.drop_index('hand_off_open', table_name='hand_off')
    for name in ('taken_by', *MOMENTS):
        op.drop_column('hand_off', name)
