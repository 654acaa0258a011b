"""The filter language of all views: `sev>=warn and part=P2 and event~MEM`.

    filter      = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation    = "not" negation | "(" filter ")" | field operator value
    operator    = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" (contains, ASCII case ignored) | "!~"
    value       = word | "quoted \\"text\\"" | number | 0x number | time

A filter is compiled to a predicate over rows and to an SQL expression over the archive's columns,
which agree. A value that a row does not have makes every comparison false, but != and !~ true. A
gap is never filtered away: it may have been what is looked for.
"""

import difflib
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import UsageError
from .rows import Severity
from .times import EXPECTED, parse_board_time, parse_utc

if TYPE_CHECKING:
    from sqlalchemy.sql import ColumnElement

    from .rows import Row

Predicate = Callable[["Row"], bool]
# What fits a column of the archive.
LARGEST_NUMBER = (1 << 63) - 1
MAX_DEPTH = 40
ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
SEVERITIES = {severity.word: severity for severity in Severity}
BOOKS = ("hm", "trace", "console", "event", "command")


@dataclass(frozen=True)
class Field:
    """What may be compared. number, text: the keys of a row's values; a value is compared as a
    number where it looks like one and there is such a key, else as text. parse: for values that are
    neither."""

    meaning: str
    number: str | None = None
    text: str | None = None
    parse: Callable[[str, int], int | None] | None = None
    expected: str = "a number"
    choices: tuple[str, ...] = ()


def _severity(text: str, now_us: int) -> int | None:
    return SEVERITIES.get(text.lower())


def _board_time(text: str, now_us: int) -> int | None:
    return parse_board_time(text)


def _source(text: str, now_us: int) -> int | None:
    return 255 if text == "hypervisor" else _number(text)


BOARD_TIME = "a time of the board's clock such as 12.5s, 1h30m or 00:00:12.5"
FIELDS = {
    "sev": Field("severity", "severity", parse=_severity, expected=", ".join(SEVERITIES)),
    "part": Field("partition, by id or name", "partition", "partition_name"),
    "event": Field("event, by number or name", "event", "event_name"),
    "action": Field("action of the health monitor, by number or name", "action", "action_name"),
    "seq": Field("number in its log", "seq"),
    "boot": Field("boot id", "boot_id"),
    "book": Field("log", text="book", choices=BOOKS, expected=", ".join(BOOKS)),
    "source": Field(
        "whose log", "source", parse=_source, expected="a partition's id or hypervisor"
    ),
    "code": Field("code of a trace record", "code"),
    "text": Field("console text, or the detail of a record", text="text"),
    "time": Field("board time", "time_us", parse=_board_time, expected=BOARD_TIME),
    "utc": Field("estimated UTC", "utc_us", parse=parse_utc, expected=EXPECTED),
    "received": Field("reception (UTC)", "received_us", parse=parse_utc, expected=EXPECTED),
    "addr": Field("fault address", "fault_address"),
    "pc": Field("program counter", "pc"),
}
_TOKEN = re.compile(
    r"""\s*(?:(?P<punct>[()])|(?P<op>!=|!~|<=|>=|=|<|>|~)|(?P<quoted>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<word>[^\s()"!=<>~]+)|(?P<bad>\S))""",
    re.DOTALL,
)


def _number(text: str) -> int | None:
    try:
        value = int(text, 0)
    except ValueError:
        return None
    return value if 0 <= value <= LARGEST_NUMBER else None


