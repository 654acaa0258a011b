import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from unowned import drive  # noqa: E402, F401: the runner calls it
