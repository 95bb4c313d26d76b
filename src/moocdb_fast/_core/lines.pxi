# Single lines, for those who want them whole: what the scan made of a line, as JSON text.

cdef extern from "payload.hpp" namespace "moocdb":
    cdef cppclass LineJson "moocdb::Json":
        int parse(sv, Element&) except +
    ctypedef int PayloadKind "moocdb::Payload"
    PayloadKind VALUE "moocdb::Payload::value"
    cdef cppclass Decoded:
        PayloadKind what
        Element value
        sv text
    void c_decode_text "moocdb::decode_text"(sv, LineJson&, Decoded&) except +
    void put_json(Element, string&) except +

cdef extern from "address.hpp" namespace "moocdb":
    cbool c_clean_address "moocdb::clean_address"(sv, sv, string&) except +

cdef extern from "payload.hpp" namespace "moocdb":
    cdef cppclass Document:
        string text
        size_t at
    cdef cppclass Repaired:
        vector[Document] documents
        cbool bad
    Repaired take_apart(sv, LineJson&) except +


cdef extern from "compare.hpp" namespace "moocdb":
    ctypedef int8_t Reading "moocdb::Reading"
    vector[Reading] c_compare_readers "moocdb::compare_readers"(const char*, size_t) except +


cdef LineJson _line_json  # of one call at a time: the interpreter's lock is held


def documents(bytes line not None):
    cdef Element e
    cdef Repaired r
    if _line_json.parse(sv(line, len(line)), e) == 0:
        return [(0, line)]
    r = take_apart(sv(line, len(line)), _line_json)
    if r.bad:
        return []
    found = []
    for i in range(r.documents.size()):
        if _line_json.parse(sv(r.documents[i].text.data(), r.documents[i].text.size()), e) == 0:
            found.append((r.documents[i].at if i else 0, <bytes> r.documents[i].text))
    return found


def decode_payload(bytes text not None):
    cdef Decoded d
    cdef string out
    cdef bytes padded = text + bytes(SIMDJSON_PADDING)
    c_decode_text(sv(padded, len(text)), _line_json, d)
    if d.what != VALUE:
        return False, <bytes> d.text.data()[:d.text.size()]
    put_json(d.value, out)
    return True, <bytes> out


def clean_address(bytes text not None, bytes host not None=b""):
    cdef string out
    if c_clean_address(sv(text, len(text)), sv(host, len(host)), out):
        return <bytes> out
    return None


def compare_readers(bytes lines not None):
    cdef bytes padded = lines + bytes(SIMDJSON_PADDING)
    return [<int> reading for reading in c_compare_readers(padded, len(lines))]
