"""Pins what becomes of the published examples: python tests/samples/pin.py"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from samples import sources


def main() -> None:
    """Write one file of pins for each file of examples, and the types that they cover."""
    sources.PINS.mkdir(exist_ok=True)
    for name in sources.FILES:
        lines = ",\n".join(json.dumps(line, separators=(",", ":")) for line in sources.pin(name))
        (sources.PINS / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    (sources.PINS / "types.json").write_text(json.dumps(sources.types(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
