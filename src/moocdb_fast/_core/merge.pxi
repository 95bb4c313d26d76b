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

    def __reduce__(self):
        return _dictionary_of, self.buffers()


def _dictionary_of(offsets, bytes data not None):
    made = Dictionary()
    made.intern(offsets, np.frombuffer(data, np.uint8))
    return made


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
    cdef PairIndex users  # (user, number of the course): first and last course
    cdef vector[int32_t] first, last
    cdef unordered_map[int32_t, int32_t] anyone

    def see(self, const int32_t[::1] user not None, const int32_t[::1] course not None, const int32_t[::1] number not None):
        cdef Py_ssize_t i
        cdef int32_t n
        for i in range(user.shape[0]):
            if number[i] >= 0:
                n = self.users.at(user[i], number[i], True)
                if n == <int32_t> self.first.size():
                    self.first.push_back(course[i])
                    self.last.push_back(-1)
                    self.anyone.insert(pair[int32_t, int32_t](number[i], course[i]))

    def place(self, const int32_t[::1] user not None, const int32_t[::1] course not None, const int32_t[::1] number not None, const int32_t[::1] wanted not None):
        cdef Py_ssize_t i, n = user.shape[0]
        cdef int32_t known
        out = np.empty(n, np.int32)
        cdef int32_t[::1] placed = out
        for i in range(n):
            placed[i] = course[i]
            if number[i] >= 0:
                self.last[self.users.at(user[i], number[i], False)] = course[i]
            elif course[i] < 0 and wanted[i] >= 0:
                known = self.users.at(user[i], wanted[i], False)
                if known >= 0:
                    placed[i] = self.last[known] if self.last[known] >= 0 else self.first[known]
                elif self.anyone.count(wanted[i]):
                    placed[i] = self.anyone[wanted[i]]
        return out
