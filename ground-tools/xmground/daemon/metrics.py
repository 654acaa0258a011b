"""What Prometheus is told: the daemon's status, as its text format. METRICS is the whole of it;
docs/daemon.md has the same table."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

CONTENT_TYPE = CONTENT_TYPE_LATEST
Status = Mapping[str, Any]
# A number, or numbers by the values of the labels; nothing where it is not known.
Values = float | Mapping[tuple[str, ...], float] | None
ENDS = ("board", "ground")
# Why a frame was refused: the counters of both ends.
REFUSALS = {
    "crc": ("crc_errors", "crc_errors"),
    "length": ("length_errors", "length_errors"),
    "version": ("version_errors", "version_errors"),
    "key": ("key_errors", "key_errors"),
    "session": ("session_errors", "session_errors"),
    "mac": ("mac_errors", "mac_errors"),
    "replay": ("replay_errors", "replay_errors"),
    "message": ("decode_errors", "undecodable"),
}
ETHERNET = {
    "phy": "phy_errors",
    "send": "send_errors",
    "unsent": "unsent",
    "bus": "bus_errors",
    "stall": "stalls",
    "dropped": "dropped",
    "checksum": "checksum_errors",
    "short": "short_frames",
    "memory": "out_of_memory",
}
GAUGE, COUNTER, HISTOGRAM = "gauge", "counter", "histogram"


@dataclass(frozen=True)
class Measure:
    """One metric. Its name has the unit, and `_total` if it is a counter."""

    name: str
    kind: str
    text: str
    values: Callable[[Status], Any]
    labels: tuple[str, ...] = ()


def _at(*path: str, scale: float = 1.0) -> Callable[[Status], float | None]:
    """The number there; None where it, or something on the way, is missing."""

    def value(status: Status) -> float | None:
        found: Any = status
        for key in path:
            found = None if found is None else found.get(key)
        return None if found is None else float(found) * scale

    return value


def _by(*path: str) -> Callable[[Status], Values]:
    """The numbers there, by their one label."""

    def values(status: Status) -> Values:
        found: Any = status
        for key in path:
            found = found[key]
        return {(name,): float(value) for name, value in found.items()}

    return values


def _ends(board: str, ground: str) -> Callable[[Status], Values]:
    """A counter of both ends, as far as they have told it."""

    def values(status: Status) -> Values:
        told = status["link_counters"]
        names = zip(ENDS, (board, ground))
        return {(end,): told[end][name] for end, name in names if name in told[end]}

    return values


def _refusals(status: Status) -> Values:
    told = status["link_counters"]
    return {
        (end, cause): told[end][name]
        for cause, names in REFUSALS.items()
        for end, name in zip(ENDS, names)
        if name in told[end]
    }


def _ethernet(status: Status) -> Values:
    told = status["link_counters"]["board"]
    return {(cause,): told[name] for cause, name in ETHERNET.items() if name in told}


def _is_archive_up(status: Status) -> float:
    gather = status["gather"]
    return float(gather["archive"] is not None and gather["archive_error"] is None)


def _is_capture_up(status: Status) -> float:
    return float(status["capture"] is not None and status["capture"]["error"] is None)


_BOARD = ("link_counters", "board")
_GROUND = ("link_counters", "ground")
METRICS = (
    Measure("xmg_clients", GAUGE, "Clients connected.", _at("clients")),
    Measure("xmg_calls_total", COUNTER, "Calls of clients answered.", _at("calls")),
    Measure("xmg_jobs_waiting", GAUGE, "Calls that wait for the link.", _at("jobs_waiting")),
    Measure(
        "xmg_rows_left_out_total",
        COUNTER,
        "Rows that clients did not read fast enough, and so did not get.",
        _at("rows_left_out"),
    ),
    Measure(
        "xmg_lease_held",
        GAUGE,
        "1: somebody has the lease.",
        lambda status: float(bool(status["holder"])),
    ),
    Measure(
        "xmg_link_up",
        GAUGE,
        "1: the link is open.",
        lambda status: {(status["link"]["url"],): float(status["link"]["open"])},
        ("link",),
    ),
    Measure("xmg_link_opened_total", COUNTER, "Times the link was opened.", _at("link", "opened")),
    Measure("xmg_link_lost_total", COUNTER, "Times the link was lost.", _at("link", "lost")),
    Measure(
        "xmg_link_reconnects_total",
        COUNTER,
        "Times the link was opened again.",
        _at(*_GROUND, "reconnects"),
    ),
    Measure(
        "xmg_link_received_bytes_total",
        COUNTER,
        "Bytes received, by the end that counts them.",
        _ends("rx_bytes", "rx_bytes"),
        ("end",),
    ),
    Measure(
        "xmg_link_sent_bytes_total",
        COUNTER,
        "Bytes sent.",
        _ends("tx_bytes", "tx_bytes"),
        ("end",),
    ),
    Measure(
        "xmg_link_received_frames_total",
        COUNTER,
        "Good frames received.",
        _ends("frames_good", "frames_good"),
        ("end",),
    ),
    Measure(
        "xmg_link_sent_frames_total",
        COUNTER,
        "Frames sent.",
        _ends("frames_sent", "frames_sent"),
        ("end",),
    ),
    Measure(
        "xmg_link_refused_frames_total",
        COUNTER,
        "Frames refused; key, session, mac and replay are failed authentications.",
        _refusals,
        ("end", "cause"),
    ),
    Measure(
        "xmg_link_resyncs_total",
        COUNTER,
        "Frames begun after bytes that were none.",
        _ends("resyncs", "resyncs"),
        ("end",),
    ),
    Measure(
        "xmg_link_text_bytes_total",
        COUNTER,
        "Bytes outside of frames.",
        _ends("console_bytes", "text_bytes"),
        ("end",),
    ),
    Measure(
        "xmg_requests_total", COUNTER, "Requests sent to the board.", _at(*_GROUND, "requests")
    ),
    Measure(
        "xmg_retransmissions_total",
        COUNTER,
        "Requests sent again.",
        _at(*_GROUND, "retransmissions"),
    ),
    Measure(
        "xmg_late_answers_total",
        COUNTER,
        "Answers to what nobody waits for any more.",
        _at(*_GROUND, "late"),
    ),
    Measure(
        "xmg_duplicate_answers_total",
        COUNTER,
        "Answers that came twice.",
        _at(*_GROUND, "duplicates"),
    ),
    Measure(
        "xmg_round_trip_seconds",
        HISTOGRAM,
        "From a request, sent once, to its first answer.",
        lambda status: status["round_trips"],
    ),
    Measure(
        "xmg_sessions_opened_total",
        COUNTER,
        "Authenticated sessions opened.",
        _at(*_GROUND, "sessions"),
    ),
    Measure(
        "xmg_sessions_ended_total",
        COUNTER,
        "Authenticated sessions that another one followed, by cause.",
        _by("session_ends"),
        ("cause",),
    ),
    Measure(
        "xmg_board_heard_timestamp_seconds",
        GAUGE,
        "When the board was heard last (UTC since 1970; 0: never).",
        _at("link", "heard_us", scale=1e-6),
    ),
    Measure(
        "xmg_board_boot_id", GAUGE, "The boot that answers; 0: none yet.", _at("link", "boot_id")
    ),
    Measure("xmg_board_boots_total", COUNTER, "Boots of the board seen.", _at("link", "boots")),
    Measure(
        "xmg_board_told_timestamp_seconds",
        GAUGE,
        "When the board told its counters last (UTC since 1970).",
        _at("board_told_us", scale=1e-6),
    ),
    Measure(
        "xmg_board_dropped_bytes_total",
        COUNTER,
        "Bytes for which the board had no room.",
        _at(*_BOARD, "rx_dropped"),
    ),
    Measure(
        "xmg_board_receive_errors_total",
        COUNTER,
        "Errors of the board's receiver: parity, framing, overrun.",
        _at(*_BOARD, "rx_errors"),
    ),
    Measure(
        "xmg_board_unsent_frames_total",
        COUNTER,
        "Frames for which the board's transmitter had no room.",
        _at(*_BOARD, "frames_unsent"),
    ),
    Measure(
        "xmg_board_budget_exhausted_total",
        COUNTER,
        "Slots in which the supervisor had more to take in than its budget lets it.",
        _at(*_BOARD, "budget_exhausted"),
    ),
    Measure(
        "xmg_board_sessions_opened_total",
        COUNTER,
        "Sessions that the board has opened, for anybody.",
        _at(*_BOARD, "sessions_opened"),
    ),
    Measure(
        "xmg_board_ethernet_errors_total",
        COUNTER,
        "Errors of the board's Ethernet, where the link is one.",
        _ethernet,
        ("cause",),
    ),
    Measure(
        "xmg_clock_offset_seconds",
        GAUGE,
        "UTC (since 1970) minus the board's time, at the last round trip.",
        _at("gather", "clock", "offset_us", scale=1e-6),
    ),
    Measure(
        "xmg_clock_drift_ratio",
        GAUGE,
        "How much faster UTC goes than the board's clock.",
        _at("gather", "clock", "drift_ppm", scale=1e-6),
    ),
    Measure(
        "xmg_clock_error_seconds",
        GAUGE,
        "Bound of the error of the estimate of UTC.",
        _at("gather", "clock", "error_us", scale=1e-6),
    ),
    Measure(
        "xmg_gathered_timestamp_seconds",
        GAUGE,
        "When all logs were last read to their ends (UTC since 1970; 0: never).",
        _at("gather", "turn_us", scale=1e-6),
    ),
    Measure(
        "xmg_gathered_rows_total",
        COUNTER,
        "Rows of logs gathered.",
        _by("gather", "rows_by_book"),
        ("book",),
    ),
    Measure(
        "xmg_gathered_gaps_total",
        COUNTER,
        "Gaps found in logs.",
        _by("gather", "gaps_by_kind"),
        ("kind",),
    ),
    Measure(
        "xmg_archive_up",
        GAUGE,
        "1: what is gathered is filed; 0 also without an archive.",
        _is_archive_up,
    ),
    Measure(
        "xmg_archive_rows_total",
        COUNTER,
        "Rows that this daemon has added to the archive.",
        _by("gather", "filed_by_book"),
        ("book",),
    ),
    Measure(
        "xmg_archive_conflicts_total",
        COUNTER,
        "Rows that contradict what was filed before.",
        _at("gather", "conflicts"),
    ),
    Measure(
        "xmg_archive_waiting",
        GAUGE,
        "Stages of commands and events that wait to be filed.",
        _at("gather", "waiting"),
    ),
    Measure(
        "xmg_capture_up",
        GAUGE,
        "1: the raw bytes of the link are kept; 0 also where they are not to be.",
        _is_capture_up,
    ),
    Measure("xmg_capture_bytes_total", COUNTER, "Raw bytes kept.", _at("capture", "bytes")),
    Measure(
        "xmg_capture_missed_bytes_total",
        COUNTER,
        "Raw bytes that the disk refused.",
        _at("capture", "missed_bytes"),
    ),
    Measure(
        "xmg_capture_errors_total",
        COUNTER,
        "Times that the disk refused.",
        _at("capture", "errors"),
    ),
)


class StatusMetrics(Collector):
    """Metrics of one status, for a registry."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        for measure in METRICS:
            family = _family(measure, measure.values(self._status))
            if family.samples:
                yield family


def _family(measure: Measure, values: Any) -> Metric:
    if measure.kind == HISTOGRAM:
        buckets = [
            (floatToGoString(inf if bound is None else bound), count)
            for bound, count in values["buckets"]
        ]
        return HistogramMetricFamily(
            measure.name, measure.text, buckets=buckets, sum_value=values["sum_s"]
        )
    kind = CounterMetricFamily if measure.kind == COUNTER else GaugeMetricFamily
    family = kind(measure.name, measure.text, labels=measure.labels)
    if isinstance(values, Mapping):
        for labels, value in values.items():
            family.add_metric(labels, value)
    elif values is not None:
        family.add_metric((), values)
    return family


def exposition(status: Status) -> bytes:
    """The status in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(StatusMetrics(status))
    return generate_latest(registry)


def table() -> str:
    """METRICS as docs/daemon.md shows them."""
    rows = [
        f"| `{m.name}` | {m.kind} | {', '.join(f'`{label}`' for label in m.labels)} | {m.text} |"
        for m in METRICS
    ]
    return "\n".join(["| metric | type | labels | meaning |", "|---|---|---|---|", *rows]) + "\n"
