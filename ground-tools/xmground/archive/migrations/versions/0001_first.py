"""The first schema."""

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)

revision = "0001"
down_revision = None


def _target() -> Column:
    return Column("target_id", Integer, ForeignKey("target.id"), primary_key=True)


def upgrade() -> None:
    """Creates all tables."""
    op.create_table(
        "meta",
        Column("name", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )
    op.create_table(
        "target",
        Column("id", Integer, primary_key=True),
        Column("name", Text, nullable=False, unique=True),
    )
    op.create_table(
        "boot",
        _target(),
        Column("boot_id", BigInteger, primary_key=True),
        Column("first_seen_us", BigInteger, nullable=False),
        Column("last_seen_us", BigInteger, nullable=False),
    )
    op.create_table(
        "partition",
        _target(),
        Column("number", SmallInteger, primary_key=True),
        Column("name", Text, nullable=False),
    )
    op.create_table(
        "numbering",
        _target(),
        Column("book", Text, primary_key=True),
        Column("source", SmallInteger, primary_key=True),
        Column("era", Integer, nullable=False),
    )
    op.create_table(
        "log",
        _target(),
        Column("boot_id", BigInteger, primary_key=True),
        Column("book", Text, primary_key=True),
        Column("source", SmallInteger, primary_key=True),
        Column("seq", BigInteger, primary_key=True),
        Column("variant", SmallInteger, primary_key=True),
        Column("count", Integer, nullable=False),
        Column("era", Integer, nullable=False),
        Column("severity", SmallInteger, nullable=False),
        Column("at_us", BigInteger, nullable=False),
        Column("time_us", BigInteger),
        Column("utc_us", BigInteger),
        Column("utc_error_us", BigInteger),
        Column("received_us", BigInteger, nullable=False),
        Column("partition", SmallInteger),
        Column("partition_name", Text),
        Column("event", Integer),
        Column("event_name", Text),
        Column("action", Integer),
        Column("action_name", Text),
        Column("code", Integer),
        Column("fault_address", BigInteger),
        Column("pc", BigInteger),
        Column("damaged", Boolean, nullable=False),
        Column("text", Text, nullable=False),
        Column("raw", LargeBinary, nullable=False),
        Index("log_by_time", "at_us"),
        Index("log_by_severity", "severity", "at_us"),
        Index("log_by_number", "target_id", "book", "source", "era", "seq"),
    )
    op.create_table(
        "gap",
        _target(),
        Column("boot_id", BigInteger, primary_key=True),
        Column("book", Text, primary_key=True),
        Column("source", SmallInteger, primary_key=True),
        Column("era", Integer, primary_key=True),
        Column("first", BigInteger, primary_key=True),
        Column("last", BigInteger),
        Column("kind", Text, nullable=False),
        Column("received_us", BigInteger, nullable=False),
    )
    op.create_table(
        "command",
        _target(),
        Column("request_id", BigInteger, primary_key=True),
        Column("operation", Text, nullable=False),
        Column("sent_us", BigInteger, nullable=False),
        Column("sender", Text, nullable=False),
    )
    op.create_table(
        "stage",
        _target(),
        Column("request_id", BigInteger, primary_key=True),
        Column("stage", Text, primary_key=True),
        Column("ground_time_us", BigInteger, primary_key=True),
        Column("board_time_us", BigInteger),
        Column("frame", BigInteger),
        Column("boot_id", BigInteger),
        Column("detail", Text, nullable=False),
    )
    op.create_table(
        "clock",
        _target(),
        Column("boot_id", BigInteger, primary_key=True),
        Column("sent_us", BigInteger, primary_key=True),
        Column("board_time_us", BigInteger, nullable=False),
        Column("rtt_us", BigInteger, nullable=False),
    )
    op.create_table(
        "link_health",
        _target(),
        Column("received_us", BigInteger, primary_key=True),
        Column("end", Text, primary_key=True),
        Column("boot_id", BigInteger),
        Column("counters", Text, nullable=False),
    )
    op.create_table(
        "capture",
        Column("id", Integer, primary_key=True),
        Column("path", Text, nullable=False),
        Column("station", Text, nullable=False),
        Column("link", Text, nullable=False),
        Column("begin_us", BigInteger, nullable=False),
        UniqueConstraint("path", "station"),
    )
