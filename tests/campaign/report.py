"""Verdicts of a campaign: counted by class, written as JSON, and one line on the screen."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

# What a case may come to. The bad ones must be zero; a campaign may have its own.
GOOD = ("masked", "rejected", "contained", "recovered")
BAD = ("HANG", "ESCAPE", "SILENT", "WRONG_CODE")
EXAMPLES_KEPT = 200


class Verdicts:
    """Counts by class, with an example text for every bad one (as many as are kept)."""

    def __init__(self, name: str, seed: int, size: str, bad: tuple[str, ...] = BAD) -> None:
        """bad: the classes that must be zero."""
        self.name, self.seed, self.size, self.bad_kinds = name, seed, size, bad
        self.counts: Counter[str] = Counter()
        self.examples: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}
        self.start = time.monotonic()

    def add(self, kind: str, text: str = "", count: int = 1) -> None:
        if kind not in GOOD + self.bad_kinds:
            raise ValueError(kind)
        self.counts[kind] += count
        if kind in self.bad_kinds and len(self.examples) < EXAMPLES_KEPT:
            self.examples.append({"class": kind, "what": text})

    def bad(self) -> int:
        return sum(self.counts[kind] for kind in self.bad_kinds)

    def cases(self) -> int:
        return sum(self.counts.values())

    def finish(self, folder: Path, show: int = 20) -> int:
        """Write the result file and print the verdict line; returns how many cases went wrong."""
        seconds = time.monotonic() - self.start
        classes = {kind: self.counts[kind] for kind in GOOD + self.bad_kinds}
        folder.mkdir(parents=True, exist_ok=True)
        result = {"campaign": self.name, "size": self.size, "seed": self.seed, "cases": self.cases(), "classes": classes,
                  "seconds": round(seconds, 1), "facts": self.facts, "examples": self.examples}
        (folder / f"{self.name}.json").write_text(json.dumps(result, indent=1) + "\n")
        for example in self.examples[:show]:
            print(f"  {example['class']}: {example['what']}")
        if len(self.examples) > show:
            print(f"  ... more in {folder / f'{self.name}.json'}")
        facts = "".join(f", {name} {value}" for name, value in self.facts.items() if isinstance(value, (int, float, str)))
        print(f"{self.name}: {self.cases()} cases, seed {self.seed}: " +
              " ".join(f"{kind} {count}" for kind, count in classes.items()) + f"{facts}, {seconds:.0f} s", flush=True)
        return self.bad()