def _ascii_lower(text: str) -> str:
    """As SQL's lower() in both databases: only A to Z."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def row_text(row: "Row", key: str) -> object:
    """A row's value as filters see it: a record's text is its detail."""
    if key == "text":
        return row["text"] if "text" in row else row.get("detail")
    return row.get(key)


@dataclass(frozen=True)
class Compare:
    """field operator value; `key` names the row's value, and value is int or str accordingly."""

    key: str
    op: str
    value: int | str

    def predicate(self) -> Predicate:
        """Over rows."""
        key, op, wanted = self.key, self.op, self.value
        if key == "severity":
            return self._ordered(lambda row: SEVERITIES.get(str(row.get("severity"))))
        if isinstance(wanted, int):
            return self._ordered(lambda row: row.get(key))
        positive, low = op in ("=", "~"), _ascii_lower(wanted)

        def text(row: "Row") -> bool:
            have = row_text(row, key)
            if have is None:
                return not positive
            have = str(have)
            same = low in _ascii_lower(have) if "~" in op else have == wanted
            return same is positive

        return text

    def _ordered(self, value_of: Callable[["Row"], Any]) -> Predicate:
        wanted, op = self.value, self.op
        if op in ORDER:
            compare = ORDER[op]
            return lambda row: (have := value_of(row)) is not None and compare(have, wanted)
        return lambda row: (value_of(row) == wanted) is (op == "=")

    def clause(self, columns: Mapping[str, Any]) -> "ColumnElement":
        """Over columns, which are named as the row's values; severity is a number there."""
        from sqlalchemy import and_, or_

        from .archive.sql import ascii_contains

        column, op = columns[self.key], self.op
        if op in ORDER:
            return and_(column.is_not(None), ORDER[op](column, int(self.value)))
        same = ascii_contains(column, _ascii_lower(str(self.value))) if "~" in op else None
        if same is None:
            same = column == (int(self.value) if isinstance(self.value, int) else self.value)
        if op in ("=", "~"):
            return and_(column.is_not(None), same)
        return or_(column.is_(None), ~same)


@dataclass(frozen=True)
class Not:
    """Negation."""

    part: "Node"

    def predicate(self) -> Predicate:
        """Over rows."""
        inner = self.part.predicate()
        return lambda row: not inner(row)

    def clause(self, columns: Mapping[str, Any]) -> "ColumnElement":
        """Over columns."""
        from sqlalchemy import not_

        return not_(self.part.clause(columns))


@dataclass(frozen=True)
class Both:
    """`and` of all parts, or `or`."""

    parts: tuple["Node", ...]
    every: bool

    def predicate(self) -> Predicate:
        """Over rows."""
        parts = [part.predicate() for part in self.parts]
        if self.every:
            return lambda row: all(part(row) for part in parts)
        return lambda row: any(part(row) for part in parts)

    def clause(self, columns: Mapping[str, Any]) -> "ColumnElement":
        """Over columns."""
        from sqlalchemy import and_, or_

        return (and_ if self.every else or_)(*(part.clause(columns) for part in self.parts))


Node = Compare | Not | Both


@dataclass(frozen=True)
class Filter:
    """A filter, read."""

    text: str
    node: Node

    def predicate(self) -> Predicate:
        """Whether a row is wanted; gaps always are."""
        wanted = self.node.predicate()
        return lambda row: row.get("kind") == "gap" or wanted(row)

    def clause(self, columns: Mapping[str, Any]) -> "ColumnElement":
        """The same for rows in a database that are no gaps; columns are named as rows' values."""
        return self.node.clause(columns)

    def named(self, key: str) -> list[int | str]:
        """The values that a row's value is compared with for being the same."""
        return _named(self.node, key)


def _named(node: Node, key: str) -> list[int | str]:
    if isinstance(node, Compare):
        return [node.value] if node.key == key and node.op in ("=", "!=") else []
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return [value for part in parts for value in _named(part, key)]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int


