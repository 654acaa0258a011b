"""Round trips keep the order in which they were filed; those of before have that of UTC."""

from alembic import op
from sqlalchemy import Column, Integer

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds clock.number."""
    op.add_column("clock", Column("number", Integer, nullable=False, server_default="0"))
