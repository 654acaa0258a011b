"""filter.py: the language, its errors, and that a predicate and its SQL agree."""

from collections.abc import Callable, Iterator

import pytest
from conftest import Result
from fake_board import HYPERVISOR, FakeBoard
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, create_engine, select
from sqlalchemy.engine import Connection

from xmground import filter as filters
from xmground.errors import UsageError
from xmground.rows import Row, Severity

Xmg = Callable[..., Result]
NOW_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
ROW: Row = {
    "kind": "record",
    "book": "hm",
    "source": 0,
    "seq": 12,
    "boot_id": 0xB0070001,
    "time_us": 12_500_000,
    "utc_us": NOW_US - 60_000_000,
    "received_us": NOW_US,
    "severity": "error",
    "partition": 2,
    "partition_name": "P2",
    "event": 5,
    "event_name": "MEM_PROTECTION",
    "action": 7,
    "action_name": "PARTITION_HALT",
    "fault_address": 0x40000000,
    "pc": None,
    "detail": 'trap 0x09 "DATA"',
}


def matches(text: str, row: Row = ROW) -> bool:
    """Whether the filter lets the row through."""
    return filters.parse(text, NOW_US).predicate()(row)


@pytest.mark.parametrize(
    "text",
    [
        "sev>=warn and part=P2 and event~MEM",
        "sev=error",
        "SEV != info AND NOT sev=warn",
        "part=2",
        'part="P2"',
        "event=5 and event=MEM_PROTECTION and event~mem_p",
        "action=7 or seq=1",
        "seq=12 and seq<13 and seq<=12 and seq>11 and seq>=12 and seq=0xc",
        "boot=0xb0070001",
        "book=hm and source=0",
        'text~"\\"data\\""',
        "text!~console",
        "time=12.5s and time>00:00:12.4 and time<boot+13s and time>=12s500ms",
        "utc>2025-12-31T23:58:00Z and utc<=2026-01-01T00:59:00+01:00 and utc>10m",
        'received>="1d ago" and received<=now',
        "addr=0x40000000",
        "not pc=1 and pc!=1 and not pc<1 and not pc>=0",
        "code!=1",
        "seq=1 or seq=2 or not (seq=1 or seq=2) and sev>info",
        "((((seq=12))))",
        "not not seq=12",
    ],
)
def test_matches(text: str) -> None:
    assert matches(text) and not matches(f"not ({text})")


def test_and_binds_closer_than_or() -> None:
    assert matches("seq=12 or seq=1 and seq=2") and not matches("(seq=12 or seq=1) and seq=2")


def test_the_text_of_a_console_row_is_what_was_printed() -> None:
    assert matches("text~panic", ROW | {"text": "kernel PANIC\n", "detail": ""})


def test_a_gap_is_never_filtered_away() -> None:
    assert matches("seq=1", {"kind": "gap", "seq": 99})


@pytest.mark.parametrize(
    "text, column, expected",
    [
        ("", 1, "a field"),
        ("   ", 1, "a field"),
        ("sve>=warn", 1, "perhaps sev"),
        ("sev>=wrn", 6, "debug, info, warn, error, critical"),
        ("sev~warn", 4, "one of ="),
        ("sev", 4, "an operator"),
        ("sev>=", 6, "a value for sev"),
        ("sev>=warn and", 14, "a field"),
        ("sev>=warn part=P2", 11, "`and`, `or` or the end"),
        ("(sev>=warn", 11, "`)`"),
        ("sev>=warn)", 10, "`and`, `or` or the end"),
        ("part<P2", 6, "a number"),
        ("text<a", 5, "= or !="),
        ("book=hmm", 6, "hm, trace, console"),
        ("seq=x", 5, "a number"),
        ("seq=-1", 5, "a number"),
        ("seq=9223372036854775808", 5, "a number"),
        ("time=12", 6, "board's clock"),
        ("utc>=lately", 6, "2h ago"),
        ("event=@ and 'a", 13, "a field"),
        ('text~"open', 6, "a value for text"),
        ("seq=1 and \0", 11, "text"),
        ("text=\ud800", 6, "text"),
        ("(" * 41 + "seq=1" + ")" * 41, 41, "at most 40"),
    ],
)
def test_an_error_names_the_column_and_what_was_expected(
    text: str, column: int, expected: str
) -> None:
    with pytest.raises(UsageError) as caught:
        filters.parse(text, NOW_US)
    assert f", column {column}: expected " in str(caught.value) and expected in str(caught.value)


# ---- predicate and SQL

