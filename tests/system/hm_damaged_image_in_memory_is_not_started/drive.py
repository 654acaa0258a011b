import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from debugger import Debugger, symbol  # noqa: E402

MARK = b"worker: this text is in the image"


def drive(port: int) -> list[str]:
    """Turns one bit of the worker's stored image: the container's copy, not the one that was loaded."""
    debugger = Debugger(port)
    debugger.run_to_place()
    image = int.from_bytes(debugger.read(symbol("image"), 4), "big")
    stored = debugger.read(image, int.from_bytes(debugger.read(image + 8, 4), "big"))
    at = stored.index(MARK)
    debugger.write(image + at, bytes([stored[at] ^ 0x20]))
    return debugger.run_to_end()
