# What events/ declares, handed to C++ (see events/compiled.py).

cdef extern from "meanings.hpp" namespace "moocdb":
    cdef cppclass Meaning:
        uint8_t kind, mode, fate, act, code, trust, form
        cbool reads_payload, clicks, submits, joins
        string category
        vector[vector[string]] module, panel, course, user, click_code
        vector[vector[string]] click_numbers[5]
    cdef cppclass PathRule:
        int meaning
        string pattern, action
        vector[string] categories
    cdef cppclass Meanings:
        vector[Meaning] all
        unordered_map[string, int] browser, others
        vector[PathRule] paths
        int other, page_view
        vector[string] machine_agents, studio_hosts


cdef class Tables:
    """The compiled declarations."""
    cdef Meanings c

    def __init__(self, dict tables):
        cdef PathRule rule
        for m in tables["meanings"]:
            self.add(m)
        self.c.browser = tables["browser"]
        self.c.others = tables["others"]
        for meaning, pattern, action, categories in tables["paths"]:
            rule.meaning, rule.pattern, rule.action, rule.categories = meaning, pattern, action, categories
            self.c.paths.push_back(rule)
        self.c.other, self.c.page_view = tables["other"], tables["page_view"]
        self.c.machine_agents, self.c.studio_hosts = tables["machine_agents"], tables["studio_hosts"]

    cdef add(self, dict d):
        cdef Meaning m
        m.kind, m.mode, m.fate = d["kind"], d["mode"], d["fate"]
        m.reads_payload, m.joins, m.category = d["reads_payload"], d["joins"], d["category"]
        m.module, m.panel, m.course, m.user = d["module"], d["panel"], d["course"], d["user"]
        m.submits = d["submit"] is not None
        if m.submits:
            m.act, m.code, m.trust, m.form = d["submit"]
        m.clicks = d["click_code"] is not None
        if m.clicks:
            m.click_code = d["click_code"]
        for i, numbers in enumerate(d["click_numbers"]):
            m.click_numbers[i] = numbers
        self.c.all.push_back(m)
