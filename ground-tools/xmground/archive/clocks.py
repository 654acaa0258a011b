"""Boards' clocks in the archive: round trips in, UTC out.

During a round trip the board's clock was at a known value, so a few of them tell UTC of everything
that the board dates (docs/archive.md, Times). They are kept for each boot of each board, in the
order in which they came: where one contradicts the one before it, a clock was stepped or the board
began a new life under its old boot id.

What they say is worked out once and kept until the next one comes, because filing asks for it with
every batch.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ..clock import TOLD_STEP_US
from ..rows import Row
from ..times import Correlation, Sample, clock_step, is_new_life
from . import schema
from .database import Database, insert_new
from .schema import log

# Round trips kept of one boot.
MOST_CLOCK_ROWS = 4096
# An estimate is written anew when its error bound has become so much smaller.
WORTHWHILE = 2


class Clocks:
    """The clocks of all boards of an archive."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # By target and boot id, as far as asked for.
        self._samples: dict[tuple[str, int], list[Sample]] = {}
        self._fits: dict[tuple[str, int], Correlation] = {}
        self._refitted: dict[tuple[str, int], int] = {}  # how many round trips there were then

    def add(self, target: str, boot_id: int, sample: Sample) -> int:
        """Files a round trip; gives by how many microseconds UTC was stepped since the one before."""
        table = schema.clock

        def work(connection: Connection) -> int:
            target_id = self._database.target_id(connection, target)
            self._database.see_boot(connection, target_id, boot_id, sample.sent_us)
            last: Any = connection.execute(
                sa.select(table)
                .where(table.c.target_id == target_id, table.c.boot_id == boot_id)
                .order_by(table.c.number.desc(), table.c.sent_us.desc())
                .limit(1)
            ).first()
            row = {
                "target_id": target_id,
                "boot_id": boot_id,
                "sent_us": sample.sent_us,
                "board_time_us": sample.board_us,
                "rtt_us": sample.rtt_us,
                "number": last.number + 1 if last else 1,
            }
            insert_new(connection, table, [row], ["target_id", "boot_id", "sent_us"])
            return clock_step(_sample(last), sample) if last else 0

        step_us = int(self._database.write(work))
        key = (target, boot_id)
        if key in self._samples:
            self._samples[key].append(sample)
            self._fits.pop(key, None)
            if len(self._samples[key]) >= MOST_CLOCK_ROWS:
                self._thin(key)
        return step_us

    def steps(self) -> list[Row]:
        """Steps of UTC that are worth telling, by board and boot."""
        table = schema.clock
        query = (
            sa.select(table, schema.target.c.name)
            .join(schema.target, schema.target.c.id == table.c.target_id)
            .order_by(table.c.target_id, table.c.boot_id, table.c.number, table.c.sent_us)
        )
        steps: list[Row] = []
        before: Any = None
        with self._database.reading() as connection:
            for row in connection.execute(query):
                if before and (row.target_id, row.boot_id) == (before.target_id, before.boot_id):
                    step_us = clock_step(_sample(before), _sample(row))
                    if abs(step_us) >= TOLD_STEP_US:
                        steps.append(
                            {
                                "target": row.name,
                                "boot_id": row.boot_id,
                                "time_us": row.board_time_us,
                                "utc_us": row.sent_us,
                                "step_us": step_us,
                            }
                        )
                before = row
        return steps

    def _thin(self, key: tuple[str, int]) -> None:
        """Of each two neighbouring round trips the longer one goes: a boot may last for months."""
        samples = self._samples[key]
        pairs = [samples[at : at + 2] for at in range(0, len(samples), 2)]
        kept = [min(pair, key=lambda sample: sample.rtt_us) for pair in pairs]
        begun = [after for before, after in zip(samples, samples[1:]) if is_new_life(before, after)]
        kept = [sample for sample in samples if sample in kept or sample in begun]
        gone = {sample.sent_us for sample in samples} - {sample.sent_us for sample in kept}
        table = schema.clock

        def work(connection: Connection) -> None:
            connection.execute(
                sa.delete(table).where(
                    table.c.target_id == self._database.target_id(connection, key[0]),
                    table.c.boot_id == key[1],
                    table.c.sent_us == sa.bindparam("gone"),
                ),
                [{"gone": sent_us} for sent_us in gone],
            )

        self._database.write(work)
        self._samples[key] = kept

    def correlation(self, target: str, boot_id: int) -> Correlation:
        """What is known about a boot's clock."""
        key = (target, boot_id)
        if key not in self._samples:
            table = schema.clock
            with self._database.reading() as connection:
                found = connection.execute(
                    sa.select(table.c.sent_us, table.c.board_time_us, table.c.rtt_us)
                    .join(schema.target, schema.target.c.id == table.c.target_id)
                    .where(schema.target.c.name == target, table.c.boot_id == boot_id)
                    .order_by(table.c.number, table.c.sent_us)
                )
                self._samples[key] = [Sample(*row) for row in found]
        if key not in self._fits:
            self._fits[key] = Correlation(self._samples[key])
        return self._fits[key]

    def refit(self, target: str, boot_id: int) -> int:
        """Writes UTC of a boot's rows anew where it has become much better; gives how many. That
        looks at all rows of the boot, so it is done only with twice as many round trips as before.
        """
        fit, key = self.correlation(target, boot_id), (target, boot_id)
        if len(self._samples[key]) < 2 * self._refitted.get(key, 0):
            return 0
        self._refitted[key] = len(self._samples[key])

        def work(connection: Connection) -> int:
            target_id = self._database.target_id(connection, target)
            here = sa.and_(
                log.c.target_id == target_id,
                log.c.boot_id == boot_id,
                # What came before a step may be of an earlier life with the same boot id.
                log.c.received_us >= fit.since_us,
            )
            found = connection.execute(
                sa.select(
                    log.c.book,
                    log.c.source,
                    log.c.seq,
                    log.c.variant,
                    log.c.time_us,
                    log.c.utc_error_us,
                ).where(here, log.c.time_us.is_not(None))
            ).all()
            better = []
            for book, source, seq, variant, time_us, error_us in found:
                utc_us, new_error_us = fit.utc(time_us)
                if utc_us is None or new_error_us is None:
                    continue
                if error_us is None or new_error_us * WORTHWHILE <= error_us:
                    key = {"b_book": book, "b_source": source, "b_seq": seq, "b_variant": variant}
                    better.append(key | {"b_utc": utc_us, "b_error": new_error_us})
            if better:
                connection.execute(
                    sa.update(log)
                    .where(
                        here,
                        log.c.book == sa.bindparam("b_book"),
                        log.c.source == sa.bindparam("b_source"),
                        log.c.seq == sa.bindparam("b_seq"),
                        log.c.variant == sa.bindparam("b_variant"),
                    )
                    .values(
                        utc_us=sa.bindparam("b_utc"),
                        utc_error_us=sa.bindparam("b_error"),
                        at_us=sa.bindparam("b_utc"),
                    ),
                    better,
                )
            return len(better)

        return int(self._database.write(work))


def _sample(row: Any) -> Sample:
    """A row of the table `clock`."""
    return Sample(row.sent_us, row.board_time_us, row.rtt_us)
