"""What Prometheus is told: the daemon's status, as its text format."""

from collections.abc import Iterator
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
GAUGES = {
    "clients": "Clients connected.",
    "jobs_waiting": "Calls that wait for the link.",
}
COUNTERS = {
    "calls": "Calls of clients answered.",
    "rows_left_out": "Rows that clients did not read fast enough, and so did not get.",
}


class StatusMetrics(Collector):
    """Metrics of one status, for a registry."""

    def __init__(self, status: dict[str, Any]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """See prometheus_client."""
        status, link = self._status, self._status["link"]
        for name, text in GAUGES.items():
            yield GaugeMetricFamily(f"xmg_{name}", text, status[name])
        for name, text in COUNTERS.items():
            yield CounterMetricFamily(f"xmg_{name}", text, status[name])
        up = GaugeMetricFamily("xmg_link_up", "Whether the link is open.", labels=["link"])
        up.add_metric([link["url"]], int(link["open"]))
        yield up
        for name, text in (
            ("opened", "Times the link was opened."),
            ("lost", "Times it was lost."),
        ):
            family = CounterMetricFamily(f"xmg_link_{name}", text, labels=["link"])
            family.add_metric([link["url"]], link[name])
            yield family
        yield GaugeMetricFamily(
            "xmg_board_heard_timestamp_seconds",
            "When the board was heard last (UTC since 1970; 0: never).",
            link["heard_us"] / 1e6,
        )
        yield GaugeMetricFamily(
            "xmg_board_boot_id", "The boot that answers; 0: none yet.", link["boot_id"]
        )
        yield CounterMetricFamily("xmg_board_boots", "Boots of the board seen.", link["boots"])
        yield GaugeMetricFamily(
            "xmg_lease_held", "Whether somebody has the lease.", int(bool(status["holder"]))
        )
        gather = status["gather"]
        for name, text in (
            ("rows", "Rows of logs gathered."),
            ("gaps", "Gaps in logs found."),
            ("conflicts", "Rows that contradict what the archive holds."),
        ):
            yield CounterMetricFamily(f"xmg_gathered_{name}", text, gather[name])
        yield GaugeMetricFamily(
            "xmg_archive_up",
            "Whether what is gathered is filed; without an archive 0.",
            int(gather["archive"] is not None and gather["archive_error"] is None),
        )
        capture = status["capture"]
        yield GaugeMetricFamily(
            "xmg_capture_up",
            "Whether the raw bytes of the link are kept.",
            int(capture is not None and capture["error"] is None),
        )
        for name, text in (
            ("bytes", "Raw bytes of the link kept."),
            ("missed_bytes", "Raw bytes that the disk refused."),
            ("errors", "Times that the disk refused."),
        ):
            yield CounterMetricFamily(f"xmg_capture_{name}", text, (capture or {}).get(name, 0))
        for end, counters in status["link_counters"].items():
            family = CounterMetricFamily(
                f"xmg_{end}_link", f"Counters of the link at the {end}'s end.", labels=["counter"]
            )
            for name, value in counters.items():
                family.add_metric([name], int(value))
            yield family


def exposition(status: dict[str, Any]) -> bytes:
    """The status in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(StatusMetrics(status))
    return generate_latest(registry)
