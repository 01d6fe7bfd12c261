"""How long `import einlang` takes, in milliseconds as JSON: `python tests/bench/importing.py`.

Bare Python and `import numpy` are timed in turns with it; medians of whole processes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from statistics import median

CODES = {"python": "pass", "numpy": "import numpy", "einlang": "import einlang"}


def milliseconds(code: str) -> float:
    """How long a Python runs that only runs this."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return 1000 * (time.perf_counter() - start)


def main(rounds: int) -> None:
    """Prints medians, and what `import einlang` adds to bare Python."""
    taken: dict[str, list[float]] = {name: [] for name in CODES}
    for _ in range(rounds):
        for name, code in CODES.items():
            taken[name].append(milliseconds(code))
    found = {name: round(median(times), 1) for name, times in taken.items()}
    print(json.dumps({**found, "added": round(found["einlang"] - found["python"], 1)}, indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
