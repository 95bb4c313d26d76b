"""What the MOOCdb tables of an output say, without their ids: every reference is replaced by what it refers to."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def table(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _texts(folder: Path, name: str, key: str, text: str) -> dict[str, str]:
    return {row[key]: row[text] for row in table(folder, name)} | {"": ""}


def said(folder: Path) -> dict[str, list[Row]]:
    """Events, clicks, submissions with their marks, in the order of the tables."""
    urls, resources = _texts(folder, "urls", "url_id", "url"), _texts(folder, "resources", "resource_id", "resource_uri")
    problems = _texts(folder, "problems", "problem_id", "problem_key")
    marks = {row["submission_id"]: row for row in table(folder, "assessments")}
    events = [
        {
            "user": row["user_id"],
            "time": row["observed_event_timestamp"],
            "type": row["observed_event_type"],
            "duration": row["observed_event_duration"],
            "url": urls[row["url_id"]],
            "resource": resources[row["resource_id"]],
            "agent": row["observed_event_agent"],
        }
        for row in table(folder, "observed_events")
    ]
    clicks = [{k: v for k, v in row.items() if not k.endswith(("_id", "event_key"))} for row in table(folder, "click_events")]
    submissions = [
        {
            "user": row["user_id"],
            "time": row["submission_timestamp"],
            "problem": problems[row["problem_id"]],
            "attempt": row["submission_attempt_number"],
            "answer": row["submission_answer"],
            "code": row["submission_is_submitted"],
            "grade": marks.get(row["submission_id"], {}).get("assessment_grade"),
            "feedback": marks.get(row["submission_id"], {}).get("assessment_feedback"),
        }
        for row in table(folder, "submissions")
    ]
    return {"events": events, "clicks": clicks, "submissions": sorted(submissions, key=lambda row: (row["time"], row["problem"]))}
