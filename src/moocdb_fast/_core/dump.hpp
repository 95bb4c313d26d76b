// The rows of INSERT statements as columns. The grammar is that of literals: every byte of a statement is understood, or it is an error.
#pragma once
#include "simdjson.h"
#include "statements.hpp"

namespace moocdb {

enum class DumpKind : uint8_t { integer, bit, real, text, raw, bytes };  // raw: text that need not be UTF-8

// Code points of the bytes of a single-byte character set; `table` is empty for those whose bytes are UTF-8 already.
struct Charset {
    std::string name;
    std::vector<uint32_t> table;
    const uint32_t *map() const { return table.empty() ? nullptr : table.data(); }
};

struct DumpColumn {
    std::string name;  // in lower case
    DumpKind kind;
    int out;               // where its values go; -1: nowhere
    const Charset *held;   // its own character set; nullptr: not one that is known
};

// The values of a column so far.
struct DumpValues {
    DumpKind kind;
    std::vector<int64_t> ints;
    std::vector<double> reals;
    std::vector<int32_t> ends;
    std::vector<char> data;
    std::vector<uint8_t> valid;
    int64_t nulls = 0;

    bool textual() const { return kind == DumpKind::text || kind == DumpKind::raw || kind == DumpKind::bytes; }
    void truncate(size_t rows) {
        if (valid.size() == rows) {
            if (textual()) data.resize(rows ? ends[rows - 1] : 0);
            return;
        }
        valid.resize(rows);
        if (kind == DumpKind::real) reals.resize(rows);
        else if (!textual()) ints.resize(rows);
        else ends.resize(rows), data.resize(rows ? ends[rows - 1] : 0);
    }
    void clear() {
        ints.clear(), reals.clear(), ends.clear(), data.clear(), valid.clear();
        nulls = 0;
    }
};

inline void put_point(uint32_t c, std::vector<char> &out) {
    if (c < 0x80) out.push_back(static_cast<char>(c));
    else if (c < 0x800) out.push_back(static_cast<char>(0xC0 | c >> 6)), out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    else {
        out.push_back(static_cast<char>(0xE0 | c >> 12)), out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    }
}

inline void put_bytes(const char *s, const char *e, const uint32_t *map, std::vector<char> &out) {
    if (!map) out.insert(out.end(), s, e);
    else
        for (; s < e; s++) put_point(map[static_cast<unsigned char>(*s)], out);
}

// Makes every text of a column valid UTF-8: broken sequences become U+FFFD. Returns how many texts had some.
inline int64_t repair_texts(std::vector<int32_t> &ends, std::vector<char> &data) {
    bool whole = simdjson::validate_utf8(data.data(), data.size());
    for (size_t i = 0, at = 0; whole && i < ends.size(); at = ends[i++])  // a sequence must not go on in the next text
        whole = at == static_cast<size_t>(ends[i]) || (data[at] & 0xC0) != 0x80;
    if (whole) return 0;
    std::string out;
    int64_t repaired = 0;
    size_t at = 0;
    for (int32_t &end : ends) {
        size_t next = end;
        repaired += repair_utf8(sv(data.data() + at, next - at), out);
        at = next, end = static_cast<int32_t>(out.size());
    }
    data.assign(out.begin(), out.end());
    return repaired;
}

// Reads the INSERTs of one table. Whole rows only: a row that the data cuts is read again when there is more of it.
class DumpRows {
public:
    std::vector<DumpColumn> columns;
    std::vector<DumpValues> values;
    std::vector<Charset> charsets;  // those an introducer such as _latin1 may name
    size_t rows = 0;
    const char *bad = nullptr;  // what is wrong, and at which byte of the file
    int64_t bad_at = 0;

    // Starts with a stretch of INSERTs: how their strings are written.
    void begin(bool backslashes, const uint32_t *map) { backslash = backslashes, client = map, state = BETWEEN; }

    // Reads on at byte `at` of the file until a batch is full; returns how many bytes it is done with.
    size_t feed(const char *data, size_t n, int64_t at, bool final);

    bool full() const { return full_; }
    void clear() {
        for (DumpValues &v : values) v.clear();
        rows = 0;
    }

private:
    enum State : uint8_t { BETWEEN, ROW, BEHIND };
    enum Step : uint8_t { OK, MORE, BAD };
    static constexpr size_t MOST_ROWS = 1 << 16, MOST_BYTES = 16 << 20, ROOM = 1 << 30;

