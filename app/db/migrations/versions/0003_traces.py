"""The trace a message came with and the trace an entry continues."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ('inbox', 'outbox'):
        op.add_column(table, sa.Column('trace', sa.String(), nullable=True))


def downgrade() -> None:
    for table in ('inbox', 'outbox'):
        op.drop_column(table, 'trace')
