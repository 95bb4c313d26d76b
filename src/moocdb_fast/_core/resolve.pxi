# The pass over a user's events.

cdef extern from "resolve.hpp" namespace "moocdb":
    cdef cppclass Sorted:
        int64_t n
        const int64_t* time
        const uint64_t* hash
        int32_t *base
        int32_t *panel
        int32_t *duration
        uint8_t *outcome
        const int32_t *user
        const int32_t *course
        const int32_t *dest
        const int32_t *module
        const int32_t *about
        const uint8_t *kind
        const uint8_t *flags
        const uint8_t *submit
        const uint8_t *base_level
        const int32_t *base_place
        const int64_t *part_start
        const int32_t *part_module
        const int32_t *part_numbers
        const uint8_t *part_answered
        const uint8_t *part_marked
        cbool keep_duplicates
    cdef cppclass Resolved:
        vector[int32_t] part_row, part_module, part_numbers
        vector[int32_t] score_row, score_record
        vector[int64_t] answer_from, mark_from, format_from, score_mark
    cdef cppclass Resolver:
        Resolver(const Sorted&) except +
        Resolved out
        void run() except + nogil

OUTCOMES = ("observed", "record", "closed", "duplicate", "copy", "scored")
FLAGS = {"extra": 1, "close": 2, "still": 4, "request": 8, "record": 16, "nobody": 64, "frame": 128}


cdef inline const int32_t* p32(const int32_t[::1] v):
    return &v[0] if v.shape[0] else NULL


cdef inline const int64_t* p64(const int64_t[::1] v):
    return &v[0] if v.shape[0] else NULL


cdef inline const uint8_t* p8(const uint8_t[::1] v):
    return &v[0] if v.shape[0] else NULL


def resolve(dict rows not None, dict bases not None, dict parts not None, bint keep_duplicates):
    cdef Sorted s
    cdef const uint64_t[::1] hashes = rows["hash"]
    s.n = len(rows["time"])
    s.time = p64(rows["time"])
    s.hash = &hashes[0] if s.n else NULL
    s.user, s.course, s.dest, s.module = p32(rows["user"]), p32(rows["course"]), p32(rows["dest"]), p32(rows["module"])
    cdef int32_t[::1] base = rows["base"], panel = rows["panel"], duration = rows["duration"]
    cdef uint8_t[::1] outcome = rows["outcome"]
    if s.n:
        s.base, s.panel, s.duration, s.outcome = &base[0], &panel[0], &duration[0], &outcome[0]
    s.about = p32(rows["about"])
    s.kind, s.flags, s.submit = p8(rows["kind"]), p8(rows["flags"]), p8(rows["submit"])
    s.base_level, s.base_place = p8(bases["level"]), p32(bases["place"])
    s.part_start, s.part_module, s.part_numbers = p64(parts["start"]), p32(parts["module"]), p32(parts["numbers"])
    s.part_answered, s.part_marked = p8(parts["answered"]), p8(parts["marked"])
    s.keep_duplicates = keep_duplicates
    cdef Resolver* r = new Resolver(s)
    try:
        with nogil:
            r.run()
        return {
            "row": i32(r.out.part_row), "module": i32(r.out.part_module), "numbers": i32(r.out.part_numbers),
            "answer_from": i64(r.out.answer_from), "mark_from": i64(r.out.mark_from), "format_from": i64(r.out.format_from),
        }, {"row": i32(r.out.score_row), "record": i32(r.out.score_record), "mark": i64(r.out.score_mark)}
    finally:
        del r
