"""Takes interrupt line 10 from its owner in the hypervisor's table: the line is enabled, and nobody's."""

from debugger import Debugger, symbol

LINE = 10


def drive(port: int) -> list[str]:
    debugger = Debugger(port)
    debugger.run_to_place()
    debugger.write(symbol("line_owner") + 4 * LINE, bytes(4))
    return debugger.run_to_end()
