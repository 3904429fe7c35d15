"""Questions with their outcomes in full, and the gaps they make."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MOMENT = app.db.base.UtcDateTime(timezone=True)

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('answer_record') as batch_op:
        for name in ('key', 'language', 'reference'):
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=''))
        for name in ('groups', 'articles'):
            batch_op.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default='[]'))
        for name in ('key', 'language', 'reference', 'groups', 'articles'):
            batch_op.alter_column(name, server_default=None)
    op.create_index('answer_record_by_time', 'answer_record', ['at'])
    op.create_index('answer_record_by_article', 'answer_record', ['article_id', 'at'])
    op.create_table('knowledge_gap',
    sa.Column('id', ID, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('changed_by', sa.String(), nullable=False),
    sa.Column('changed_at', MOMENT, nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.Column('published_at', MOMENT, nullable=True),
    sa.Column('reopened', ID, nullable=False),
    sa.Column('article_key', sa.String(), nullable=False),
    sa.Column('article_title', sa.String(), nullable=False),
    sa.Column('probability', sa.Double(), nullable=False),
    sa.Column('verdict', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_knowledge_gap_state', 'knowledge_gap', ['state'])
    op.create_table('knowledge_gap_question',
    sa.Column('record_id', ID, autoincrement=False, nullable=False),
    sa.Column('gap_id', ID, nullable=False),
    sa.Column('place', ID, nullable=False),
    sa.ForeignKeyConstraint(['record_id'], ['answer_record.id'], ),
    sa.ForeignKeyConstraint(['gap_id'], ['knowledge_gap.id'], ),
    sa.PrimaryKeyConstraint('record_id')
    )
    op.create_index('ix_knowledge_gap_question_gap_id', 'knowledge_gap_question', ['gap_id'])
    op.create_table('knowledge_gap_draft',
    sa.Column('id', ID, nullable=False),
    sa.Column('gap_id', ID, nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('keywords', sa.JSON(), nullable=False),
    sa.Column('audience', sa.JSON(), nullable=False),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('article_id', sa.String(), nullable=False),
    sa.Column('requests', sa.JSON(), nullable=False),
    sa.Column('open_points', sa.JSON(), nullable=False),
    sa.Column('made_by', sa.String(), nullable=False),
    sa.Column('made_at', MOMENT, nullable=False),
    sa.Column('edited_by', sa.String(), nullable=False),
    sa.Column('edited_at', MOMENT, nullable=True),
    sa.Column('published_by', sa.String(), nullable=False),
    sa.Column('published_at', MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['gap_id'], ['knowledge_gap.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('gap_id', 'language')
    )
    op.create_table('knowledge_gap_proof',
    sa.Column('record_id', ID, autoincrement=False, nullable=False),
    sa.Column('gap_id', ID, nullable=False),
    sa.Column('before_band', sa.String(), nullable=False),
    sa.Column('before_probability', sa.Double(), nullable=False),
    sa.Column('before_article', sa.String(), nullable=False),
    sa.Column('after_band', sa.String(), nullable=False),
    sa.Column('after_probability', sa.Double(), nullable=False),
    sa.Column('after_article', sa.String(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['record_id'], ['answer_record.id'], ),
    sa.ForeignKeyConstraint(['gap_id'], ['knowledge_gap.id'], ),
    sa.PrimaryKeyConstraint('record_id')
    )
    op.create_index('ix_knowledge_gap_proof_gap_id', 'knowledge_gap_proof', ['gap_id'])


def downgrade() -> None:
    for table in ('knowledge_gap_proof', 'knowledge_gap_draft', 'knowledge_gap_question', 'knowledge_gap'):
        op.drop_table(table)
    op.drop_index('answer_record_by_article', 'answer_record')
    op.drop_index('answer_record_by_time', 'answer_record')
    with op.batch_alter_table('answer_record') as batch_op:
        for name in ('key', 'language', 'reference', 'groups', 'articles'):
            batch_op.drop_column(name)
