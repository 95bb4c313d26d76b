# What PHP's serialize() writes, as Python values or as columns of answers.

cdef extern from "php.hpp" namespace "moocdb":
    cdef enum PhpKind "moocdb::PhpNode::Kind":
        PHP_NOTHING "moocdb::PhpNode::nothing"
        PHP_BOOLEAN "moocdb::PhpNode::boolean"
        PHP_INTEGER "moocdb::PhpNode::integer"
        PHP_REAL "moocdb::PhpNode::real"
        PHP_TEXT "moocdb::PhpNode::text"
        PHP_ARRAY "moocdb::PhpNode::array"
    cdef cppclass PhpNode:
        PhpKind kind
        uint32_t end
        int64_t i
        double d
        sv s
    cdef cppclass Php:
        vector[PhpNode] nodes
        const char* bad
        size_t bad_at
        cbool odd
        cbool read(sv) except +
    cdef cppclass PhpAnswers:
        vector[uint8_t] status, has_answers, shape
        vector[int64_t] start, saved, question_offsets, value_offsets
        vector[int32_t] answer_row, value_answer
        vector[char] question_data, value_data
        void add(sv) except +
        void add_missing() except +


cdef object php_object(const PhpNode* nodes, uint32_t at):
    cdef const PhpNode* node = &nodes[at]
    cdef uint32_t key
    if node.kind == PHP_TEXT:
        return node.s.data()[:node.s.size()]
    if node.kind == PHP_INTEGER:
        return node.i
    if node.kind == PHP_REAL:
        return node.d
    if node.kind == PHP_BOOLEAN:
        return node.i != 0
    if node.kind == PHP_NOTHING:
        return None
    found = {}
    key = at + 1
    while key < node.end:
        found[php_object(nodes, key)] = php_object(nodes, key + 1)
        key = nodes[key + 1].end
    return found


def php_loads(const uint8_t[::1] data not None):
    cdef Php php
    if not php.read(sv(<const char*> p8(data), data.shape[0])):
        raise ValueError(f"byte {php.bad_at}: {php.bad.decode()}")
    if php.odd:
        return NotImplemented
    return php_object(php.nodes.data(), 0)


def php_answers(const int64_t[::1] offsets not None, const uint8_t[::1] data not None, const uint8_t[::1] valid not None):
    cdef Py_ssize_t i, n = offsets.shape[0] - 1
    cdef const char* p = <const char*> p8(data)
    cdef PhpAnswers out
    if n < 0 or valid.shape[0] < n or offsets[n] > data.shape[0]:
        raise ValueError("buffers that are too short")
    for i in range(n):
        if valid[i]:
            out.add(sv(p + offsets[i], offsets[i + 1] - offsets[i]))
        else:
            out.add_missing()
    return {
        "status": u8(out.status),
        "start": i64(out.start),
        "saved": i64(out.saved),
        "has_answers": u8(out.has_answers),
        "answer_row": i32(out.answer_row),
        "question_offsets": i64(out.question_offsets),
        "question_data": np.frombuffer(chars(out.question_data), np.uint8),
        "shape": u8(out.shape),
        "value_answer": i32(out.value_answer),
        "value_offsets": i64(out.value_offsets),
        "value_data": np.frombuffer(chars(out.value_data), np.uint8),
    }
