# Lines to columns: the scan of a shard.

cdef extern from "simdjson.h" namespace "simdjson":
    string active_implementation "simdjson::get_active_implementation()->name"()
    const size_t SIMDJSON_PADDING

cdef extern from "reader.hpp" namespace "moocdb":
    cdef cppclass Element:
        pass
    cdef cppclass Json:
        int parse_padded(const char*, size_t, Element&) nogil
        int parse_with_simdjson(const char*, size_t, Element&) nogil

cdef extern from "dict.hpp" namespace "moocdb":
    cdef cppclass StringDict:
        int32_t intern(sv) except +
        int32_t find(sv)
        sv at(int32_t)
        int32_t size()
        const vector[int64_t]& offsets()
        const vector[char]& bytes()
    cdef cppclass TextColumn:
        vector[int64_t] offsets
        vector[char] bytes
        vector[uint8_t] valid

cdef extern from "scan.hpp" namespace "moocdb":
    cdef cppclass ScanOptions:
        cbool keep_anonymous, keep_background, keep_payloads
        size_t line_limit
        vector[string] courses
    cdef cppclass EventColumns:
        vector[int64_t] offset, time
        vector[uint64_t] hash
        vector[int32_t] user, course, type, base, panel, dest, module, agent, ip, attempts
        vector[uint8_t] kind, flags, submit
    cdef cppclass PartColumns:
        vector[int32_t] row, module, numbers, format
        TextColumn answer, feedback
        vector[uint8_t] marked
        vector[double] grade, max_grade
    cdef cppclass ClickColumns:
        vector[int32_t] row, code
        vector[double] number[5]
    cdef cppclass PostColumns:
        vector[int32_t] row, key, about
        vector[uint8_t] type
        TextColumn content
    cdef cppclass ReplyColumns:
        vector[int32_t] row, question
        TextColumn answer
    cdef cppclass VerdictColumns:
        vector[int32_t] row, key, target
        vector[uint8_t] grader, keyed
        vector[double] grade, max_grade
        TextColumn feedback
    cdef cppclass FactColumns:
        vector[int32_t] row, target
        vector[uint8_t] what
        TextColumn value
    cdef cppclass RejectRow:
        int64_t line, offset
        uint8_t reason
        string start
    cdef cppclass CScanner "moocdb::Scanner":
        CScanner(const Meanings&, const ScanOptions&, shared_ptr[Memos]) except +
        size_t feed(const char*, size_t, int64_t, cbool) except + nogil
        void too_long(int64_t, sv) except +
        StringDict users, courses, types, bases, panels, places, modules, agents, ips, formats, codes, keys, questions
        vector[uint8_t] type_mode, base_level, base_frame
        vector[int32_t] base_place, module_course
        vector[string] module_id, module_category, module_name, module_title
        vector[pair[int32_t, string]] taught
        EventColumns events
        PartColumns parts
        ClickColumns clicks
        PostColumns posts
        ReplyColumns replies
        VerdictColumns verdicts
        FactColumns facts
        TextColumn payloads
        vector[RejectRow] rejects
        int64_t lines, bad_payload, extra_events
        int64_t filtered[7]
        int64_t salvaged[7]

PADDING = SIMDJSON_PADDING
I32, I64, U64, U8 = np.dtype(np.int32), np.dtype(np.int64), np.dtype(np.uint64), np.dtype(np.uint8)
FILTERS = ("blank", "machine", "studio", "background", "anonymous", "course", "echo")
REJECTS = ("bad_json", "cut", "too_long", "too_deep", "not_an_event", "no_time", "bad_time")
REPAIRS = ("utf8", "prefix", "backslash", "surrogate", "cut_tail", "second_object")


def implementation():
    return active_implementation().decode()


