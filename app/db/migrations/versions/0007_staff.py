"""Who works at the desk."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('staff',
    sa.Column('id', ID, nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('password_at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('must_change', sa.Boolean(), nullable=False),
    sa.Column('roles', sa.JSON(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('timezone', sa.String(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('totp_sealed', sa.String(), nullable=False),
    sa.Column('totp_step', ID, nullable=False),
    sa.Column('created_at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('signed_in_at', app.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('email')
    )
    op.create_table('staff_session',
    sa.Column('id', ID, nullable=False),
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('staff_id', ID, nullable=False),
    sa.Column('stage', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('browser', sa.String(), nullable=False),
    sa.Column('started_at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('seen_at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', app.db.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_because', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token_hash')
    )
    op.create_index('staff_session_by_staff', 'staff_session', ['staff_id', 'id'], unique=False)
    op.create_table('staff_recovery_code',
    sa.Column('code_hash', sa.String(), nullable=False),
    sa.Column('staff_id', ID, nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('code_hash')
    )
    op.create_index('ix_staff_recovery_code_staff_id', 'staff_recovery_code', ['staff_id'], unique=False)
    op.create_table('staff_attempt',
    sa.Column('id', ID, nullable=False),
    sa.Column('account_key', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('passed', sa.Boolean(), nullable=False),
    sa.Column('at', app.db.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('staff_attempt_by_account', 'staff_attempt', ['account_key', 'at'], unique=False)
    op.create_index('staff_attempt_by_address', 'staff_attempt', ['address', 'at'], unique=False)


def downgrade() -> None:
    op.drop_table('staff_attempt')
    op.drop_table('staff_recovery_code')
    op.drop_table('staff_session')
    op.drop_table('staff')
