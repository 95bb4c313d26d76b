"""A small course and what each dialect must show of it, worked out by hand. Synthetic."""

import datetime
from datetime import timedelta

from moocdb_fast.schema import TABLES

T = datetime.datetime(2013, 3, 5, 10)
CLICK = T + timedelta(days=30)


def _user(number, **more):
    return {"user_id": number, "user_key": f"{number:040x}", **more}


def _event(number, user, kind, resource, seconds):
    types = {"play_video": 1, "pause_video": 2, "seek_video": 3, "speed_change_video": 4, "problem_show": 5, "url_change": 6}
    return {
        "observed_event_id": number, "user_id": user, "url_id": 1, "resource_id": resource, "observed_event_timestamp": T + timedelta(minutes=number),
        "observed_event_duration": seconds, "observed_event_os": 1, "observed_event_agent": 1, "observed_event_type": kind,
        "observed_event_type_id": types[kind], "observed_event_key": f"1:{number}",
    }  # fmt: skip


def _click(number, user, time, old=None, new=None):
    return {
        "observed_event_id": number, "course_key": "X/Y/Z", "user_id": user, "video_key": "i4x://X/Y/video/v", "observed_event_timestamp": time,
        "observed_event_type": "seek_video", "url": "https://x.org/", "code": "abc", "video_current_time": 1.5, "video_old_time": old,
        "video_new_time": new, "video_old_speed": 1.0, "video_new_speed": 2.0,
    }  # fmt: skip


def _submission(number, user, time, problem=2, code=1, attempt=None, answer=None):
    return {
        "submission_id": number, "user_id": user, "problem_id": problem, "submission_timestamp": time, "submission_attempt_number": attempt,
        "submission_answer": answer, "submission_is_submitted": code, "submission_os": 1, "submission_agent": 1, "submission_key": f"1:{number}:1",
    }  # fmt: skip


def _collaboration(number, kind, parent=None, content=None, resource=None):
    return {
        "collaboration_id": number, "user_id": 1, "collaboration_type_id": kind, "collaboration_content": content,
        "collaboration_timestamp": T + timedelta(days=1, minutes=number), "collaboration_parent_id": parent, "resource_id": resource,
    }  # fmt: skip


ROWS = {
    "users": [_user(1, user_country="POL", user_type_id=2), _user(2), _user(3, user_type_id=5), _user(4, user_type_id=6), _user(5), _user(6)],
    "urls": [{"url_id": 1, "url": "https://x.org/"}],
    "os": [{"os_id": 1, "os_name": "Linux"}],
    "agent": [{"agent_id": 1, "agent_name": "Firefox 20"}],
    "observed_event_types": [
        {"observed_event_type_id": n, "observed_event_type_name": name, "observed_event_type_activity_mode": "observing"}
        for n, name in enumerate(("play_video", "pause_video", "seek_video", "speed_change_video", "problem_show", "url_change"), 1)
    ],
    "resources": [
        {"resource_id": n, "resource_uri": f"https://x.org/{n}/", "resource_type_id": kind, "resource_parent_id": parent, "resource_key": f"k{n}"}
        for n, kind, parent in ((1, 0, None), (2, 4, 1), (3, 6, 1), (4, 7, None), (5, 9, None), (6, 8, None), (7, 12, None))
    ],
    "resources_urls": [{"resources_urls_id": 1, "resource_id": 2, "url_id": 1}],
    "observed_events": [
        _event(1, 1, "play_video", 2, 59),
        _event(2, 1, "seek_video", 2, 3661),
        _event(3, 1, "problem_show", 3, 119),
        _event(4, 2, "url_change", None, None),
        _event(5, 2, "url_change", 4, 3600),
        _event(6, 2, "url_change", 5, 60),
        _event(7, 3, "seek_video", 2, 0),
        _event(8, 3, "pause_video", 2, 3659),
        _event(9, 4, "speed_change_video", 2, 86_400),
        _event(10, 5, "url_change", 6, 1),
        _event(11, 6, "url_change", 1, 1),
        _event(12, 6, "seek_video", 2, 1),
    ],
    "click_events": [
        _click(1, 1, CLICK),
        _click(2, 1, CLICK + timedelta(hours=1), 100.0, 50.0),
        _click(7, 3, CLICK, 50.0, 100.0),
        _click(8, 4, CLICK),
        _click(9, 5, CLICK),
        _click(12, 6, CLICK),
    ],
    "problems": [
        {"problem_id": 1, "problem_name": "X/Y/problem/p/", "problem_key": "i4x://X/Y/problem/p"},
        {
            "problem_id": 2, "problem_name": "X/Y/problem/p/2/1/", "problem_parent_id": 1, "problem_child_number": 1,
            "problem_key": "i4x://X/Y/problem/p_2_1", "problem_format": "multiplechoiceresponse", "resource_id": 3,
        },
        {"problem_id": 3, "problem_name": "problem/q/", "problem_key": "block-v1:X+Y+Z+type@problem+block@q", "problem_format": "choiceresponse"},
        {"problem_id": 4, "problem_name": "problem/r/", "problem_key": "block-v1:X+Y+Z+type@problem+block@r"},
    ],
    "submissions": [
        _submission(1, 1, T, attempt=2, answer="choice_1"),
        _submission(2, 1, CLICK + timedelta(days=14), problem=3, code=3),
        _submission(3, 2, T, code=0),
        _submission(4, 3, CLICK - timedelta(days=8)),
        _submission(5, 4, CLICK - timedelta(days=15)),
        _submission(6, 5, CLICK + timedelta(days=14, microseconds=-1)),
        _submission(7, 5, CLICK + timedelta(days=14, microseconds=-1), problem=4),
        _submission(8, 6, CLICK - timedelta(days=3), answer=""),
    ],
    "assessments": [
        {
            "assessment_id": n, "submission_id": n, "assessment_grade": grade, "assessment_max_grade": 2.0, "assessment_grader_id": who,
            "assessment_timestamp": T,
        }
        for n, grade, who in ((1, 1.0, "automatic"), (2, 0.5, "2"), (3, None, None), (4, 0.0, "staff"))
    ],
    "collaborations": [
        _collaboration(1, 1, content="question", resource=5),
        _collaboration(2, 2, parent=1, content="answer"),
        _collaboration(3, 3, parent=2, content=""),
        _collaboration(4, 4, resource=4),
        _collaboration(5, 5, parent=1),
        _collaboration(6, 6),
    ],
    "answers": [{"answer_id": 1, "answer_content": "yes"}],
}  # fmt: skip

