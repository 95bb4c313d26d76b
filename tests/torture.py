"""A log whose every text is awkward for some format on the way: quotes, line ends, escapes, markers of NULL, formulas, big letters.

Synthetic. `write_log` gives the file, `ANSWERS` what submissions.submission_answer must hold in order of submission_id."""

import json

COURSE = "course-v1:X+Y+Z"
TEXTS = [
    None,
    "",
    " ",
    "NULL",
    "null",
    "NA",
    "nan",
    "None",
    r"\N",
    "\\",
    "\\\\",
    r"back\slash\n",
    r"\0",
    r"ends with a backslash\ "[:-1],
    '\\"',
    "'",
    "''",
    '"',
    '""',
    'say "hi"',
    "it's",
    "`tick`",
    ",",
    ";",
    "a,b",
    ',"',
    "\n",
    "\r",
    "\r\n",
    "two\nlines",
    "dos\r\nlines",
    "cr\ralone",
    "\nends\n",
    "\t",
    "tab\there\t",
    "\x1a",
    "\x1b[31mred",
    "\x7f",
    "\x00",
    "nul\x00inside",
    "\x00\x00ends\x00",
    "line\u2028separator\u2029",
    "n\u00e9l\u0085",
    "\ufeffmark",
    "e\u0301 is not \u00e9",
    "\u202eright to left",
    "\u4e2d\u6587",
    "\U0001f393",
    "\U0001d49c\U0010ffff",
    "x\U0001f468\u200d\U0001f469\u200d\U0001f467y",
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "007",
    "1e5",
    "0x1F",
    "true",
    "2013-03-05",
    "2013-03-05 10:00:00.000000",
    "%s %d {0} $1 ?",
    "; DROP TABLE users; --",
    "<b>&amp;</b>",
    "]]>",
    "x" * 70_000,
    "long\n" * 30_000,
]
ANSWERS = [text if text is None else text.replace("\0", "\ufffd") for text in TEXTS]
"""NUL characters become U+FFFD in every format (rules, section 13)."""


def lines(texts=TEXTS):
    """One graded check per text, in which the text is the answer and the message; and a click whose video code and page hold it."""
    for number, text in enumerate(texts):
        part = f"p{number}_2_1"
        graded = {"correct_map": {part: {"correctness": "correct", "msg": text}}}
        payload = {"problem_id": f"block-v1:{COURSE[10:]}+type@problem+block@p{number}", "answers": {part: text}, "attempts": number + 1}
        yield _event(2 * number, "problem_check", "server", event=payload | graded)
        video = {"id": f"v{number}", "code": text, "currentTime": number / 3}
        page = f"https://lms.example.org/courses/{COURSE}/courseware/u/s{number}{(text or '')[:100]}/"
        yield _event(2 * number + 1, "play_video", page=page, event=json.dumps(video))


def _event(second, kind, source="browser", **more):
    time = f"2024-03-05T10:{second // 60:02}:{second % 60:02}.25+00:00"
    made = {"username": f"learner_{second % 3}", "time": time, "event_type": kind, "event_source": source}
    return made | {"context": {"course_id": COURSE}, "page": f"https://lms.example.org/courses/{COURSE}/courseware/u/s/"} | more


def write_log(folder, texts=TEXTS):
    """The log as a file in `folder`."""
    path = folder / "torture.json"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines(texts)), encoding="utf-8")
    return path
