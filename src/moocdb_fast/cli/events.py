"""`events`: what each event type means."""

from __future__ import annotations

import argparse

NAME = "events"
HELP = "print the event map"
DESCRIPTION = "Print what the translator knows about event types and request paths, in the order in which it tries them."
EXAMPLES = ("events --format json",)
FORMATS = ("md", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="md", help="Markdown (default) or JSON")


def execute(args: argparse.Namespace) -> int:
    from . import render

    print({"md": render.events_md, "json": render.events_json}[args.format](), end="")
    return 0
