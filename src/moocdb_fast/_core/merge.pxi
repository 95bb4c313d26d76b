# Dictionaries across shards; courses for events that name none.

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
