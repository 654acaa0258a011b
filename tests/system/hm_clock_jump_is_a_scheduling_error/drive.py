import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from debugger import Debugger, symbol  # noqa: E402


def drive(port: int) -> list[str]:
    """Lets the clock jump by 2^32 us, as if the processor had been held for that long."""
    debugger = Debugger(port)
    debugger.run_to_place()
    wraps = symbol("kernel_clock")  # upper word of base_us, its first field
    debugger.write(wraps, (int.from_bytes(debugger.read(wraps, 4), "big") + 1).to_bytes(4, "big"))
    return debugger.run_to_end()
