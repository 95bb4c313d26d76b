"""Which kind of resource a module or a page is: ids of schema.RESOURCE_TYPES."""

# by category of the module
BY_CATEGORY = {
    "video": 4, "videoalpha": 4, "problem": 6, "combinedopenended": 6, "peergrading": 6, "openassessment": 6, "problemset": 6,
    "drag-and-drop-v2": 6, "problem-builder": 6, "discussion": 9, "discussion_category": 9, "poll": 11, "survey": 11, "poll_question": 11,
    "feedback": 11, "rate": 11, "selfassessment": 6,
    "course": 2, "chapter": 2, "sequential": 2, "vertical": 2, "html": 1, "about": 1, "course_info": 1, "book": 3, "wiki": 7,
}  # fmt: skip

# by the first piece behind the course, of a page of a course
BY_SECTION = {
    "info": 1, "about": 1, "progress": 1, "syllabus": 1, "news": 1, "updates": 1, "dates": 1, "course": 2, "home": 2,
    "book": 3, "pdfbook": 3, "htmlbook": 3, "wiki": 7, "course_wiki": 7, "discussion": 9, "forum": 9, "teams": 9,
    "open_ended_notifications": 6, "open_ended_problems": 6, "open_ended_flagged_problems": 6, "peer_grading": 6, "staff_grading": 6,
    "combined_notifications": 6, "preview": 12,
}  # fmt: skip

# by the first piece behind the host, of any other page
BY_SITE_SECTION = {
    "about": 1, "info": 1, "faq": 1, "courses": 2, "dashboard": 10, "account": 10, "accounts": 10, "profile": 10, "u": 10, "user_dashboard": 10,
    "login": 10, "register": 10, "wiki": 7, "search": 2, "survey": 11, "preview": 12,
}  # fmt: skip

OTHER = 0
