"""Queue members, clocks of requests, versions of rules and catalogue, macros, files that wait for a yes."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MOMENT = app.db.base.UtcDateTime(timezone=True)

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

MOMENTS = (
    'clock_started_at', 'paused_since', 'first_response_warned_at', 'first_response_breached_at',
    'resolution_warned_at', 'resolution_breached_at', 'look_at',
)
OPEN = "status IN ('new', 'open', 'pending', 'waiting')"


def upgrade() -> None:
    op.add_column('staff', sa.Column('away_until', MOMENT, nullable=True))
    for name in MOMENTS:
        op.add_column('desk_request', sa.Column(name, MOMENT, nullable=True))
    op.add_column('desk_request', sa.Column('outage_id', sa.String(), nullable=True))
    op.add_column('desk_request', sa.Column('paused_seconds', ID, nullable=False, server_default='0'))
    with op.batch_alter_table('desk_request') as batch_op:
        batch_op.alter_column('paused_seconds', server_default=None)
    op.execute('UPDATE desk_request SET clock_started_at = created_at')
    # Whatever is open is looked at once; what waits begins its pause with its last change.
    op.execute("UPDATE desk_request SET paused_since = updated_at WHERE status = 'waiting'")
    op.execute("UPDATE desk_request SET look_at = created_at WHERE status IN ('new', 'open', 'pending')")
    partly('desk_request_clock', 'look_at', 'look_at IS NOT NULL')
    partly('desk_request_load', 'assignee_id', OPEN)
    partly('desk_request_by_outage', 'outage_id', 'outage_id IS NOT NULL')
    op.create_table('desk_category_version',
    sa.Column('id', ID, nullable=False),
    sa.Column('category_id', sa.String(), nullable=False),
    sa.Column('spec', sa.JSON(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_desk_category_version_category_id', 'desk_category_version', ['category_id'])
    op.create_table('desk_rules_version',
    sa.Column('id', ID, nullable=False),
    sa.Column('part', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_desk_rules_version_part', 'desk_rules_version', ['part'])
    op.create_table('desk_queue_member',
    sa.Column('queue', sa.String(), nullable=False),
    sa.Column('staff_id', ID, nullable=False),
    sa.Column('given', ID, nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('queue', 'staff_id')
    )
    op.create_table('desk_macro',
    sa.Column('id', ID, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('texts', sa.JSON(), nullable=False),
    sa.Column('queue', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('changed_by', sa.String(), nullable=False),
    sa.Column('changed_at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('desk_staged_file',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('staff_id', ID, nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_desk_staged_file_at', 'desk_staged_file', ['at'])


def partly(name: str, column: str, condition: str) -> None:
    op.create_index(
        name, 'desk_request', [column], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition)
    )


def downgrade() -> None:
    for table in ('desk_staged_file', 'desk_macro', 'desk_queue_member', 'desk_rules_version', 'desk_category_version'):
        op.drop_table(table)
    for name in ('desk_request_by_outage', 'desk_request_load', 'desk_request_clock'):
        op.drop_index(name, table_name='desk_request')
    with op.batch_alter_table('desk_request') as batch_op:
        for name in (*MOMENTS, 'outage_id', 'paused_seconds'):
            batch_op.drop_column(name)
    with op.batch_alter_table('staff') as batch_op:
        batch_op.drop_column('away_until')
