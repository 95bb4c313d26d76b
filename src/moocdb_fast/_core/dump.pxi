# SQL dumps: where statements end, and the rows of INSERTs as columns.

from libc.stdint cimport uint32_t

cdef extern from "statements.hpp" namespace "moocdb":
    cdef cppclass Statement:
        int64_t start, end
        cbool insert, backslash
        string text
    cdef cppclass Statements:
        vector[Statement] found
        const char* bad
        int64_t bad_at
        size_t feed(const char*, size_t, int64_t, cbool) except + nogil

cdef extern from "dump.hpp" namespace "moocdb":
    cdef enum class DumpKind(uint8_t):
        integer, bit, real, text, raw, bytes
    cdef cppclass Charset:
        string name
        vector[uint32_t] table
        const uint32_t* map()
    cdef cppclass DumpColumn:
        string name
        DumpKind kind
        int out
        const Charset* held
    cdef cppclass DumpValues:
        DumpKind kind
        vector[int64_t] ints
        vector[double] reals
        vector[int32_t] ends
        vector[char] data
        vector[uint8_t] valid
        cbool textual()
    cdef cppclass c_DumpRows "moocdb::DumpRows":
        vector[DumpColumn] columns
        vector[DumpValues] values
        vector[Charset] charsets
        size_t rows
        const char* bad
        int64_t bad_at
        void begin(cbool, const uint32_t*)
        size_t feed(const char*, size_t, int64_t, cbool) except + nogil
        cbool full()
        void clear()
    int64_t c_repair_texts "moocdb::repair_texts"(vector[int32_t]&, vector[char]&) except + nogil

DUMP_KINDS = ("integer", "bit", "real", "text", "raw", "bytes")


cdef class DumpStatements:
    cdef Statements it

    def feed(self, const uint8_t[::1] data not None, Py_ssize_t n, int64_t at, cbool final):
        if not 0 <= n <= data.shape[0]:
            raise ValueError("more bytes than there are")
        cdef const char* p = <const char*> p8(data)
        cdef size_t used
        with nogil:
            used = self.it.feed(p, n, at, final)
        return used

    def take(self):
        cdef size_t i
        found = []
        for i in range(self.it.found.size()):
            s = &self.it.found[i]
            found.append((s.start, s.end, s.insert, s.backslash, <bytes> s.text))
        self.it.found.clear()
        return found

    @property
    def bad(self):
        return None if self.it.bad == NULL else (self.it.bad_at, self.it.bad.decode())


cdef class DumpRows:
    cdef c_DumpRows it

    def __cinit__(self, list columns not None, dict charsets not None):
        cdef Charset charset
        cdef DumpColumn column
        cdef DumpValues values
        for name, points in charsets.items():
            charset.name = <bytes> name
            charset.table = () if points is None else points
            if points is not None and len(points) != 256:
                raise ValueError("a table of another size than 256")
            self.it.charsets.push_back(charset)
        for name, kind, wanted, held in columns:
            column.name = <bytes> name
            column.kind = <DumpKind> <int> DUMP_KINDS.index(kind)
            column.out = -1
            column.held = self.charset(held)
            if wanted:
                column.out = self.it.values.size()
                values.kind = column.kind
                self.it.values.push_back(values)
            self.it.columns.push_back(column)

    cdef const Charset* charset(self, bytes name):
        cdef size_t i
        for i in range(self.it.charsets.size()):
            if self.it.charsets[i].name == <string> name:
                return &self.it.charsets[i]
        return NULL

    def begin(self, cbool backslash, bytes charset not None):
        cdef const Charset* found = self.charset(charset)
        if found == NULL:
            raise ValueError("a character set that was not given")
        self.it.begin(backslash, found.map())

    def feed(self, const uint8_t[::1] data not None, Py_ssize_t n, int64_t at, cbool final):
        if not 0 <= n <= data.shape[0]:
            raise ValueError("more bytes than there are")
        cdef const char* p = <const char*> p8(data)
        cdef size_t used
        with nogil:
            used = self.it.feed(p, n, at, final)
        return used

    @property
    def rows(self):
        return self.it.rows

    @property
    def full(self):
        return self.it.full()

    @property
    def bad(self):
        return None if self.it.bad == NULL else (self.it.bad_at, self.it.bad.decode())

    def take(self):
        cdef DumpValues* v
        cdef int64_t repaired
        cdef size_t i
        columns = []
        for i in range(self.it.values.size()):
            v = &self.it.values[i]
            repaired = 0
            if v.kind == DumpKind.text:
                with nogil:
                    repaired = c_repair_texts(v.ends, v.data)
            if v.textual():
                columns.append((u8(v.valid), i32(v.ends), chars(v.data), repaired))
            elif v.kind == DumpKind.real:
                columns.append((u8(v.valid), None, f64(v.reals), 0))
            else:
                columns.append((u8(v.valid), None, i64(v.ints), 0))
        self.it.clear()
        return columns
