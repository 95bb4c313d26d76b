# Single lines, for those who want them whole: what the scan made of a line, as JSON text.

cdef extern from "payload.hpp" namespace "moocdb":
    cdef cppclass LineJson "moocdb::Json":
        int parse(sv, Element&) except +
    ctypedef int PayloadKind "moocdb::Payload"
    PayloadKind VALUE "moocdb::Payload::value"
    cdef cppclass Decoded:
        PayloadKind what
        Element value
        string text
    void c_decode_payload "moocdb::decode_payload"(Element, LineJson&, Decoded&) except +
    void put_json(Element, string&) except +

cdef extern from "text.hpp" namespace "moocdb":
    void put_json_string(sv, string&) except +

cdef extern from "address.hpp" namespace "moocdb":
    cbool c_clean_address "moocdb::clean_address"(sv, sv, string&) except +

cdef extern from "repair.hpp" namespace "moocdb":
    cdef cppclass Document:
        string text
        size_t at
    cdef cppclass Repaired:
        vector[Document] documents
        cbool bad
    Repaired c_repair_line "moocdb::repair_line"(sv) except +


def documents(bytes line not None):
    cdef LineJson json
    cdef Element e
    cdef Repaired r
    if json.parse(sv(line, len(line)), e) == 0:
        return [(0, line)]
    r = c_repair_line(sv(line, len(line)))
    if r.bad:
        return []
    found = []
    for i in range(r.documents.size()):
        if json.parse(sv(r.documents[i].text.data(), r.documents[i].text.size()), e) == 0:
            found.append((r.documents[i].at if i else 0, <bytes> r.documents[i].text))
    return found


def decode_payload(bytes text not None):
    cdef LineJson outer, inner
    cdef Element e
    cdef Decoded d
    cdef string quoted, out
    put_json_string(sv(text, len(text)), quoted)
    if outer.parse(sv(quoted.data(), quoted.size()), e):
        return False, text
    c_decode_payload(e, inner, d)
    if d.what != VALUE:
        return False, <bytes> d.text
    put_json(d.value, out)
    return True, <bytes> out


def clean_address(bytes text not None, bytes host not None=b""):
    cdef string out
    if c_clean_address(sv(text, len(text)), sv(host, len(host)), out):
        return <bytes> out
    return None
