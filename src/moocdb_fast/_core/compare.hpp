// The reader held against simdjson's own, line by line: for tests and the fuzzer.
#pragma once
#include "reader.hpp"

namespace moocdb {

enum class Reading : int8_t { differs = -1, no_json, of_simdjson, plain };

// Whether two values are the same to the last bit, members and their order included.
inline bool same_value(Element a, Element b) {
    const char kind = a.kind();
    if (kind != b.kind()) return false;
    if (kind == '"') return same(text_or_empty(a), text_or_empty(b));
    if (kind == 'l' || kind == 'u' || kind == 'd') return a.number<uint64_t>() == b.number<uint64_t>();
    if (kind == '{') {
        Walk x(a), y(b);
        while (x.next())
            if (!y.next() || !same(x.key(), y.key()) || x.kind() != y.kind() || !same(x.text(), y.text()) || !same_value(x.value(), y.value())) return false;
        return !y.next();
    }
    Elements x, y;
    if (!x.read(a)) return true;
    if (!y.read(b) || x.single() != y.single()) return false;
    auto at = y.begin();
    for (Element e : x) {
        if (!(at != y.end()) || !same_value(e, *at)) return false;
        ++at;
    }
    return !(at != y.end());
}

// How each line of n bytes at p is read, by itself and among the others; 64 bytes behind them must be readable. What follows the last newline is none.
inline std::vector<Reading> compare_readers(const char *p, size_t n) {
    std::vector<Reading> out;
    Json ours, theirs;
    Lines near;
    size_t whole = sv(p, n).rfind('\n') + 1;
    if (whole) near.begin(p, whole);
    for (size_t from = 0, to; from < whole; from = to + 1) {
        to = sv(p, n).find('\n', from);
        Element a, b, c;
        auto error = theirs.parse_with_simdjson(p + from, to - from, b);
        bool among = near.read(p + from, to - from, c);
        bool right = ours.parse_padded(p + from, to - from, a) == error && (error || same_value(a, b)) && (!among || (!error && ours.plain() && same_value(c, b)));
        out.push_back(!right ? Reading::differs : error ? Reading::no_json : ours.plain() ? Reading::plain : Reading::of_simdjson);
    }
    return out;
}

} // namespace moocdb
