"""Signing in through the company's own provider."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('staff_identity',
    sa.Column('issuer', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('staff_id', ID, nullable=False),
    sa.Column('at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('issuer', 'subject')
    )
    op.create_index(op.f('ix_staff_identity_staff_id'), 'staff_identity', ['staff_id'], unique=False)
    op.add_column('staff_session', sa.Column('method', sa.String(), nullable=False, server_default='password'))


def downgrade() -> None:
    op.drop_column('staff_session', 'method')
    op.drop_index(op.f('ix_staff_identity_staff_id'), table_name='staff_identity')
    op.drop_table('staff_identity')
