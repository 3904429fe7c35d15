"""What the queue page lists, finds and keeps: where, unanswered, joined; words to search; saved views; a reply's way."""

import sqlalchemy as sa
from alembic import op

import app.db.base
from app.knowledge.spelling import bare

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MOMENT = app.db.base.UtcDateTime(timezone=True)

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

DUE = (
    "CASE WHEN status NOT IN ('new', 'open', 'pending') THEN '9999-01-01 00:00:00' "
    'WHEN responded_at IS NULL THEN first_response_due ELSE resolution_due END'
)
OPEN = "status IN ('new', 'open', 'pending', 'waiting')"
LISTED_BY = ('status', 'queue', 'assignee_id', 'priority', 'category_id', 'language', 'location', 'unanswered_since')
LONGEST = 1200  # characters of a request's words
REQUESTS = sa.text(
    'SELECT r.number, r.title, r.description, e.name, e.email FROM desk_request r '
    'LEFT JOIN employee e ON e.id = r.employee_id'
)
KEEP = sa.text('INSERT INTO desk_request_words (number, words, person) VALUES (:number, :words, :person)')


def upgrade() -> None:
    op.add_column('desk_request', sa.Column('assignee_id', ID, nullable=True))
    op.add_column('desk_request', sa.Column('due_at', MOMENT, nullable=True))
    op.add_column('desk_request', sa.Column('location', sa.String(), nullable=False, server_default=''))
    op.add_column('desk_request', sa.Column('unanswered_since', MOMENT, nullable=True))
    op.add_column('desk_request', sa.Column('duplicate_of', ID, nullable=True))
    op.add_column('desk_request', sa.Column('merged_into', ID, nullable=True))
    op.add_column('desk_event', sa.Column('way', sa.String(), nullable=False, server_default='chat'))
    op.execute(f'UPDATE desk_request SET due_at = {DUE}')
    with op.batch_alter_table('desk_request') as batch_op:
        batch_op.alter_column('location', server_default=None)
        batch_op.alter_column('due_at', nullable=False)
    with op.batch_alter_table('desk_event') as batch_op:
        batch_op.alter_column('way', server_default=None)
    op.execute(
        "UPDATE desk_request SET location = COALESCE((SELECT location FROM employee WHERE id = employee_id), '')"
    )
    op.execute("UPDATE desk_request SET unanswered_since = created_at WHERE status = 'new' AND responded_at IS NULL")
    op.create_index('desk_request_listed', 'desk_request', ['updated_at', 'number', *LISTED_BY])
    partly('desk_request_due', ['due_at', 'number', *LISTED_BY], OPEN)
    partly('desk_request_unanswered', ['unanswered_since'], 'unanswered_since IS NOT NULL')
    partly('desk_request_merged', ['merged_into'], 'merged_into IS NOT NULL')
    op.create_table('desk_request_words',
    sa.Column('number', ID, autoincrement=False, nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['desk_request.number']),
    sa.PrimaryKeyConstraint('number')
    )
    op.create_table('desk_view',
    sa.Column('id', ID, nullable=False),
    sa.Column('staff_id', ID, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('wish', sa.JSON(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('created_at', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_desk_view_staff_id', 'desk_view', ['staff_id'])
    connection = op.get_bind()
    for number, title, description, name, email in connection.execute(REQUESTS).all():
        said, person = bare(f'{title}\n{description}')[:LONGEST], bare(f'{name or ""} {email or ""}')
        connection.execute(KEEP, {'number': number, 'words': said, 'person': person})


def partly(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, 'desk_request', columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for table in ('desk_view', 'desk_request_words'):
        op.drop_table(table)
    for name in ('desk_request_merged', 'desk_request_unanswered', 'desk_request_due', 'desk_request_listed'):
        op.drop_index(name, table_name='desk_request')
    with op.batch_alter_table('desk_event') as batch_op:
        batch_op.drop_column('way')
    with op.batch_alter_table('desk_request') as batch_op:
        for name in ('merged_into', 'duplicate_of', 'unanswered_since', 'location', 'due_at', 'assignee_id'):
            batch_op.drop_column(name)
