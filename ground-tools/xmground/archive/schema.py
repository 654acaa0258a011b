"""The archive's tables as they are now. How an older archive gets there: migrations/versions.

Times are microseconds: *_us of UTC since 1970, time_us and board_time_us of the board's clock in
the boot boot_id. The archive is told in docs/archive.md.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0002"  # the newest file in migrations/versions

metadata = MetaData()


def _target() -> Column:
    return Column("target_id", Integer, ForeignKey("target.id"), primary_key=True)


# What is told of the archive itself.
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# A board, by the name of its system or the one given with --target.
target = Table(
    "target",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

boot = Table(
    "boot",
    metadata,
    _target(),
    Column("boot_id", BigInteger, primary_key=True),
    Column("first_seen_us", BigInteger, nullable=False),
    Column("last_seen_us", BigInteger, nullable=False),
)

# The names that partitions had last.
partition = Table(
    "partition",
    metadata,
    _target(),
    Column("number", SmallInteger, primary_key=True),
    Column("name", Text, nullable=False),
)

# Numbers of a log go on over resets that keep its memory; where they begin anew, an era begins.
numbering = Table(
    "numbering",
    metadata,
    _target(),
    Column("book", Text, primary_key=True),
    Column("source", SmallInteger, primary_key=True),
    Column("era", Integer, nullable=False),
)

# One record, line of console text, or event. variant: 0 for what was first filed under its key, 1
# and more for other contents that came later under the same key: conflicts. at_us is what a query
# by time goes by: utc_us where it is known, else received_us.
log = Table(
    "log",
    metadata,
    _target(),
    Column("boot_id", BigInteger, primary_key=True),
    Column("book", Text, primary_key=True),
    Column("source", SmallInteger, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("variant", SmallInteger, primary_key=True),
    Column("count", Integer, nullable=False),  # bytes of console text; else 1
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

# Items that are missing: first..last, or from first on where nobody knows how many.
gap = Table(
    "gap",
    metadata,
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

# A command that was sent, and its stages.
command = Table(
    "command",
    metadata,
    _target(),
    Column("request_id", BigInteger, primary_key=True),
    Column("operation", Text, nullable=False),
    Column("sent_us", BigInteger, nullable=False),
    Column("sender", Text, nullable=False),
)
stage = Table(
    "stage",
    metadata,
    _target(),
    Column("request_id", BigInteger, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("ground_time_us", BigInteger, primary_key=True),
    Column("board_time_us", BigInteger),
    Column("frame", BigInteger),
    Column("boot_id", BigInteger),
    Column("detail", Text, nullable=False),
)

# The board's clock was at board_time_us at some moment of sent_us .. sent_us + rtt_us. number: the
# order in which the round trips of a boot were filed; UTC may have been stepped back between two.
clock = Table(
    "clock",
    metadata,
    _target(),
    Column("boot_id", BigInteger, primary_key=True),
    Column("sent_us", BigInteger, primary_key=True),
    Column("board_time_us", BigInteger, nullable=False),
    Column("rtt_us", BigInteger, nullable=False),
    Column("number", Integer, nullable=False, server_default="0"),
)

# Counters of one end of a link, as a JSON object.
link_health = Table(
    "link_health",
    metadata,
    _target(),
    Column("received_us", BigInteger, primary_key=True),
    Column("end", Text, primary_key=True),
    Column("boot_id", BigInteger),
    Column("counters", Text, nullable=False),
)

# A file of raw bytes.
capture = Table(
    "capture",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", Text, nullable=False),
    Column("station", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("begin_us", BigInteger, nullable=False),
    UniqueConstraint("path", "station"),
)
