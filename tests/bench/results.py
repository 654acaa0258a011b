"""What a measure gives: rows of the table, series for the plots, the longest stays in the kernel."""

from __future__ import annotations

from dataclasses import dataclass, field

from sizes import Module

PAPER_CYCLES_PER_US = 80


@dataclass
class Row:
    """One line of the table. value None: not measured, note says why."""

    section: int
    name: str
    value: float | None
    unit: str = "instr"
    target: float | None = None  # the value must not exceed it
    paper: float | None = None  # cycles at 80 MHz
    note: str = ""

    @property
    def missed(self) -> bool:
        return self.target is not None and (self.value is None or self.value > self.target)

    @property
    def ratio(self) -> float | None:
        """How many times less than the paper's figure."""
        return (
            None
            if self.paper is None or not self.value or self.unit != "instr"
            else self.paper / self.value
        )


@dataclass
class Results:
    rows: list[Row] = field(default_factory=list)
    loss: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # slot in us, %
    lateness: dict[str, list[int]] = field(default_factory=dict)  # ascending
    paths: dict[str, int] = field(
        default_factory=dict
    )  # longest stay in the kernel, by what it was for
    modules: dict[str, Module] = field(default_factory=dict)  # bytes, by source file

    def path(self, name: str, length: int) -> None:
        self.paths[name] = max(self.paths.get(name, 0), length)
