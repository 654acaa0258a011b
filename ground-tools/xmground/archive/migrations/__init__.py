"""Steps from one schema of the archive to the next; run by alembic."""

from pathlib import Path
from typing import Any


def upgrade(connection: Any) -> None:
    """Brings the schema of the connected database up to date, inside the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
