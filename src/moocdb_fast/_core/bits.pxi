# A bit for each line: which have a row, and how many of those come before.

cdef extern from "bits.hpp" namespace "moocdb":
    uint8_t set_bit(uint64_t*, int64_t) nogil
    int64_t bits_before(const uint64_t*, const int64_t*, int64_t) nogil


def set_bits(uint64_t[::1] words not None, const int64_t[::1] at not None):
    cdef Py_ssize_t i, n = at.shape[0]
    out = np.empty(n, np.uint8)
    cdef uint8_t[::1] was = out
    with nogil:
        for i in range(n):
            was[i] = set_bit(&words[0], at[i])
    return out


def count_bits(const uint64_t[::1] words not None, const int64_t[::1] before not None, const int64_t[::1] at not None):
    cdef Py_ssize_t i, n = at.shape[0]
    out = np.empty(n, np.int64)
    cdef int64_t[::1] to = out
    with nogil:
        for i in range(n):
            to[i] = bits_before(&words[0], &before[0], at[i])
    return out
