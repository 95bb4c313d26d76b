# Columns of rows: codes of the whole, places, texts, pairs of codes.

cdef extern from "rows.hpp" namespace "moocdb":
    cdef cppclass PairIndex:
        int32_t size()
        int32_t first(int32_t)
        int32_t second(int32_t)
        int32_t at(int32_t, int32_t, cbool) except + nogil
    void c_scatter "moocdb::scatter"[T](const T*, const int32_t*, int64_t, T*) nogil
    void scatter_codes(const int32_t*, const int32_t*, const int32_t*, int64_t, int32_t*) nogil
    void c_find_places "moocdb::find_places"(int64_t, const int32_t*, int64_t, const int64_t*, int32_t*) except + nogil
    void c_order_children "moocdb::order_children"(int64_t, const int32_t*, int64_t, int64_t*, int32_t*) nogil

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(str, Py_ssize_t*) except NULL

ctypedef fused Value:
    uint8_t
    int32_t
    int64_t
    uint64_t
    double


def translate(const int32_t[::1] column not None, const int32_t[::1] codes not None):
    cdef Py_ssize_t i, n = column.shape[0]
    out = np.empty(n, np.int32)
    cdef int32_t[::1] to = out
    with nogil:
        for i in range(n):
            to[i] = -1 if column[i] < 0 else codes[column[i]]
    return out


def scatter(const Value[::1] column not None, const int32_t[::1] place not None, Value[::1] out not None, const int32_t[::1] codes=None):
    cdef Py_ssize_t n = place.shape[0]
    if n == 0:
        return
    if column.shape[0] != n:
        raise ValueError("column and place differ in length")
    if Value is int32_t:
        if codes is not None:
            with nogil:
                scatter_codes(&column[0], &codes[0], &place[0], n, &out[0])
            return
    with nogil:
        c_scatter(&column[0], &place[0], n, &out[0])


ctypedef fused Row:
    int32_t
    int64_t


def pick(const Value[::1] column not None, const Row[::1] rows not None):
    cdef Py_ssize_t i, n = rows.shape[0]
    out = np.empty(n, np.asarray(column).dtype)
    cdef Value[::1] to = out
    with nogil:
        for i in range(n):
            to[i] = column[rows[i]]
    return out


def look_up(const int32_t[::1] ids not None, const int32_t[::1] codes not None, const int64_t[::1] rows not None):
    cdef Py_ssize_t i, n = rows.shape[0]
    cdef int32_t code
    out = np.empty(n, np.int32)
    cdef int32_t[::1] to = out
    with nogil:
        for i in range(n):
            code = codes[rows[i]]
            to[i] = 0 if code < 0 else ids[code]
    return out


def find_places(const int32_t[::1] group not None, int64_t groups, const int64_t[::1] time not None):
    cdef int64_t n = group.shape[0]
    out = np.empty(n, np.int32)
    cdef int32_t[::1] place = out
    if n:
        with nogil:
            c_find_places(n, &group[0], groups, &time[0], &place[0])
    return out


def order_children(const int32_t[::1] row not None, int64_t n):
    starts, children = np.empty(n + 1, np.int64), np.empty(row.shape[0], np.int32)
    cdef int64_t[::1] start = starts
    cdef int32_t[::1] child = children
    cdef const int32_t* rows = p32(row)
    cdef int32_t* to = &child[0] if child.shape[0] else NULL
    cdef int64_t m = row.shape[0]
    with nogil:
        c_order_children(m, rows, n, &start[0], to)
    return starts, children


def take_texts(const int64_t[::1] ends not None, const uint8_t[::1] data not None, const int64_t[::1] rows not None):
    cdef Py_ssize_t i, n = rows.shape[0]
    cdef int64_t total = 0, size
    out = np.empty(n + 1, np.int32)
    cdef int32_t[::1] to = out
    to[0] = 0
    for i in range(n):
        if rows[i] >= 0:
            total += ends[rows[i] + 1] - ends[rows[i]]
        if total > 0x7fffffff:
            raise OverflowError("texts of more than 2 GB in one batch")
        to[i + 1] = <int32_t> total
    texts = np.empty(total, np.uint8)
    cdef uint8_t[::1] bytes_ = texts
    with nogil:
        for i in range(n):
            size = to[i + 1] - to[i]
            if size:
                memcpy(&bytes_[to[i]], &data[ends[rows[i]]], size)
    return out, texts


