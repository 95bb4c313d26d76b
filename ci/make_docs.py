"""Writes the generated pages below docs; tests/docs checks that they are current.

python ci/make_docs.py
"""

from pathlib import Path

import promises

from moocdb_fast.cli import render, render_coursera, render_events, render_relations

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {
    "reference/schema.md": render.schema_md,
    "reference/cli.md": render.cli_md,
    "reference/ledger.md": render.ledger_md,
    "reference/relations.md": render_relations.relations_md,
    "reference/coursera.md": render_coursera.coursera_md,
    "explanation/guarantees.md": promises.page,
    **{f"events/{name}": page for name, page in render_events.pages().items()},
}


def main() -> None:
    """Write them all, and remove those of families that are no more."""
    (DOCS / "events").mkdir(exist_ok=True)
    for path in strangers():
        path.unlink()
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8", newline="\n")


def strangers() -> list[Path]:
    """Pages in docs/events that nothing generates."""
    return [path for path in sorted((DOCS / "events").glob("*.md")) if f"events/{path.name}" not in PAGES]


if __name__ == "__main__":
    main()
