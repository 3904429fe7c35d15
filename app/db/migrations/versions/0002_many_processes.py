"""What several processes on one store need: events told one by one, send rates they share."""

import sqlalchemy as sa
from alembic import op

import app.db.base

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

UNTOLD = sa.text('tell AND told_at IS NULL')


def upgrade() -> None:
    with op.batch_alter_table('desk_event') as batch_op:
        batch_op.add_column(sa.Column('told_at', app.db.base.UtcDateTime(timezone=True), nullable=True))
    # What the counter of earlier versions had passed is told; the counter itself has no reader any more.
    op.execute(
        "UPDATE desk_event SET told_at = at WHERE tell AND id <= "
        "COALESCE((SELECT value FROM desk_counter WHERE name = 'told'), 0)"
    )
    op.execute("DELETE FROM desk_counter WHERE name = 'told'")
    op.create_index('desk_event_untold', 'desk_event', ['id'], sqlite_where=UNTOLD, postgresql_where=UNTOLD)
    op.create_table(
        'send_rate',
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('paid_at', app.db.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('key'),
    )


def downgrade() -> None:
    op.drop_table('send_rate')
    op.execute(
        "INSERT INTO desk_counter (name, value) "
        "SELECT 'told', COALESCE(MAX(id), 0) FROM desk_event WHERE told_at IS NOT NULL"
    )
    op.drop_index('desk_event_untold', table_name='desk_event', sqlite_where=UNTOLD, postgresql_where=UNTOLD)
    with op.batch_alter_table('desk_event') as batch_op:
        batch_op.drop_column('told_at')