def validate_lines(const uint8_t[::1] data not None):
    cdef Json json
    cdef Element e
    cdef size_t n = data.shape[0] - SIMDJSON_PADDING if data.shape[0] >= <Py_ssize_t> SIMDJSON_PADDING else 0, at = 0, end
    cdef const char* p = <const char*> &data[0] if data.shape[0] else NULL
    cdef const void* hit
    cdef int64_t good = 0
    with nogil:
        while at < n:
            hit = memchr(p + at, 10, n - at)
            end = n if hit == NULL else <const char*> hit - p
            if json.parse_with_simdjson(p + at, end - at, e) == 0:
                good += 1
            at = end + 1
    return good


@cython.final
cdef class Lent:
    """Memory of a scanner, which lives as long as somebody looks at it."""
    cdef Scanner owner
    cdef const void* start
    cdef Py_ssize_t size

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, <void*> self.start, self.size, 1, flags)


cdef object lend(Scanner owner, const void* start, size_t count, object kind):
    """A read-only array of memory of a scanner, which takes no more lines from then on."""
    if not count:
        return np.empty(0, kind)
    cdef Lent lent = Lent.__new__(Lent)
    lent.owner, lent.start, lent.size = owner, start, count * kind.itemsize
    owner.lent = True
    return np.frombuffer(lent, kind)


cdef object dictionary(const StringDict& d):
    return i64(d.offsets()), chars(d.bytes())


cdef object texts(const vector[string]& v):
    return [v[i].decode() if v[i].size() else None for i in range(v.size())]


cdef object text_column(const TextColumn& c):
    return i64(c.offsets), chars(c.bytes), u8(c.valid)


