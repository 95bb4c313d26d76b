"""Writes the generated pages of docs/reference; tests/docs checks that they are current.

python ci/make_docs.py
"""

from pathlib import Path

from moocdb_fast.cli import render

PAGES = {"schema.md": render.schema_md, "events.md": render.events_md, "cli.md": render.cli_md, "ledger.md": render.ledger_md}
REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"


def main() -> None:
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