    State state = BETWEEN;
    bool backslash = true, full_ = false, last = false;  // last: nothing comes behind e
    const uint32_t *client = nullptr;
    const char *p = nullptr, *e = nullptr;
    std::vector<int> order;  // columns of the statement
    std::vector<char> scratch;
    std::string name;

    Step fail(const char *why) {
        bad = why;
        return BAD;
    }
    Step space();
    Step word(sv &out);
    Step head();
    Step row();
    Step value(const DumpColumn &c);
    Step number(const DumpColumn &c);
    Step quoted(const uint32_t *map, std::vector<char> *out);
    Step strings(const uint32_t *map, std::vector<char> *out);
    Step digits(const DumpColumn &c, bool hex, bool quotes);
    Step introduced(const DumpColumn &c);
    Step put_null(const DumpColumn &c);
    Step put_int(const DumpColumn &c, int64_t v);
    Step put_number(const DumpColumn &c, sv s);
    Step put_string(const DumpColumn &c, const uint32_t *map);
    Step put_binary(const DumpColumn &c);
    size_t held() const {
        size_t n = 0;
        for (const DumpValues &v : values) n += v.data.size();
        return n;
    }
};

// Blanks and comments; what a conditional comment holds counts. At OK, p is at something else or at the end.
inline DumpRows::Step DumpRows::space() {
    for (;;) {
        while (p < e && sql_blank(*p)) p++;
        if (p == e) return OK;
        switch (*p) {
        case '#': break;
        case '-':
            if (e - p < 3) return MORE;
            if (p[1] != '-' || static_cast<unsigned char>(p[2]) > ' ') return OK;
            break;
        case '/': {
            Opening o = comment_opening(p, e, last);
            if (o.length < 0) return MORE;
            if (!o.length) return OK;
            if (o.counts) {
                p += o.length;
                continue;
            }
            sv rest(p + 2, e - p - 2);
            size_t end = rest.find("*/");
            if (end == sv::npos) return MORE;
            p += end + 4;
            continue;
        }
        case '*':
            if (e - p < 2) return MORE;
            if (p[1] != '/') return OK;
            p += 2;
            continue;
        default: return OK;
        }
        const void *end = std::memchr(p, '\n', e - p);
        if (!end) return MORE;
        p = static_cast<const char *>(end) + 1;
    }
}

inline DumpRows::Step DumpRows::word(sv &out) {
    const char *q = p;
    while (q < e && sql_name(*q)) q++;
    if (q == e) return MORE;
    out = sv(p, q - p), p = q;
    return OK;
}

// INSERT INTO table (columns) VALUES
inline DumpRows::Step DumpRows::head() {
    const char *q = p;
    if (!insert_table(q, e, name)) return e - p < 4096 ? MORE : fail("an INSERT that cannot be read");
    p = q;
    order.clear();
    if (Step s = space()) return s;
    if (p < e && *p == '(') {
        do {
            p++;
            if (Step s = space()) return s;
            if (p == e || !read_name(p, e, name)) return e - p < 4096 ? MORE : fail("a list of columns that cannot be read");
            size_t i = 0;
            while (i < columns.size() && columns[i].name != name) i++;
            if (i == columns.size()) return fail("the INSERT names a column that its table does not have");
            for (int before : order)
                if (before == static_cast<int>(i)) return fail("the INSERT names a column twice");
            order.push_back(static_cast<int>(i));
            if (Step s = space()) return s;
            if (p == e) return MORE;
        } while (*p == ',');
        if (*p != ')') return fail("a list of columns that cannot be read");
        p++;
        for (size_t i = 0; i < columns.size(); i++) {
            bool named = columns[i].out < 0;
            for (int j : order) named = named || j == static_cast<int>(i);
            if (!named) return fail("the INSERT does not name a column that is wanted");
        }
        if (Step s = space()) return s;
    } else
        for (size_t i = 0; i < columns.size(); i++) order.push_back(static_cast<int>(i));
    sv w;
    if (Step s = word(w)) return s;
    if (!same_word(w, "values") && !same_word(w, "value")) return fail("an INSERT without VALUES");
    return OK;
}

inline DumpRows::Step DumpRows::row() {
    if (*p != '(') return fail("something else than a row");
    for (size_t i = 0; i < order.size(); i++) {
        p++;
        if (Step s = space()) return s;
        if (p == e) return MORE;
        if (Step s = value(columns[order[i]])) return s;
        if (p == e) return MORE;
        if (*p != ',' && *p != ')') {
            if (Step s = space()) return s;
            if (p == e) return MORE;
        }
        if (*p == (i + 1 < order.size() ? ',' : ')')) continue;
        return fail(*p == ')' ? "a row with fewer values than columns" : *p == ',' ? "a row with more values than columns" : "a value that is no literal");
    }
    p++;
    return OK;
}

inline DumpRows::Step DumpRows::value(const DumpColumn &c) {
    switch (*p) {
    case '\'':
    case '"': return put_string(c, client);
    case '-': case '+': case '.':
    case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': return number(c);
    case '0':
        if (e - p < 3) return MORE;
        if (p[1] == 'x') return p += 2, digits(c, true, false);
        if (p[1] == 'b') return p += 2, digits(c, false, false);
        return number(c);
    case 'x': case 'X': case 'b': case 'B': case 'n': case 'N':
        if (e - p < 2) return MORE;
        if (p[1] == '\'') {
            char what = lower(*p);
            if (what == 'n') return p++, put_string(c, client);
            return p += 2, digits(c, what == 'x', true);
        }
        break;
    case '_': return introduced(c);
    default: break;
    }
    const char *from = p;
    sv w;
    if (Step s = word(w)) return s;
    if (same_word(w, "null")) return put_null(c);
    if (same_word(w, "true")) return put_int(c, 1);
    if (same_word(w, "false")) return put_int(c, 0);
    p = from;
    return fail("a value that is no literal");
}

inline DumpRows::Step DumpRows::number(const DumpColumn &c) {
    const char *q = p + (*p == '-' || *p == '+'), *first = q;
    uint64_t v = 0;
    while (q < e && is_digit(*q)) v = v * 10 + (*q++ - '0');
    if (q == e) return MORE;
    if (q > first && q - first <= 18 && (*q == ',' || *q == ')')) {
        int64_t whole = static_cast<int64_t>(v);
        if (c.out < 0 || !values[c.out].textual()) {
            bool minus = *p == '-';
            p = q;
            return put_int(c, minus ? -whole : whole);
        }
    }
    bool some = q > first;
    if (*q == '.') {
        const char *point = q++;
        while (q < e && is_digit(*q)) q++;
        some = some || q > point + 1;
    }
    if (q < e && some && lower(*q) == 'e') {
        q++;
        if (q < e && (*q == '-' || *q == '+')) q++;
        const char *exponent = q;
        while (q < e && is_digit(*q)) q++;
        some = q > exponent || q == e;
    }
    if (q == e) return MORE;
    if (!some || sql_name(*q)) return fail("a value that is no literal");
    sv s(p, q - p);
    if (Step step = put_number(c, s)) return step;
    p = q;
    return OK;
}

// A string at p, appended to out (nullptr: skipped).
inline DumpRows::Step DumpRows::quoted(const uint32_t *map, std::vector<char> *out) {
    char quote = *p++;
    for (;;) {
        const char *from = p;
        p = find_either(p, e, quote, backslash ? '\\' : quote);
        if (e - p < 2) return MORE;
        if (out) {
            if (out->size() > ROOM) return fail("a value of more than 1 GiB");
            put_bytes(from, p, map, *out);
        }
        if (*p != quote) {
            char c = p[1];
            switch (c) {
            case '0': c = '\0'; break;
            case 'b': c = '\b'; break;
            case 'n': c = '\n'; break;
            case 'r': c = '\r'; break;
            case 't': c = '\t'; break;
            case 'Z': c = '\x1a'; break;
            case '%':
            case '_':
                if (out) out->push_back('\\');
                break;
            default: break;
            }
            if (out) put_bytes(&c, &c + 1, map, *out);
        } else if (p[1] == quote) {
            if (out) out->push_back(quote);
        } else {
            p++;
            return OK;
        }
        p += 2;
    }
}

// A string, and those that stand behind it with nothing between: they are one.
inline DumpRows::Step DumpRows::strings(const uint32_t *map, std::vector<char> *out) {
    for (;;) {
        if (Step s = quoted(map, out)) return s;
        if (*p == ',' || *p == ')') return OK;
        if (Step s = space()) return s;
        if (p == e) return MORE;
        if (*p != '\'' && *p != '"') return OK;
    }
}

// The digits of a literal of bits or hexadecimal digits, up to and with the quote that ends it.
inline DumpRows::Step DumpRows::digits(const DumpColumn &c, bool hex, bool quotes) {
    const char *from = p;
    while (p < e && (hex ? is_hex(*p) : *p == '0' || *p == '1')) p++;
    if (p == e) return MORE;
    size_t n = p - from, per = hex ? 2 : 8;
    if (quotes ? *p != '\'' || (hex && n % 2) : n == 0 || sql_name(*p)) return fail("a value that is no literal");
    bool counts = c.out >= 0 && (c.kind == DumpKind::integer || c.kind == DumpKind::real);
    if (counts && hex && quotes) return fail("bytes in a column of numbers");  // MySQL takes them for a number, MariaDB for a text
    if (quotes) p++;
    scratch.clear();
    unsigned byte = 0;
    for (size_t i = 0, left = n % per ? n % per : per; i < n; i++) {
        byte = hex ? byte << 4 | hex_value(from[i]) : byte << 1 | (from[i] - '0');
        if (--left == 0) scratch.push_back(static_cast<char>(byte)), byte = 0, left = per;
    }
    return put_binary(c);
}

// _binary 'bytes', _latin1 x'..' and the like
inline DumpRows::Step DumpRows::introduced(const DumpColumn &c) {
    const char *from = p;
    sv w;
    if (Step s = word(w)) return s;
    if (Step s = space()) return s;
    if (e - p < 3) return MORE;
    bool binary = same_word(w, "_binary");
    const Charset *set = nullptr;
    for (const Charset &known : charsets)
        if (same_word(w.substr(1), known.name)) set = &known;
    if (!binary && !set) return p = from, fail("a string in a character set that is not known here");
    if (*p == '\'' || *p == '"') {
        if (!binary) return put_string(c, set->map());
        if (c.out < 0) return strings(nullptr, nullptr);
        scratch.clear();
        if (Step s = strings(nullptr, &scratch)) return s;
        return put_binary(c);
    }
    DumpColumn as = c;
    if (!binary) as.held = set;
    bool hex = lower(p[0]) == 'x' || p[1] == 'x', quotes = p[1] == '\'';
    if (!(hex || lower(p[0]) == 'b' || p[1] == 'b') || !(quotes || *p == '0')) return fail("a value that is no literal");
    p += 2;
    return digits(as, hex, quotes);
}

inline DumpRows::Step DumpRows::put_null(const DumpColumn &c) {
    if (c.out < 0) return OK;
    DumpValues &v = values[c.out];
    v.valid.push_back(0);
    if (v.kind == DumpKind::real) v.reals.push_back(0);
    else if (!v.textual()) v.ints.push_back(0);
    else v.ends.push_back(static_cast<int32_t>(v.data.size()));
    return OK;
}

inline DumpRows::Step DumpRows::put_int(const DumpColumn &c, int64_t i) {
    if (c.out < 0) return OK;
    DumpValues &v = values[c.out];
    if (v.kind == DumpKind::real) v.reals.push_back(static_cast<double>(i));
    else if (!v.textual()) v.ints.push_back(i);
    else {
        char b[24];
        v.data.insert(v.data.end(), b, moocdb::put_int(b, i));
        v.ends.push_back(static_cast<int32_t>(v.data.size()));
    }
    v.valid.push_back(1);
    return OK;
}

// A number as text, from a literal or a string: [+-] digits [. digits] [e [+-] digits]
inline DumpRows::Step DumpRows::put_number(const DumpColumn &c, sv s) {
    if (c.out < 0) return OK;
    DumpValues &v = values[c.out];
    if (!s.empty() && s[0] == '+') s.remove_prefix(1);
    if (v.textual()) {
        bool integral, minus = !s.empty() && s[0] == '-';
        std::string full(s);
        if (full.size() > static_cast<size_t>(minus) && full[minus] == '.') full.insert(minus, "0");
        while (full.size() > minus + 1u && full[minus] == '0' && is_digit(full[minus + 1])) full.erase(minus, 1);
        if (!json_number(full, integral) || full.find_first_of("eE") != std::string::npos) return fail("a number of this form in a column of text");
        if (full == "-0") full = "0";
        v.data.insert(v.data.end(), full.begin(), full.end());
        v.ends.push_back(static_cast<int32_t>(v.data.size()));
        v.valid.push_back(1);
        return OK;
    }
    if (v.kind != DumpKind::real) {
        int64_t i = 0;
        auto r = std::from_chars(s.data(), s.data() + s.size(), i);
        if (r.ec == std::errc::result_out_of_range) return fail("an integer beyond 64 bits");
        if (r.ec == std::errc() && r.ptr == s.data() + s.size()) return put_int(c, i);
    }
    double d = 0;
    auto r = std::from_chars(s.data(), s.data() + s.size(), d);
    if (r.ptr != s.data() + s.size() || s.empty() || !(is_digit(s.back()) || s.back() == '.')) return fail("a value that is no number in a column of numbers");
    if (r.ec != std::errc()) d = number_value(s);
    if (!std::isfinite(d)) return fail("a number that is too large");
    if (v.kind != DumpKind::real) {
        if (d != std::floor(d) || std::fabs(d) > 9007199254740992.0) return fail("a fraction in a column of integers");
        return put_int(c, static_cast<int64_t>(d));
    }
    v.reals.push_back(d);
    v.valid.push_back(1);
    return OK;
}

inline DumpRows::Step DumpRows::put_string(const DumpColumn &c, const uint32_t *map) {
    if (c.out < 0) return strings(nullptr, nullptr);
    DumpValues &v = values[c.out];
    if (v.textual()) {
        if (Step s = strings(v.kind == DumpKind::bytes ? nullptr : map, &v.data)) return s;
        v.ends.push_back(static_cast<int32_t>(v.data.size()));
        v.valid.push_back(1);
        return OK;
    }
    const char *from = p;
    scratch.clear();
    if (Step s = strings(nullptr, &scratch)) return s;
    Step s = v.kind == DumpKind::bit ? put_binary(c) : put_number(c, sv(scratch.data(), scratch.size()));
    if (s == BAD) p = from;
    return s;
}

// The bytes in `scratch`: of a literal that is no text.
inline DumpRows::Step DumpRows::put_binary(const DumpColumn &c) {
    if (c.out < 0) return OK;
    DumpValues &v = values[c.out];
    const char *s = scratch.data(), *end = s + scratch.size();
    if (!v.textual()) {
        uint64_t i = 0;
        if (scratch.size() > 8) return fail("an integer beyond 64 bits");
        for (; s < end; s++) i = i << 8 | static_cast<unsigned char>(*s);
        if (i > INT64_MAX) return fail("an integer beyond 64 bits");
        return put_int(c, static_cast<int64_t>(i));
    }
    if (v.kind != DumpKind::bytes && !c.held) return fail("bytes in a column of a character set that is not known here");
    put_bytes(s, end, v.kind == DumpKind::bytes ? nullptr : c.held->map(), v.data);
    v.ends.push_back(static_cast<int32_t>(v.data.size()));
    v.valid.push_back(1);
    return OK;
}

inline size_t DumpRows::feed(const char *data, size_t n, int64_t at, bool final) {
    p = data, e = data + n, full_ = false, last = final;
    const char *safe = p;
    Step step = OK;
    while (step == OK) {
        safe = p;
        if ((step = space())) break;
        if (p == e) {
            if (final && state != BETWEEN) step = MORE;
            else safe = p;
            break;
        }
        if (state == BETWEEN) {
            if (!(step = head())) state = ROW;
        } else if (state == ROW) {
            if ((step = row())) break;
            rows++, state = BEHIND;
            if (rows % 64 == 0 && (rows >= MOST_ROWS || held() >= MOST_BYTES)) full_ = true;
        } else if (*p == ',') p++, state = ROW;
        else if (*p == ';') p++, state = BETWEEN;
        else step = fail("something else than a further row or the end of the statement");
        if (full_) return p - data;
    }
    if (step) {
        for (DumpValues &v : values) v.truncate(rows);
        if (step == MORE && final) bad = "the statement breaks off";
        if (bad) bad_at = at + (step == BAD ? p - data : safe - data);
    }
    return safe - data;
}

} // namespace moocdb
