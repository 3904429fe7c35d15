"""The index in the store, for workers elsewhere."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('index_revision',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('parcel', sa.JSON(), nullable=False),
    sa.Column('size', ID, nullable=False),
    sa.Column('published_at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('index_piece',
    sa.Column('revision', sa.String(), nullable=False),
    sa.Column('number', ID, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('revision', 'number')
    )
    op.create_table('index_pointer',
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('revision', sa.String(), nullable=False),
    sa.Column('previous', sa.String(), nullable=False),
    sa.Column('changes', ID, nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    if op.get_bind().dialect.name == 'postgresql':  # pieces come packed: the server need not try again
        op.execute('ALTER TABLE index_piece ALTER COLUMN content SET STORAGE EXTERNAL')


def downgrade() -> None:
    op.drop_table('index_pointer')
    op.drop_table('index_piece')
    op.drop_table('index_revision')