class _Parser:
    """Recursive descent; every error names the column."""

    def __init__(self, text: str, now_us: int) -> None:
        self._text, self._now_us = text, now_us
        self._tokens = list(self._split(text))
        self._at, self._depth = 0, 0

    def parse(self) -> Node:
        node = self._either()
        if self._peek.kind != "end":
            raise self._error(self._peek, "`and`, `or` or the end")
        return node

    def _split(self, text: str):
        at = 0
        while match := _TOKEN.match(text, at):
            kind = str(match.lastgroup)
            yield _Token(kind, match[kind], match.start(kind) + 1)
            at = match.end()
        yield _Token("end", "", len(text.rstrip()) + 1)

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._peek
        self._at += token.kind != "end"
        return token

    def _error(self, token: _Token, expected: str) -> UsageError:
        found = "it ends" if token.kind == "end" else f"found {token.text!r}"
        return UsageError(
            f"filter {self._text!r}, column {token.column}: expected {expected}, {found}"
        )

    def _is_word(self, word: str) -> bool:
        return self._peek.kind == "word" and self._peek.text.lower() == word

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self._is_word(word):
            self._next()
            parts.append(part())
        return parts[0] if len(parts) == 1 else Both(tuple(parts), word == "and")

    def _either(self) -> Node:
        return self._joined("or", self._all)

    def _all(self) -> Node:
        return self._joined("and", self._negation)

    def _negation(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(self._peek, f"at most {MAX_DEPTH} levels of parentheses and `not`")
        if self._is_word("not"):
            self._next()
            node: Node = Not(self._negation())
        elif self._peek.text == "(" and self._peek.kind == "punct":
            self._next()
            node = self._either()
            if self._peek.text != ")":
                raise self._error(self._peek, "`)`")
            self._next()
        else:
            node = self._comparison()
        self._depth -= 1
        return node

    def _comparison(self) -> Node:
        token = self._next()
        field = FIELDS.get(token.text.lower()) if token.kind == "word" else None
        if field is None:
            raise self._error(token, self._field_names(token))
        op = self._next()
        if op.kind != "op":
            raise self._error(op, "an operator (= != < <= > >= ~ !~)")
        value = self._next()
        if value.kind not in ("word", "quoted"):
            raise self._error(value, f"a value for {token.text}")
        return self._compare(field, op, value)

    def _field_names(self, token: _Token) -> str:
        near = difflib.get_close_matches(token.text.lower(), FIELDS, 1) if token.text else []
        hint = f", perhaps {near[0]}" if near else ""
        return f"a field ({', '.join(FIELDS)}){hint}"

    def _compare(self, field: Field, op: _Token, value: _Token) -> Node:
        quoted = value.kind == "quoted"
        text = re.sub(r"\\(.)", r"\1", value.text[1:-1], flags=re.DOTALL) if quoted else value.text
        if "~" in op.text:
            if not field.text or field.choices:
                raise self._error(op, f"one of = != < <= > >= for the {field.meaning}")
            return Compare(field.text, op.text, text)
        number = self._number_of(field, text, quoted)
        if field.number and number is not None:
            return Compare(field.number, op.text, number)
        if not field.text:
            raise self._error(value, field.expected)
        if field.choices and text not in field.choices:
            raise self._error(value, field.expected)
        if op.text in ORDER:
            raise self._error(
                value if field.number else op,
                "a number" if field.number else f"= or != for the {field.meaning}",
            )
        return Compare(field.text, op.text, text)

    def _number_of(self, field: Field, text: str, quoted: bool) -> int | None:
        if field.parse:
            value = field.parse(text, self._now_us)
            return value if value is None or abs(value) <= LARGEST_NUMBER else None
        return _number(text) if field.number and not (quoted and field.text) else None


def parse(text: str, now_us: int) -> Filter:
    """Reads a filter; now_us is what relative times go back from. Raises UsageError that names the
    column and what was expected there."""
    odd = next((at for at, c in enumerate(text) if c == "\0" or "\ud800" <= c < "\ue000"), None)
    if odd is not None:
        raise UsageError(f"filter {text!r}, column {odd + 1}: expected text, found {text[odd]!r}")
    return Filter(text, _Parser(text, now_us).parse())


def of_argument(text: str | None, now_us: int) -> Filter | None:
    """The filter of --filter; None if it was not given."""
    return None if text is None else parse(text, now_us)