def join_texts(list texts not None):
    cdef Py_ssize_t n = len(texts), i, size
    cdef string data
    cdef const char* p
    cdef bytes raw
    ends, valid = np.zeros(n + 1, np.int64), np.ones(n, np.uint8)
    cdef int64_t[::1] to = ends
    cdef uint8_t[::1] known = valid
    for i in range(n):
        text = texts[i]
        if text is None:
            known[i] = 0
        elif isinstance(text, str):
            p = PyUnicode_AsUTF8AndSize(text, &size)
            data.append(p, size)
        else:
            raw = text
            data.append(<const char*> raw, len(raw))
        to[i + 1] = data.size()
    return ends, np.frombuffer(<bytes> data, np.uint8), valid


cdef class FirstUse:
    cdef vector[uint8_t] seen
    cdef vector[int32_t] order

    def add(self, const int32_t[::1] codes not None, const uint8_t[::1] flags=None, uint8_t without=0):
        cdef Py_ssize_t i, n = codes.shape[0]
        cdef vector[int64_t] rows
        cdef int32_t c, last = -1
        for i in range(n):
            c = codes[i]
            if c < 0 or c == last or (without and flags[i] & without):
                continue
            last = c
            if <size_t> c >= self.seen.size():
                self.seen.resize(max(2 * self.seen.size(), <size_t> c + 64), 0)
            if not self.seen[c]:
                self.seen[c] = 1
                self.order.push_back(c)
                rows.push_back(i)
        return i64(rows)

    def codes(self):
        return i32(self.order)


cdef class PairCounts:
    cdef PairIndex index
    cdef vector[int64_t] count

    def see(self, const int32_t[::1] a not None, const int32_t[::1] b not None):
        cdef Py_ssize_t i
        cdef int32_t number
        for i in range(a.shape[0]):
            number = self.index.at(a[i], b[i], True)
            if number == <int32_t> self.count.size():
                self.count.push_back(0)
            self.count[number] += 1

    def numbers(self, const int32_t[::1] a not None, const int32_t[::1] b not None, const int32_t[::1] names not None):
        cdef Py_ssize_t i
        out = np.empty(a.shape[0], np.int32)
        cdef int32_t[::1] to = out
        cdef Py_ssize_t n = a.shape[0]
        with nogil:
            for i in range(n):
                to[i] = names[self.index.at(a[i], b[i], False)]
        return out

    def pairs(self):
        return pairs_of(self.index)

    def counts(self):
        return i64(self.count)

    def __reduce__(self):
        return _pair_counts_of, (*self.pairs(), self.counts())


def _pair_counts_of(const int32_t[::1] a not None, const int32_t[::1] b not None, const int64_t[::1] counts not None):
    cdef PairCounts made = PairCounts()
    cdef Py_ssize_t i
    made.see(a, b)
    for i in range(counts.shape[0]):
        made.count[i] = counts[i]
    return made


cdef object pairs_of(PairIndex& index):
    cdef int32_t n
    a, b = np.empty(index.size(), np.int32), np.empty(index.size(), np.int32)
    cdef int32_t[::1] first = a, second = b
    for n in range(index.size()):
        first[n], second[n] = index.first(n), index.second(n)
    return a, b


cdef class PairTable:
    cdef PairIndex index
    cdef vector[int64_t] first
    cdef vector[int64_t] value

    def __len__(self):
        return self.index.size()

    def see(self, const int32_t[::1] a not None, const int32_t[::1] b not None, const int64_t[::1] rank not None, const int64_t[::1] value=None):
        cdef Py_ssize_t i, n = a.shape[0]
        out = np.empty(n, np.int32)
        cdef int32_t[::1] codes = out
        cdef int32_t code
        for i in range(n):
            code = self.index.at(a[i], b[i], True)
            if code == <int32_t> self.first.size():
                self.first.push_back(0x7fffffffffffffff)
                self.value.push_back(-1)
            codes[i] = code
            if rank[i] < self.first[code]:
                self.first[code] = rank[i]
                if value is not None:
                    self.value[code] = value[i]
        return out

    def numbers(self, const int32_t[::1] a not None, const int32_t[::1] b not None):
        cdef Py_ssize_t i
        out = np.empty(a.shape[0], np.int32)
        cdef int32_t[::1] to = out
        for i in range(a.shape[0]):
            to[i] = self.index.at(a[i], b[i], False)
        return out

    def pairs(self):
        return pairs_of(self.index)

    def firsts(self):
        return i64(self.first), i64(self.value)

    def __reduce__(self):
        return _pair_table_of, (*self.pairs(), *self.firsts())


def _pair_table_of(a, b, rank, value):
    made = PairTable()
    made.see(a, b, rank, value)
    return made
