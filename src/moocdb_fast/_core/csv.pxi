# Arrow buffers to CSV text.

cdef extern from "csv.hpp" namespace "moocdb":
    const size_t CELL_STEP
    cdef enum class Cell(int):
        int8, int32, int64, real, time, text, coded
    cdef cppclass CsvColumn:
        Cell cell
        const void* values
        const uint8_t* valid
        const int32_t* offsets
        int64_t first
        const int64_t* cell_offsets
        const char* cells
        int64_t longest
    cdef cppclass CCsvRows "moocdb::CsvRows":
        vector[CsvColumn] columns
        int64_t left
        size_t fill(char*, size_t) nogil
        size_t need()
    size_t longest_cell(size_t)
    char* put_cell(sv, char*)
    char* put_number(char*, int64_t) nogil

CELLS = ("int8", "int32", "int64", "real", "time", "text", "coded")


def render_cells(const int64_t[::1] offsets not None, const uint8_t[::1] data not None):
    cdef Py_ssize_t i, n = offsets.shape[0] - 1
    cdef int64_t longest = 0
    cdef const char* p = <const char*> p8(data)
    cdef char* at
    cdef vector[char] out
    cdef size_t used = 0
    ends = np.empty(n + 1, np.int64)
    cdef int64_t[::1] view = ends
    view[0] = 0
    out.resize(longest_cell(offsets[n] - offsets[0] if n > 0 else 0) + 2 * n + CELL_STEP)
    for i in range(n):
        at = out.data() + used
        used += put_cell(sv(p + offsets[i], offsets[i + 1] - offsets[i]), at) - at
        view[i + 1] = used
        longest = max(longest, view[i + 1] - view[i])
    return ends, (<const char*> out.data())[:used + CELL_STEP], longest


cdef class CsvRows:
    cdef CCsvRows c
    cdef object kept

    def __cinit__(self, list columns not None, int64_t n):
        cdef CsvColumn c
        cdef size_t address
        cdef const int64_t[::1] cell_offsets
        self.kept = columns
        for cell, values, valid, offsets, first, rendered in columns:
            c.cell = <Cell> <int> CELLS.index(cell)
            address = values
            c.values = <const void*> address
            address = valid
            c.valid = <const uint8_t*> address
            address = offsets
            c.offsets = <const int32_t*> address
            c.first = first
            c.longest = 0
            if rendered is not None:
                cell_offsets = rendered[0]
                c.cell_offsets = p64(cell_offsets)
                c.cells = <const char*> <bytes?> rendered[1]
                c.longest = rendered[2]
            self.c.columns.push_back(c)
        self.c.left = n

    @property
    def left(self):
        return self.c.left

    @property
    def need(self):
        return self.c.need()

    def fill(self, uint8_t[::1] buffer not None):
        cdef char* out = <char*> &buffer[0]
        cdef size_t room = buffer.shape[0], used
        with nogil:
            used = self.c.fill(out, room)
        return used


def join_numbers(list columns not None):
    cdef Py_ssize_t n = len(columns[0]), i, k = len(columns), j
    cdef vector[const int64_t*] ps
    cdef char* at
    cdef char* begin
    for column in columns:
        ps.push_back(p64(column))
    ends, data = np.empty(n + 1, np.int32), np.empty(21 * k * n + 1, np.uint8)
    cdef int32_t[::1] offsets = ends
    cdef uint8_t[::1] bytes_ = data
    begin = at = <char*> &bytes_[0]
    offsets[0] = 0
    with nogil:
        for i in range(n):
            for j in range(k):
                if j:
                    at[0] = 58
                    at += 1
                at = put_number(at, ps[j][i])
            offsets[i + 1] = <int32_t> (at - begin)
    return ends, data[:at - begin]
