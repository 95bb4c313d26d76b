# Dimension tables: texts put together from columns, ranks, and the tree of pages along their addresses.

cdef extern from "tree.hpp" namespace "moocdb":
    cdef cppclass CodedText:
        const int64_t* ends
        const char* data
        const int32_t* codes
        string tail
        size_t size(int64_t) nogil
    void c_join_coded "moocdb::join_coded"(const vector[CodedText]&, int64_t, size_t, int64_t*, char*) nogil
    cbool has_hex_run(sv, size_t)
    ctypedef unordered_map[string, int32_t] Sections
    cdef cppclass PageTree:
        PageTree(const Sections&, const Sections&, int32_t)
        void add(sv) except +
        StringDict pages
        vector[int32_t] parent, source, type, own


def join_coded(list parts not None, int64_t n, int64_t limit=-1):
    cdef vector[CodedText] coded
    cdef CodedText part
    cdef const int64_t[::1] ends
    cdef const uint8_t[::1] data
    cdef const int32_t[::1] codes
    cdef int64_t i
    cdef size_t k, room = 0
    for ends, data, codes, tail in parts:
        if codes.shape[0] != n:
            raise ValueError("parts differ in length")
        part.ends, part.data, part.codes, part.tail = &ends[0], <const char*> p8(data), p32(codes), tail
        coded.push_back(part)
    with nogil:
        for k in range(coded.size()):
            for i in range(n):
                room += coded[k].size(i)
    out, texts_ = np.empty(n + 1, np.int64), np.empty(room + 1, np.uint8)
    cdef int64_t[::1] to = out
    cdef uint8_t[::1] bytes_ = texts_
    with nogil:
        c_join_coded(coded, n, <size_t> limit, &to[0], <char*> &bytes_[0])
    return out, texts_[:to[n]]


def hex_runs(const int64_t[::1] ends not None, const uint8_t[::1] data not None, size_t digits):
    cdef Py_ssize_t i, n = ends.shape[0] - 1
    cdef const char* p = <const char*> p8(data)
    out = np.empty(n, np.uint8)
    cdef uint8_t[::1] found = out
    for i in range(n):
        found[i] = has_hex_run(sv(p + ends[i], ends[i + 1] - ends[i]), digits)
    return out


def count_up(const int32_t[::1] codes not None):
    cdef Py_ssize_t i, n = codes.shape[0]
    cdef vector[int32_t] counts
    cdef int32_t code
    out = np.zeros(n, np.int32)
    cdef int32_t[::1] to = out
    for i in range(n):
        code = codes[i]
        if code < 0:
            continue
        if <size_t> code >= counts.size():
            counts.resize(max(2 * counts.size(), <size_t> code + 64), 0)
        counts[code] += 1
        to[i] = counts[code]
    return out


def grow_tree(const int64_t[::1] ends not None, const uint8_t[::1] data not None, dict by_section not None, dict by_site_section not None, int32_t other):
    cdef Sections of_course = by_section, of_site = by_site_section
    cdef PageTree* tree = new PageTree(of_course, of_site, other)
    cdef const char* p = <const char*> p8(data)
    cdef Py_ssize_t i
    try:
        for i in range(ends.shape[0] - 1):
            tree.add(sv(p + ends[i], ends[i + 1] - ends[i]))
        return dictionary(tree.pages), i32(tree.parent), i32(tree.type), i32(tree.source), i32(tree.own)
    finally:
        del tree
