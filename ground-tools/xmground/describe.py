"""A frame as one line of text, for `link sniff` and -v."""

from google.protobuf import text_format
from google.protobuf.message import DecodeError, Message

from ._generated import supervisor_pb2 as pb
from .framing import Frame, FrameType, Noise

MESSAGES = {
    FrameType.COMMAND: pb.Request,
    FrameType.REPLY: pb.Reply,
    FrameType.EVENT: pb.Event,
    FrameType.BULK: pb.Chunk,
    FrameType.BEACON: pb.Beacon,
}
SHOWN_ITEM_BYTES = 16


def frame_fields(item: Frame | Noise) -> dict[str, object]:
    """What is known about a received or sent piece: its kind, the header, and the message in
    words."""
    if isinstance(item, Noise):
        kind = {"noise": "text"}.get(item.kind, f"bad {item.kind}")
        return {"type": kind, "bytes": len(item.data), "content": printable(item.data)}
    name = FrameType(item.type).name.lower() if item.type in list(FrameType) else str(item.type)
    return {
        "type": name,
        "session": item.session,
        "counter": item.counter,
        "key_id": item.key_id,
        "bytes": len(item.payload),
        "content": _content(item),
    }


def frame_row(utc_us: int, direction: str, item: Frame | Noise) -> dict[str, object]:
    """A frame that crossed a link: when, which way ("rx": to the ground), its fields, and `line`,
    the same on one line."""
    about: dict[str, object] = {"ground_time_us": utc_us, "direction": direction}
    return about | frame_fields(item) | {"line": frame_line(item)}


def frame_line(item: Frame | Noise) -> str:
    """The same on one line."""
    fields = frame_fields(item)
    head = f"{fields['type']:<8} {fields['bytes']:>4} B"
    if "counter" in fields:
        head += f"  session {fields['session']} counter {fields['counter']} key {fields['key_id']}"
    return f"{head}  {fields['content']}".rstrip()


def printable(data: bytes) -> str:
    """Bytes as text in which nothing can act on a terminal: what is not printable ASCII is
    escaped."""
    return "".join(chr(b) if 32 <= b < 127 and b != 92 else repr(bytes([b]))[2:-1] for b in data)


def _content(frame: Frame) -> str:
    if frame.type not in list(FrameType):
        return printable(frame.payload)
    try:
        message = MESSAGES[FrameType(frame.type)].FromString(frame.payload)
    except DecodeError:
        return f"not a message: {frame.payload.hex()}"
    return _shorten(message)


def _shorten(message: Message) -> str:
    if isinstance(message, pb.Chunk) and len(message.items) > SHOWN_ITEM_BYTES:
        rest = len(message.items) - SHOWN_ITEM_BYTES
        message.items = message.items[:SHOWN_ITEM_BYTES]
        return text_format.MessageToString(message, as_one_line=True) + f" (+{rest} bytes)"
    return text_format.MessageToString(message, as_one_line=True)
