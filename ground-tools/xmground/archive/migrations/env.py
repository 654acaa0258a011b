"""What alembic runs its steps in: the connection that upgrade() was given."""

from alembic import context

from xmground.archive.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
