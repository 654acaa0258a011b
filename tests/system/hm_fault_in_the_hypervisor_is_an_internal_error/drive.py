import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from debugger import Debugger, symbol  # noqa: E402


def drive(port: int) -> list[str]:
    """Makes the first instruction of a service an illegal one. The warm reset loads the hypervisor again."""
    debugger = Debugger(port)
    debugger.run_to_place()
    debugger.write(symbol("sys_get_system_status"), bytes(4))
    return debugger.run_to_end()
