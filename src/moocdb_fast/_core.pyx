# distutils: language = c++
# cython: language_level=3, boundscheck=False, wraparound=False, embedsignature=True
"""The compiled kernel: a thin skin over the C++ headers in `_core/`. It prints nothing and decides nothing.

    tables.pxi      what events/ declares, handed to C++
    scan.pxi        lines to columns: the scan of a shard
    bits.pxi        a bit for each line
    merge.pxi       dictionaries across shards; courses for events that name none
    resolve.pxi     the pass over a user's events
    rows.pxi        columns of rows: codes of the whole, places, texts, pairs of codes
    tree.pxi        dimension tables: texts put together from columns, the tree of pages
    csv.pxi         Arrow buffers to CSV text
    lines.pxi       single lines and payloads, whole
    dump.pxi        SQL dumps: statements, and rows as columns
    php.pxi         what PHP serialized, as values or as columns

Typed signatures with documentation are in `_core.pyi`.
"""

cimport cython
from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memchr, memcpy
from libcpp cimport bool as cbool
from libcpp.memory cimport make_shared, shared_ptr
from libcpp.pair cimport pair
from libcpp.string cimport string
from libcpp.unordered_map cimport unordered_map
from libcpp.vector cimport vector

import numpy as np

cdef extern from "text.hpp" namespace "moocdb":
    cdef cppclass sv "moocdb::sv":
        sv()
        sv(const char*, size_t)
        const char* data()
        size_t size()


cdef inline object i32(const vector[int32_t]& v):
    out = np.empty(v.size(), np.int32)
    cdef int32_t[::1] view = out
    if v.size():
        memcpy(&view[0], v.data(), v.size() * 4)
    return out


cdef inline object i64(const vector[int64_t]& v):
    out = np.empty(v.size(), np.int64)
    cdef int64_t[::1] view = out
    if v.size():
        memcpy(&view[0], v.data(), v.size() * 8)
    return out


cdef inline object u64(const vector[uint64_t]& v):
    out = np.empty(v.size(), np.uint64)
    cdef uint64_t[::1] view = out
    if v.size():
        memcpy(&view[0], v.data(), v.size() * 8)
    return out


cdef inline object u8(const vector[uint8_t]& v):
    out = np.empty(v.size(), np.uint8)
    cdef uint8_t[::1] view = out
    if v.size():
        memcpy(&view[0], v.data(), v.size())
    return out


cdef inline object f64(const vector[double]& v):
    out = np.empty(v.size(), np.float64)
    cdef double[::1] view = out
    if v.size():
        memcpy(&view[0], v.data(), v.size() * 8)
    return out


cdef inline object chars(const vector[char]& v):
    return (<const char*> v.data())[:v.size()] if v.size() else b""


include "_core/tables.pxi"
include "_core/scan.pxi"
include "_core/resolve.pxi"
include "_core/rows.pxi"
include "_core/bits.pxi"
include "_core/merge.pxi"
include "_core/tree.pxi"
include "_core/csv.pxi"
include "_core/lines.pxi"
include "_core/dump.pxi"
include "_core/php.pxi"
