"""The audit trail that is only added to, data wishes with their state, notices shown, accounts elsewhere."""

import sqlalchemy as sa
from alembic import op

import app.db.base

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MOMENT = app.db.base.UtcDateTime(timezone=True)
REFUSAL = 'the audit trail is only added to'
# The one change there is: details and their salt are erased, and nothing else with them.
ERASES = (
    'NEW.details IS NULL AND NEW.salt IS NULL AND OLD.details IS NOT NULL'
    + ''.join(f' AND NEW.{name} = OLD.{name}' for name in ('id', 'at', 'actor', 'action', 'subject', 'digest', 'hash'))
)
SQLITE = (
    f"CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    f"CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry WHEN NOT ({ERASES}) "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    # INSERT OR REPLACE would delete without a word.
    "CREATE TRIGGER audit_entry_not_replaced BEFORE INSERT ON audit_entry "
    "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id) "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
)
POSTGRES = (
    "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF TG_OP = 'UPDATE' AND {ERASES} THEN RETURN NEW; END IF; "
    f"RAISE EXCEPTION '{REFUSAL}'; END $$",
    "CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
    "CREATE FUNCTION refuse_audit_truncation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"RAISE EXCEPTION '{REFUSAL}'; END $$",
    "CREATE TRIGGER audit_entry_not_truncated BEFORE TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_truncation()",
)

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_entry',
    sa.Column('id', ID, autoincrement=False, nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('details', sa.String(), nullable=True),
    sa.Column('salt', sa.String(), nullable=True),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('audit_entry_by_actor', 'audit_entry', ['actor', 'id'])
    op.create_index('audit_entry_by_subject', 'audit_entry', ['subject', 'id'])
    op.create_index('audit_entry_by_time', 'audit_entry', ['at'])
    for statement in POSTGRES if op.get_bind().dialect.name == 'postgresql' else SQLITE:
        op.execute(statement)
    op.create_table('privacy_notice',
    sa.Column('id', ID, nullable=False),
    sa.Column('conversation_id', ID, nullable=False),
    sa.Column('employee_id', sa.String(), nullable=False),
    sa.Column('version', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('shown_at', MOMENT, nullable=False),
    sa.Column('accepted_at', MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('privacy_notice_by_conversation', 'privacy_notice', ['conversation_id', 'id'])
    op.create_index('privacy_notice_by_employee', 'privacy_notice', ['employee_id', 'id'])
    with op.batch_alter_table('data_wish') as batch_op:
        for name, default in (('state', 'new'), ('reason', ''), ('taken_by', '')):
            batch_op.add_column(sa.Column(name, sa.String(), nullable=False, server_default=default))
        for name in ('started_at', 'ended_at'):
            batch_op.add_column(sa.Column(name, MOMENT, nullable=True))
        for name in ('state', 'reason', 'taken_by'):
            batch_op.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('data_wish') as batch_op:
        for name in ('state', 'reason', 'taken_by', 'started_at', 'ended_at'):
            batch_op.drop_column(name)
    op.drop_table('privacy_notice')
    op.drop_table('audit_entry')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION refuse_audit_change')
        op.execute('DROP FUNCTION refuse_audit_truncation')
