# Dictionaries across shards, first appearances.

cdef class Dictionary:
    cdef StringDict c

    def __len__(self):
        return self.c.size()

    def intern(self, const int64_t[::1] offsets not None, const uint8_t[::1] data not None):
        cdef Py_ssize_t n = offsets.shape[0] - 1, i
        out = np.empty(n, np.int32)
        cdef int32_t[::1] codes = out
        cdef const char* p = <const char*> p8(data)
        for i in range(n):
            codes[i] = self.c.intern(sv(p + offsets[i], offsets[i + 1] - offsets[i]))
        return out

    def add(self, bytes text not None):
        return self.c.intern(sv(text, len(text)))

    def find(self, bytes text not None):
        return self.c.find(sv(text, len(text)))

    def buffers(self):
        return dictionary(self.c)


cdef class FirstUse:
    cdef vector[uint8_t] seen
    cdef vector[int32_t] order

    def add(self, const int32_t[::1] codes not None):
        cdef Py_ssize_t i, n = codes.shape[0]
        cdef vector[int64_t] rows
        cdef int32_t c
        for i in range(n):
            c = codes[i]
            if c < 0:
                continue
            if <size_t> c >= self.seen.size():
                self.seen.resize(max(2 * self.seen.size(), <size_t> c + 64), 0)
            if not self.seen[c]:
                self.seen[c] = 1
                self.order.push_back(c)
                rows.push_back(i)
        return i64(rows)

    def codes(self):
        return i32(self.order)


cdef class PairTable:
    cdef unordered_map[uint64_t, int32_t] index
    cdef vector[int32_t] a, b
    cdef vector[int64_t] first
    cdef vector[int64_t] value

    def __len__(self):
        return self.a.size()

    def see(self, const int32_t[::1] a not None, const int32_t[::1] b not None, const int64_t[::1] rank not None, const int64_t[::1] value=None):
        cdef Py_ssize_t i, n = a.shape[0]
        out = np.empty(n, np.int32)
        cdef int32_t[::1] codes = out
        cdef int32_t code, last_a = -1, last_b = -1, last = -1
        cdef uint64_t key
        for i in range(n):
            if last >= 0 and a[i] == last_a and b[i] == last_b:
                code = last
            else:
                key = (<uint64_t> <unsigned int> a[i]) << 32 | <unsigned int> b[i]
                it = self.index.find(key)
                if it == self.index.end():
                    code = <int32_t> self.a.size()
                    self.index[key] = code
                    self.a.push_back(a[i])
                    self.b.push_back(b[i])
                    self.first.push_back(0x7fffffffffffffff)
                    self.value.push_back(-1)
                else:
                    code = self.index[key]
                last, last_a, last_b = code, a[i], b[i]
            codes[i] = code
            if rank[i] < self.first[code]:
                self.first[code] = rank[i]
                if value is not None:
                    self.value[code] = value[i]
        return out

    def pairs(self):
        return i32(self.a), i32(self.b)

    def firsts(self):
        return i64(self.first), i64(self.value)


cdef extern from "address.hpp" namespace "moocdb":
    cdef cppclass Page:
        string base, panel, place, course
        int level
        cbool frame
    Page c_read_page "moocdb::read_page"(sv) except +


def read_page(bytes address not None):
    cdef Page p = c_read_page(sv(address, len(address)))
    return p.course, p.level


cdef class Placer:
    cdef unordered_map[uint64_t, int32_t] first, last
    cdef unordered_map[int32_t, int32_t] anyone

    def see(self, const int32_t[::1] user not None, const int32_t[::1] course not None, const int32_t[::1] number not None):
        cdef Py_ssize_t i
        cdef uint64_t key
        for i in range(user.shape[0]):
            if number[i] >= 0:
                key = (<uint64_t> <unsigned int> user[i]) << 32 | <unsigned int> number[i]
                self.first.insert(pair[uint64_t, int32_t](key, course[i]))
                self.anyone.insert(pair[int32_t, int32_t](number[i], course[i]))

    def place(self, const int32_t[::1] user not None, const int32_t[::1] course not None, const int32_t[::1] number not None, const int32_t[::1] wanted not None):
        cdef Py_ssize_t i, n = user.shape[0]
        cdef uint64_t key
        out = np.empty(n, np.int32)
        cdef int32_t[::1] placed = out
        for i in range(n):
            placed[i] = course[i]
            if number[i] >= 0:
                self.last[(<uint64_t> <unsigned int> user[i]) << 32 | <unsigned int> number[i]] = course[i]
            elif course[i] < 0 and wanted[i] >= 0:
                key = (<uint64_t> <unsigned int> user[i]) << 32 | <unsigned int> wanted[i]
                if self.last.count(key):
                    placed[i] = self.last[key]
                elif self.first.count(key):
                    placed[i] = self.first[key]
                elif self.anyone.count(wanted[i]):
                    placed[i] = self.anyone[wanted[i]]
        return out
