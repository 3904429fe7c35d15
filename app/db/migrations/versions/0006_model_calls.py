"""What each turn's model calls cost."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('model_call',
    sa.Column('id', ID, nullable=False),
    sa.Column('conversation_id', ID, nullable=False),
    sa.Column('version', ID, nullable=False),
    sa.Column('at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('prompt', sa.String(), nullable=False),
    sa.Column('model', sa.String(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('tokens_in', ID, nullable=False),
    sa.Column('tokens_out', ID, nullable=False),
    sa.Column('tokens_cached', ID, nullable=False),
    sa.Column('milliseconds', sa.Double(), nullable=False),
    sa.Column('cost', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('model_call_by_conversation', 'model_call', ['conversation_id', 'at'], unique=False)
    op.create_index('model_call_by_time', 'model_call', ['at'], unique=False)


def downgrade() -> None:
    op.drop_index('model_call_by_time', table_name='model_call')
    op.drop_index('model_call_by_conversation', table_name='model_call')
    op.drop_table('model_call')
