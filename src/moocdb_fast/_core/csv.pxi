# Arrow buffers to CSV text.

cdef extern from "csv.hpp" namespace "moocdb":
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
    void put_cell(sv, string&) except +
    void put_rows(const vector[CsvColumn]&, int64_t, string&) except + nogil

cdef extern from "text.hpp" namespace "moocdb":
    char* put_int(char*, int64_t)

CELLS = ("int8", "int32", "int64", "real", "time", "text", "coded")


def render_cells(const int64_t[::1] offsets not None, const uint8_t[::1] data not None):
    cdef Py_ssize_t i, n = offsets.shape[0] - 1
    cdef const char* p = <const char*> p8(data)
    cdef string out
    ends = np.empty(n + 1, np.int64)
    cdef int64_t[::1] view = ends
    view[0] = 0
    for i in range(n):
        put_cell(sv(p + offsets[i], offsets[i + 1] - offsets[i]), out)
        view[i + 1] = out.size()
    return ends, <bytes> out


def csv_rows(list columns not None, int64_t n):
    cdef vector[CsvColumn] cs
    cdef CsvColumn c
    cdef string out
    cdef size_t address
    cdef const int64_t[::1] cell_offsets
    for cell, values, valid, offsets, first, rendered in columns:
        c.cell = <Cell> <int> CELLS.index(cell)
        address = values
        c.values = <const void*> address
        address = valid
        c.valid = <const uint8_t*> address
        address = offsets
        c.offsets = <const int32_t*> address
        c.first = first
        if rendered is not None:
            cell_offsets = rendered[0]
            c.cell_offsets = p64(cell_offsets)
            c.cells = <const char*> <bytes?> rendered[1]
        cs.push_back(c)
    with nogil:
        put_rows(cs, n, out)
    return <bytes> out


def join_numbers(list columns not None):
    cdef Py_ssize_t n = len(columns[0]), i, k = len(columns), j
    cdef vector[const int64_t*] ps
    cdef vector[char] data
    cdef vector[int32_t] offsets
    cdef char b[24]
    cdef char* end
    for column in columns:
        ps.push_back(p64(column))
    offsets.reserve(n + 1)
    data.reserve(n * 12)
    offsets.push_back(0)
    for i in range(n):
        for j in range(k):
            if j:
                data.push_back(58)
            end = put_int(b, ps[j][i])
            data.insert(data.end(), &b[0], end)
        offsets.push_back(<int32_t> data.size())
    return i32(offsets), chars(data)