cdef class Scanner:
    cdef CScanner* c
    cdef ScanOptions options
    cdef Tables tables
    cdef bint lent

    def __cinit__(self, Tables tables not None, *, keep_anonymous=False, keep_background=False, keep_payloads=False, courses=(), line_limit=64 << 20):
        self.tables = tables
        self.options.keep_anonymous = keep_anonymous
        self.options.keep_background = keep_background
        self.options.keep_payloads = keep_payloads
        self.options.courses = [c.encode() for c in courses]
        self.options.line_limit = line_limit
        self.c = new CScanner(self.tables.c, self.options, self.tables.memos)

    def __dealloc__(self):
        del self.c

    def feed(self, const uint8_t[::1] data not None, Py_ssize_t n, int64_t offset, bint last):
        if n < 0 or n + <Py_ssize_t> SIMDJSON_PADDING > data.shape[0]:
            raise ValueError("the buffer must be readable PADDING bytes behind the data")
        if self.lent:
            raise ValueError("the columns of this scan are in use")
        cdef size_t used
        cdef cbool end = last
        with nogil:
            used = self.c.feed(<const char*> &data[0], n, offset, end)
        return used

    def too_long(self, int64_t offset, bytes start):
        self.c.too_long(offset, sv(start, len(start)))

    @property
    def lines(self):
        return self.c.lines

    @property
    def rows(self):
        return self.c.events.time.size()

    def counts(self):
        return {
            "lines_read": self.c.lines,
            "bad_payload": self.c.bad_payload,
            "extra_events": self.c.extra_events,
            "filtered": {name: self.c.filtered[i] for i, name in enumerate(FILTERS) if self.c.filtered[i]},
            "salvaged": {name: self.c.salvaged[i + 1] for i, name in enumerate(REPAIRS) if self.c.salvaged[i + 1]},
        }

    def rejects(self):
        cdef RejectRow r
        return [(r.line, r.offset, REJECTS[r.reason], <bytes> r.start) for r in self.c.rejects]

    def dictionaries(self):
        return {
            "user": dictionary(self.c.users),
            "course": dictionary(self.c.courses),
            "type": dictionary(self.c.types),
            "base": dictionary(self.c.bases),
            "panel": dictionary(self.c.panels),
            "place": dictionary(self.c.places),
            "module": dictionary(self.c.modules),
            "agent": dictionary(self.c.agents),
            "ip": dictionary(self.c.ips),
            "format": dictionary(self.c.formats),
            "code": dictionary(self.c.codes),
            "key": dictionary(self.c.keys),
            "question": dictionary(self.c.questions),
        }

    def attributes(self):
        return {
            "type": {"mode": u8(self.c.type_mode)},
            "base": {"level": u8(self.c.base_level), "place": i32(self.c.base_place)},
            "module": {
                "course": i32(self.c.module_course),
                "id": texts(self.c.module_id),
                "category": texts(self.c.module_category),
                "name": texts(self.c.module_name),
                "title": texts(self.c.module_title),
            },
        }

    def taught(self):
        return [(t.first, t.second.decode()) for t in self.c.taught]

    def events(self):
        cdef EventColumns* e = &self.c.events
        cdef size_t n = e.time.size()
        return {
            "offset": lend(self, e.offset.data(), n, I64),
            "time": lend(self, e.time.data(), n, I64),
            "hash": lend(self, e.hash.data(), n, U64),
            "user": lend(self, e.user.data(), n, I32),
            "course": lend(self, e.course.data(), n, I32),
            "type": lend(self, e.type.data(), n, I32),
            "base": lend(self, e.base.data(), n, I32),
            "panel": lend(self, e.panel.data(), n, I32),
            "dest": lend(self, e.dest.data(), n, I32),
            "module": lend(self, e.module.data(), n, I32),
            "agent": lend(self, e.agent.data(), n, I32),
            "ip": lend(self, e.ip.data(), n, I32),
            "attempts": lend(self, e.attempts.data(), n, I32),
            "kind": lend(self, e.kind.data(), n, U8),
            "flags": lend(self, e.flags.data(), n, U8),
            "submit": lend(self, e.submit.data(), n, U8),
        }

    def parts(self):
        cdef PartColumns* p = &self.c.parts
        return {
            "row": i32(p.row), "module": i32(p.module), "numbers": i32(p.numbers), "format": i32(p.format),
            "answer": text_column(p.answer), "feedback": text_column(p.feedback), "marked": u8(p.marked),
            "grade": f64(p.grade), "max_grade": f64(p.max_grade),
        }

    def clicks(self):
        cdef ClickColumns* k = &self.c.clicks
        return {
            "row": i32(k.row), "code": i32(k.code), "current_time": f64(k.number[0]), "old_time": f64(k.number[1]),
            "new_time": f64(k.number[2]), "old_speed": f64(k.number[3]), "new_speed": f64(k.number[4]),
        }

    def posts(self):
        cdef PostColumns* p = &self.c.posts
        return {"row": i32(p.row), "type": u8(p.type), "key": i32(p.key), "about": i32(p.about), "content": text_column(p.content)}

    def replies(self):
        cdef ReplyColumns* r = &self.c.replies
        return {"row": i32(r.row), "question": i32(r.question), "answer": text_column(r.answer)}

    def verdicts(self):
        cdef VerdictColumns* v = &self.c.verdicts
        return {
            "row": i32(v.row), "key": i32(v.key), "keyed": u8(v.keyed), "target": i32(v.target), "grader": u8(v.grader),
            "grade": f64(v.grade), "max_grade": f64(v.max_grade), "feedback": text_column(v.feedback),
        }

    def facts(self):
        cdef FactColumns* f = &self.c.facts
        return {"row": i32(f.row), "target": i32(f.target), "what": u8(f.what), "value": text_column(f.value)}

    def payloads(self):
        return {"payload": text_column(self.c.payloads)}


def find_newline(const uint8_t[::1] data not None, Py_ssize_t begin, Py_ssize_t end):
    if begin < 0 or end > data.shape[0] or begin >= end:
        return -1
    cdef const uint8_t* p = &data[0]
    cdef const void* hit = memchr(p + begin, 10, end - begin)
    return -1 if hit == NULL else <Py_ssize_t> (<const uint8_t*> hit - p)
