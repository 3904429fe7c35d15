"""When to answer from an article and when to offer titles, as the manager chose."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('knowledge_thresholds',
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('answer_from', sa.Double(), nullable=False),
    sa.Column('offer_from', sa.Double(), nullable=False),
    sa.Column('chosen_at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )


def downgrade() -> None:
    op.drop_table('knowledge_thresholds')
