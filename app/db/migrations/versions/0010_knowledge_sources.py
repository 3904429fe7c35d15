"""Where articles come from, and the synchronisations of it."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

WORDS = ('owner', 'text_sha256', 'raw_sha256', 'read_as', 'stamp')


def upgrade() -> None:
    op.create_table('knowledge_source',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('location', sa.String(), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('schedule', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('audience', sa.JSON(), nullable=False),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('review_by', sa.String(), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('next_run_at', app.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('last_run_at', app.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('last_outcome', sa.String(), nullable=False),
    sa.Column('last_report', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('knowledge_run',
    sa.Column('id', ID, nullable=False),
    sa.Column('place', ID, nullable=True),
    sa.Column('sources', sa.JSON(), nullable=False),
    sa.Column('force', sa.Boolean(), nullable=False),
    sa.Column('rebuild', sa.Boolean(), nullable=False),
    sa.Column('asked_by', sa.String(), nullable=False),
    sa.Column('asked_at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('holder', sa.String(), nullable=False),
    sa.Column('tries', ID, nullable=False),
    sa.Column('beat_at', app.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', app.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('stage', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('done', ID, nullable=False),
    sa.Column('total', ID, nullable=False),
    sa.Column('outcome', sa.String(), nullable=False),
    sa.Column('error', sa.String(), nullable=False),
    sa.Column('report', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_knowledge_run_place', 'knowledge_run', ['place'], unique=True)
    with op.batch_alter_table('article') as batch_op:
        for name in WORDS:
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('front_matter', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('review_by', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('created_at', app.db.base.UtcDateTime(timezone=True), nullable=True))
    op.execute('UPDATE article SET created_at = updated_at')
    with op.batch_alter_table('article') as batch_op:
        for name in (*WORDS, 'front_matter'):
            batch_op.alter_column(name, server_default=None)
        batch_op.alter_column('created_at', nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('article') as batch_op:
        for name in (*WORDS, 'front_matter', 'review_by', 'created_at'):
            batch_op.drop_column(name)
    op.drop_index('ix_knowledge_run_place', table_name='knowledge_run')
    op.drop_table('knowledge_run')
    op.drop_table('knowledge_source')
