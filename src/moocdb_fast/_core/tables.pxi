# What events/ declares, handed to C++ (see events/compiled.py).

cdef extern from "meanings.hpp" namespace "moocdb":
    cdef cppclass WholeRule:
        cbool essay
        vector[vector[string]] answer, item, attempts, correct, earned, possible, key
    cdef cppclass PostRule:
        uint8_t type, trust
        string word
        cbool needs_content
        vector[vector[string]] key, about, content, undo
    cdef cppclass AssessRule:
        cbool on
        uint8_t grader
        vector[vector[string]] key, rubric, earned, possible, feedback
    cdef cppclass QuestionRule:
        string type, name
        uint8_t form
        vector[vector[string]] answer
    cdef cppclass Meaning:
        uint8_t kind, mode, fate, act, code, trust, form
        cbool reads_payload, clicks, submits, joins, staff, profile
        string category
        WholeRule whole
        PostRule post
        AssessRule assess
        vector[QuestionRule] questions
        vector[vector[string]] module, panel, course, user, page, final_grade, click_code
        vector[vector[string]] click_numbers[5]
    cdef cppclass NameRule:
        string pattern, label
        int meaning
        cbool browser, others
    cdef cppclass Glance:
        Glance()
        @staticmethod
        Glance of_pattern(sv)
    cdef cppclass PathRule:
        int meaning
        Glance glance
        string pattern, action
        vector[string] categories
        int about
        string label
    cdef cppclass Meanings:
        vector[Meaning] all
        unordered_map[string, int] browser, others
        vector[NameRule] patterns
        vector[PathRule] paths
        int other, page_view
        vector[string] machine_agents, studio_hosts


cdef extern from "memo.hpp" namespace "moocdb":
    cdef cppclass Memos:
        Memos(const Meanings&)


cdef class Tables:
    """The compiled declarations, and what scans with them have read (memo.hpp)."""
    cdef Meanings c
    cdef shared_ptr[Memos] memos

    def __cinit__(self, *_, **__):
        self.memos = make_shared[Memos](self.c)

    def __init__(self, dict tables):
        cdef PathRule rule
        cdef NameRule name
        for m in tables["meanings"]:
            self.add(m)
        self.c.browser = tables["browser"]
        self.c.others = tables["others"]
        for name.pattern, name.meaning, name.label, name.browser, name.others in tables["patterns"]:
            self.c.patterns.push_back(name)
        for rule.meaning, rule.pattern, rule.action, rule.categories, rule.about, rule.label in tables["paths"]:
            rule.glance = Glance.of_pattern(sv(rule.pattern.data(), rule.pattern.size()))
            self.c.paths.push_back(rule)
        self.c.other, self.c.page_view = tables["other"], tables["page_view"]
        self.c.machine_agents, self.c.studio_hosts = tables["machine_agents"], tables["studio_hosts"]

    cdef add(self, dict d):
        cdef Meaning m
        m.kind, m.mode, m.fate = d["kind"], d["mode"], d["fate"]
        m.reads_payload, m.joins, m.staff, m.profile = d["reads_payload"], d["joins"], d["staff"], d["profile"]
        m.category = d["category"]
        m.module, m.panel, m.course, m.user = d["module"], d["panel"], d["course"], d["user"]
        m.page, m.final_grade = d["page"], d["final_grade"]
        m.submits = d["submit"] is not None
        if m.submits:
            s = d["submit"]
            m.act, m.code, m.trust, m.form = s["act"], s["code"], s["trust"], s["form"]
            m.whole.essay, m.whole.answer, m.whole.item, m.whole.attempts = s["essay"], s["answer"], s["item"], s["attempts"]
            m.whole.correct, m.whole.earned, m.whole.possible, m.whole.key = s["correct"], s["earned"], s["possible"], s["key"]
        if d["post"] is not None:
            p = d["post"]
            m.post.type, m.post.trust, m.post.word, m.post.needs_content = p["type"], p["trust"], p["word"], p["needs_content"]
            m.post.key, m.post.about, m.post.content, m.post.undo = p["key"], p["about"], p["content"], p["undo"]
        m.assess.on = d["assess"] is not None
        if m.assess.on:
            a = d["assess"]
            m.assess.grader, m.assess.key, m.assess.rubric = a["grader"], a["key"], a["rubric"]
            m.assess.earned, m.assess.possible, m.assess.feedback = a["earned"], a["possible"], a["feedback"]
        self.add_questions(m, d["questions"])
        m.clicks = d["click_code"] is not None
        if m.clicks:
            m.click_code = d["click_code"]
        for i, numbers in enumerate(d["click_numbers"]):
            m.click_numbers[i] = numbers
        self.c.all.push_back(m)

    cdef add_questions(self, Meaning& m, list questions):
        cdef QuestionRule q
        for q.type, q.name, q.form, q.answer in questions:
            m.questions.push_back(q)
