"""Every value that a call of Board takes or gives survives the way over the wire."""

import inspect
import json
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xmground import wire
from xmground.board import CALLS, Board
from xmground.client import Client
from xmground.errors import UsageError
from xmground.model import Book, LogBatch, Partition, PartitionAction, StageReport
from xmground.remote import RemoteClient

HINTS = {
    f"{name}.{key}": hint
    for name, function in CALLS.items()
    for key, hint in get_type_hints(function).items()
    if key != wire.CALLBACK
} | {"stage": StageReport}
numbers = st.integers(-(1 << 64), 1 << 64)
floats = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("hint", HINTS.values(), ids=HINTS.keys())
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_wire_round_trip(hint: Any, data: st.DataObject) -> None:
    value = data.draw(st.from_type(hint))
    if value != value or "nan" in repr(value) or "inf" in repr(value):
        return
    told = json.loads(json.dumps(wire.to_wire(value)))
    again = wire.from_wire(hint, told)
    assert again == value and type(again) is type(value)


def test_wire_forms_that_others_rely_on() -> None:
    """The web page and scripts read these."""
    partition = Partition(1, "P1", "ready", False, 0, 0, 5, 3, 1, 2)
    assert wire.to_wire(partition)["state"] == "ready"
    assert wire.to_wire(PartitionAction.RESET_WARM) == "reset_warm"
    batch = LogBatch(1, 2, 1, 1, 7, 0, ((1, b"\0\xff"),))
    assert wire.to_wire(batch)["pieces"] == [[1, "AP8="]]
    assert wire.from_wire(Partition, wire.to_wire(partition) | {"newer": 1}) == partition


@pytest.mark.parametrize(
    "call, args, words",
    [
        ("slots", {}, "args.plan is missing"),
        ("slots", {"plan": "x"}, "args.plan must be a whole number"),
        ("slots", {"plan": True}, "args.plan must be a whole number"),
        ("slots", {"plan": 1, "on_stage": 1}, "args.on_stage is unknown"),
        ("slots", {"plan": 1, "self": 1}, "args.self is unknown"),
        ("slots", [], "args must be an object"),
        ("log_read", {"book": "hmm", "source": 0, "from_seq": 0, "max_items": 1}, "none of hm, tr"),
        ("control_partition", {"before": {"id": 1}, "action": "halt"}, "no whole Partition"),
        ("control_partition", {"before": 1, "action": "halt"}, "args.before must be an object"),
        ("switch_plan", {"plan": 1, "wait": 1}, "args.wait must be true or false"),
        ("switch_plan", {"plan": 1, "completion_s": "1"}, "args.completion_s must be a number"),
    ],
)
def test_wire_arguments_that_do_not_fit_are_told(call: str, args: Any, words: str) -> None:
    with pytest.raises(UsageError) as told:
        wire.arguments_from_wire(CALLS[call], args)
    assert words in str(told.value)


@pytest.mark.parametrize("damage", ["*", 1, None, "A"])
def test_wire_bytes_are_base64(damage: Any) -> None:
    with pytest.raises(UsageError):
        wire.from_wire(bytes, damage, "pieces")


def test_wire_knows_no_other_types() -> None:
    with pytest.raises(TypeError):
        wire.to_wire({1, 2})
    with pytest.raises(TypeError):
        wire.from_wire(set, [])
    assert wire.to_wire(Book.HM) == "hm"


def test_both_clients_have_the_calls_of_board() -> None:
    for name, wanted in CALLS.items():
        here, there = inspect.signature(getattr(Client, name)), inspect.signature(wanted)
        assert [*here.parameters.values()] == [*there.parameters.values()], name
        assert here.return_annotation == there.return_annotation, name
        assert getattr(RemoteClient, name) is not wanted
    assert {"partitions", "log_read", "control_system"} <= set(CALLS)
    assert not {"close", "listen", "__enter__"} & set(CALLS) and hasattr(Board, "listen")