TEXTS = ("partition_name", "event_name", "action_name", "book", "text")
NUMBERS = (
    *("source", "seq", "boot_id", "time_us", "utc_us", "received_us"),
    *("partition", "event", "action", "fault_address", "pc", "code"),
)
TABLE = Table(
    "rows",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("severity", Integer, nullable=False),
    *(Column(name, BigInteger) for name in NUMBERS),
    *(Column(name, Text) for name in TEXTS),
)
WORDS = st.sampled_from(
    ["", "P1", "p1", "P2", "MEM_PROTECTION", "mem", "É", "é", "50%", "a_b", "x"]
)
SMALL = st.integers(0, 3)


@pytest.fixture(scope="module")
def database() -> Iterator[Connection]:
    """An empty table of rows in SQLite."""
    engine = create_engine("sqlite://", future=True)
    TABLE.create(engine)
    with engine.connect() as connection:
        yield connection


def literal(field: filters.Field, name: str) -> st.SearchStrategy[str]:
    """Values that can be typed for a field."""
    if name == "sev":
        return st.sampled_from(list(filters.SEVERITIES))
    if name == "book":
        return st.sampled_from(filters.BOOKS)
    if name == "time":
        return SMALL.map("{}us".format)
    if name in ("utc", "received"):
        return SMALL.map("1970-01-01T00:00:00.00000{}Z".format)
    words = WORDS.map('"{}"'.format)
    return (
        st.one_of(SMALL.map(str), words)
        if field.text and field.number
        else (words if field.text else SMALL.map(str))
    )


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    """field operator value, all that may be typed."""
    name = draw(st.sampled_from(list(filters.FIELDS)))
    field = filters.FIELDS[name]
    value = draw(literal(field, name))
    ops = ["=", "!="]
    if field.number and not value.startswith('"'):
        ops += ["<", "<=", ">", ">="]
    if field.text and not field.choices:
        ops += ["~", "!~"]
    return f"{name} {draw(st.sampled_from(ops))} {value}"


FILTERS = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            "({0[0]} {0[1]} {0[2]})".format
        ),
    ),
    max_leaves=6,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"severity": st.sampled_from([severity.word for severity in Severity])}
        | {name: st.one_of(st.none(), SMALL) for name in NUMBERS}
        | {name: st.one_of(st.none(), WORDS) for name in TEXTS}
    ),
    min_size=1,
    max_size=8,
)


def stored(rows: list[Row]) -> list[Row]:
    """Rows as the table has them."""
    return [
        row | {"id": at, "severity": int(filters.SEVERITIES[str(row["severity"])])}
        for at, row in enumerate(rows)
    ]


@given(rows=ROWS, text=FILTERS)
def test_predicate_and_sql_agree(database: Connection, rows: list[Row], text: str) -> None:
    wanted = filters.parse(text, NOW_US)
    database.execute(TABLE.delete())
    database.execute(TABLE.insert(), stored(rows))
    columns = {column.name: column for column in TABLE.columns}
    found = database.execute(select(TABLE.c.id).where(wanted.clause(columns)).order_by(TABLE.c.id))
    assert [at for (at,) in found] == [at for at, row in enumerate(rows) if wanted.predicate()(row)]


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        filters.parse(text, NOW_US)
    except UsageError as error:
        assert "column" in str(error)


# ---- on the command line


def test_filter_on_a_live_log(board: FakeBoard, xmg: Xmg) -> None:
    board.fill_hm(3)
    board.fill_hm(1, partition=HYPERVISOR, action=4)
    result = xmg("hm", "read", "--filter", "sev=critical", "--format", "jsonl")
    assert result.status == 0 and '"seq": 4' in result.out and result.out.count("\n") == 1


def test_count_counts_what_is_shown(board: FakeBoard, xmg: Xmg) -> None:
    board.fill_hm(3)
    result = xmg("hm", "read", "--filter", "seq>1", "--count", "1", "--follow", "--json")
    assert result.out.count("\n") == 1 and '"seq": 2' in result.out


def test_gaps_and_damage_are_told_whatever_the_filter(board: FakeBoard, xmg: Xmg) -> None:
    board.fill_hm(4)
    board.faults.chunk_items = 1
    board.faults.tx = lambda kind, m: "drop" if kind == "chunk" and m.first_seq == 2 else ""
    result = xmg("hm", "read", "--filter", "seq=4", "--format", "jsonl")
    assert result.status == 7 and '"gap": "lost on link"' in result.out and "2 to 2" in result.err


def test_console_is_filtered_by_lines(board: FakeBoard, xmg: Xmg) -> None:
    board.print(1, b"one\nTWO\nthree\n")
    assert xmg("console", "read", "P1", "--filter", "text~two").out == "TWO\n"


def test_a_filter_is_read_before_the_board_is_asked(xmg: Xmg) -> None:
    result = xmg("hm", "read", "--filter", "sve=warn", link="tcp:127.0.0.1:1")
    assert result.status == 2 and "perhaps sev" in result.err
