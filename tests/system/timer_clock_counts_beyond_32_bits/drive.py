import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from debugger import Debugger  # noqa: E402

CLOCK_COUNTER = 0x80000310  # counts microseconds down
LEFT_US = 1000


def drive(port: int) -> list[str]:
    """Twice lets the 32 bits of the clock's counter run out soon, as they do every 71 minutes."""
    debugger = Debugger(port)
    for _ in range(2):
        debugger.run_to_place()
        debugger.write(CLOCK_COUNTER, LEFT_US.to_bytes(4, "big"))
    return debugger.run_to_end()
