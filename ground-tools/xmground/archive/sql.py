"""SQL that SQLite and PostgreSQL spell differently."""

from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class ascii_contains(FunctionElement):
    """ascii_contains(column, text): whether the column's text holds `text`, which is in lower case;
    A to Z count as a to z, other letters as themselves, whatever the database's locale."""

    type = Boolean()
    inherit_cache = True


@compiles(ascii_contains, "sqlite")
def _sqlite(element: Any, compiler: Any, **more: Any) -> str:
    column, text = (compiler.process(part, **more) for part in element.clauses)
    return f"(instr(lower({column}), {text}) > 0)"


@compiles(ascii_contains, "postgresql")
def _postgresql(element: Any, compiler: Any, **more: Any) -> str:
    column, text = (compiler.process(part, **more) for part in element.clauses)
    return f'(strpos(lower({column} COLLATE "C"), {text}) > 0)'