EXPECTED = [
    (
        "edx2014",
        "SELECT observed_event_id, url_id, observed_event_duration, observed_event_ip FROM observed_events ORDER BY observed_event_id",
        [
            (1, 2, 0, "POL"), (2, 2, 61, "POL"), (3, 3, 1, "POL"), (4, None, 0, None), (5, 4, 60, None), (6, 5, 1, None), (7, 2, 0, None),
            (8, 2, 60, None), (9, 2, 1440, None), (10, 6, 0, None), (11, 1, 0, None), (12, 2, 0, None),
        ],
    ),
    (
        "edx2014",
        "SELECT submission_id, submission_attempt_number, submission_answer, submission_is_submitted, submission_ip FROM submissions ORDER BY 1",
        [
            (1, 2, "choice_1", 1, "POL"), (2, -1, None, 3, "POL"), (3, -1, None, 0, None), (4, -1, None, 1, None), (5, -1, None, 1, None),
            (6, -1, None, 1, None), (7, -1, None, 1, None), (8, -1, "", 1, None),
        ],
    ),
    (
        "edx2014",
        "SELECT problem_id, problem_name, problem_parent_id FROM problems ORDER BY 1",
        [(1, "i4x://X/Y/problem/p/", None), (2, "i4x://X/Y/problem/p/2/1/", 1), (3, "problem/q/", None), (4, "problem/r/", None)],
    ),
    ("edx2014", "SELECT assessment_grade, assessment_grader_id FROM assessments ORDER BY assessment_id LIMIT 2", [(1.0, "automatic"), (0.5, "2")]),
    (
        "coursera",
        "SELECT observed_event_id, observed_event_type_id, user_id, item_id, observed_event_data, observed_event_duration FROM observed_events "
        "ORDER BY 1",
        [
            (1, 16, 1, 2, "{}", 59), (2, 18, 1, 2, "{}", 3661), (3, 5, 1, 3, "{}", 119), (4, 1, 2, -1, "{}", None), (5, 13, 2, 4, "{}", 3600),
            (6, 15, 2, 5, "{}", 60), (7, 19, 3, 2, "{}", 0), (8, 17, 3, 2, "{}", 3659), (9, 20, 4, 2, "{}", 86_400), (10, 3, 5, 6, "{}", 1),
            (11, 1, 6, 1, "{}", 1), (12, 19, 6, 2, "{}", 1),
            (13, 6, 1, 2, "{}", None), (14, 6, 1, 3, "{}", None), (15, 6, 2, 2, "{}", None), (16, 6, 3, 2, "{}", None), (17, 6, 4, 2, "{}", None),
            (18, 6, 5, 2, "{}", None), (19, 6, 5, 4, "{}", None), (20, 6, 6, 2, "{}", None),
            (21, 8, 1, 5, "{}", None), (22, 10, 1, 1, "{}", None), (23, 10, 1, 2, "{}", None), (24, 14, 1, 4, "{}", None), (25, 11, 1, 1, "{}", None),
        ],
    ),
    (
        "coursera",
        "SELECT resource_id, resource_name, resource_type_name FROM resources JOIN resource_types USING (resource_type_id) ORDER BY 1",
        [(1, "", "other"), (2, "", "lecture"), (3, "", "problem"), (4, "", "wiki"), (5, "", "forum"), (6, "", "exam"), (7, "", "testing")],
    ),
    (
        "coursera",
        "SELECT problem_id, problem_type_name FROM problems JOIN problem_types USING (problem_type_id) ORDER BY 1",
        [(1, "multipart"), (2, "question_mc_single"), (3, "question_mc_multiple"), (4, "question_free_text")],
    ),
    (
        "coursera",
        "SELECT submission_attempt_number, submission_answer, submission_is_submitted FROM submissions WHERE submission_id <= 3 "
        "ORDER BY submission_id",
        [(2, "choice_1", 1), (-1, "", 0), (-1, "", 0)],
    ),
    (
        "coursera",
        "SELECT assessment_grader_id, assessment_max_grade FROM assessments ORDER BY assessment_id",
        [(0, 2.0), (2, 2.0), (0, 2.0), (0, 2.0)],
    ),
    (
        "coursera",
        "SELECT collaboration_type_name, collaboration_content FROM collaborations JOIN collaboration_types USING (collaboration_type_id) "
        "ORDER BY collaboration_id",
        [("forum_post", "question"), ("forum_answer", "answer"), ("forum_comment", ""), ("wiki_edit", ""), ("forum_vote", ""), ("other", "")],
    ),
    ("coursera", "SELECT * FROM collaboration_content ORDER BY 1", [(1, "question"), (2, "answer"), (3, "")]),
    (
        "coursera",
        "SELECT user_id, user_email, user_type_name FROM users JOIN user_types USING (user_type_id) ORDER BY 1",
        [
            (1, "", "Instructor"), (2, "", "Student"), (3, "", "Student (Forum Banned)"), (4, "", "Student Access"), (5, "", "Student"),
            (6, "", "Student"),
        ],
    ),
    ("coursera", "SELECT COUNT(*), COUNT(DISTINCT observed_event_type_name) FROM observed_event_types", [(21, 19)]),
    ("coursera", "SELECT COUNT(*) FROM course_metadata", [(0,)]),
    (
        "curated",
        "SELECT observed_event_id, url_id, observed_event_duration, observed_event_ip, validity FROM observed_events "
        "WHERE observed_event_id < 10 ORDER BY 1",
        [
            (1, 2, 0, "POL", 1), (2, 2, 2, "POL", 1), (3, 3, 1, "POL", 1), (4, None, 0, None, 1), (5, 4, 60, None, 1), (6, 5, 1, None, 1),
            (7, 2, 0, None, 1), (8, 2, 60, None, 1), (9, 2, 2, None, 1),
        ],
    ),
    (
        "curated",
        "SELECT observed_event_id, course_id, video_id, video_new_time, video_old_time, video_new_speed, video_old_speed FROM click_events "
        "WHERE observed_event_id = 2",
        [(2, "X/Y/Z", "i4x://X/Y/video/v", 50.0, 100.0, 2.0, 1.0)],
    ),
    ("curated", "SELECT * FROM answer", [(1, "yes")]),
    (
        "dropout",
        "SELECT user_id, start_timestamp, dropout_timestamp, dropout_week, last_submission_id FROM user_dropout ORDER BY 1",
        [
            (1, CLICK, CLICK + timedelta(days=14), 3, 2), (2, None, T, None, 3), (3, CLICK, CLICK - timedelta(days=8), 0, 4),
            (4, CLICK, CLICK - timedelta(days=15), None, 5), (5, CLICK, CLICK + timedelta(days=14, microseconds=-1), 2, 7),
            (6, CLICK, CLICK - timedelta(days=3), 1, 8),
        ],
    ),
    # One of the published features (number of videos per user and week), its INSERT left out.
    (
        "dropout",
        "SELECT d.user_id, COUNT(DISTINCT c.video_id) FROM user_dropout AS d JOIN click_events AS c ON c.user_id = d.user_id "
        "WHERE d.dropout_week IS NOT NULL GROUP BY d.user_id ORDER BY 1",
        [(1, 1), (3, 1), (5, 1), (6, 1)],
    ),
]  # fmt: skip
assert set(ROWS) <= set(TABLES)
