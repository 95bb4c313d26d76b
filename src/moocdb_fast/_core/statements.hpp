// SQL dumps, statement by statement: where each one ends. Values are skipped, not read; dump.hpp reads those of the tables that are wanted.
#pragma once
#include "text.hpp"
#include <vector>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace moocdb {

// The first a or b in [p, e), or e.
inline const char *find_either(const char *p, const char *e, char a, char b) {
#ifdef __SSE2__
    const __m128i as = _mm_set1_epi8(a), bs = _mm_set1_epi8(b);
    for (; e - p >= 16; p += 16) {
        __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p));
        int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(x, as), _mm_cmpeq_epi8(x, bs)));
        if (found) return p + __builtin_ctz(found);
    }
#endif
    while (p < e && *p != a && *p != b) p++;
    return p;
}

inline bool sql_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }
inline bool sql_name(char c) { return is_word(c) || c == '$' || (c & 0x80); }

inline bool same_word(sv s, sv word) {  // word is in lower case
    if (s.size() != word.size()) return false;
    for (size_t i = 0; i < s.size(); i++)
        if (lower(s[i]) != word[i]) return false;
    return true;
}

inline bool has_word(sv s, sv word) {
    for (size_t i = 0; i + word.size() <= s.size(); i++)
        if (same_word(s.substr(i, word.size()), word)) return true;
    return false;
}

// What stands at p: `/*!40101` is 8 bytes long and its content counts, `/*` 2 and does not (nor does `/*M!999999`, which is a switch of the
// client). 0: no comment; -1: more bytes are needed to tell.
struct Opening {
    int length;
    bool counts;
};
inline Opening comment_opening(const char *p, const char *e, bool final) {
    if (e - p < 12 && !final) return {-1, false};
    if (e - p < 2 || p[1] != '*') return {0, false};
    const char *q = p + 2;
    if (q < e && *q == 'M') q++;
    if (q == e || *q != '!') return {2, false};
    const char *digits = ++q;
    while (q < e && q - digits < 6 && is_digit(*q)) q++;
    if (sv(digits, q - digits) == "999999") return {2, false};
    return {static_cast<int>(q - p), true};
}

// A name at p, quoted or not, in lower case; p is behind it then. False when there is none that ends before e.
inline bool read_name(const char *&p, const char *e, std::string &out) {
    out.clear();
    if (p < e && (*p == '`' || *p == '"')) {
        char quote = *p;
        for (const char *q = p + 1; q < e; q++) {
            if (*q != quote) out += lower(*q);
            else if (q + 1 < e && q[1] == quote) out += *q++;
            else {
                p = q + 1;
                return true;
            }
        }
        return false;
    }
    const char *q = p;
    while (q < e && sql_name(*q)) out += lower(*q++);
    if (q == p || q == e) return false;
    p = q;
    return true;
}

// The table of an INSERT or REPLACE whose first bytes are [p, e), without comments; p is behind the name then. False for anything else.
inline bool insert_table(const char *&p, const char *e, std::string &table) {
    auto blank = [&] {
        while (p < e && sql_blank(*p)) p++;
    };
    auto word = [&] {
        const char *q = p;
        while (q < e && is_word(*q)) q++;
        return sv(p, q - p);
    };
    sv first = word();
    if (!same_word(first, "insert") && !same_word(first, "replace")) return false;
    p += first.size();
    for (blank(); p < e && *p != '`' && *p != '"'; blank()) {
        sv w = word();
        bool into = same_word(w, "into");
        if (!into && !same_word(w, "ignore") && !same_word(w, "delayed") && !same_word(w, "low_priority") && !same_word(w, "high_priority")) break;
        p += w.size();
        if (into) {
            blank();
            break;
        }
    }
    for (;;) {
        if (!read_name(p, e, table)) return false;
        blank();
        if (p == e || *p != '.') return true;
        p++, blank();
    }
}

struct Statement {
    int64_t start, end;  // bytes of the file; `end` is behind the delimiter
    bool insert;         // INSERTs into one table that follow each other are one
    bool backslash;      // whether a backslash escapes in its strings
    std::string text;    // of an INSERT its table, else all but comments
};

// Cuts a dump. It keeps nothing of a statement but its text, and of an INSERT only the beginning of that.
class Statements {
public:
    std::vector<Statement> found;
    const char *bad = nullptr;  // what is wrong, and at which byte of the file
    int64_t bad_at = 0;

    // Reads on at byte `at` of the file; returns how much of the data it is done with (all but a few bytes, unless something is bad).
    size_t feed(const char *data, size_t n, int64_t at, bool final);

private:
    enum Mode : uint8_t { CODE, SINGLE, DOUBLE, TICK, LINE, BLOCK };
    static constexpr size_t HEAD = 4096, TEXT = 4 << 20;

    Mode mode = CODE;
    bool started = false, conditional = false, backslash = true;
    int64_t start = 0, opened = 0;  // of the statement; of the quote or comment that is open
    std::string text, delimiter = ";", table;
    bool special[256] = {};
    bool ready = false;

    void learn() {
        std::memset(special, 0, sizeof special);
        for (unsigned char c : {'\'', '"', '`', '#', '-', '/', '*'}) special[c] = true;
        special[static_cast<unsigned char>(delimiter[0])] = true;
        ready = true;
    }
    void keep(const char *from, const char *to) {
        if (!started) return;
        if (from == to) return;
        char first = lower(text.empty() ? *from : text[0]);
        size_t room = first == 'i' || first == 'r' ? HEAD : TEXT;  // INSERT and REPLACE
        if (text.size() < room) text.append(from, std::min(static_cast<size_t>(to - from), room - text.size()));
    }
    void finish(int64_t end);
};

inline void Statements::finish(int64_t end) {
    started = false;
    const char *p = text.data(), *e = p + text.size();
    if (insert_table(p, e, table)) {
        if (!found.empty() && found.back().insert && found.back().text == table && found.back().backslash == backslash) found.back().end = end;
        else found.push_back({start, end, true, backslash, table});
    } else {
        found.push_back({start, end, false, backslash, text});
        if (text.size() > 3 && same_word(sv(text).substr(0, 3), "set") && has_word(text, "sql_mode")) backslash = !has_word(text, "no_backslash_escapes");
    }
    text.clear();
}

inline size_t Statements::feed(const char *data, size_t n, int64_t at, bool final) {
    if (!ready) learn();
    const char *p = data, *e = data + n, *mark = p;
    auto place = [&](const char *q) { return at + (q - data); };
    while (p < e) {
        if (mode == SINGLE || mode == DOUBLE || mode == TICK) {
            char quote = mode == SINGLE ? '\'' : mode == DOUBLE ? '"' : '`';
            bool escapes = backslash && mode != TICK;
            p = find_either(p, e, quote, escapes ? '\\' : quote);
            if (p == e) break;
            if (*p == quote) p++, mode = CODE;  // a doubled quote opens the next string at once
            else if (e - p > 1) p += 2;
            else break;
            continue;
        }
        if (mode == LINE) {
            const void *end = std::memchr(p, '\n', e - p);
            p = end ? static_cast<const char *>(end) + 1 : e;
            if (end) mode = CODE;
            mark = p;
            continue;
        }
        if (mode == BLOCK) {
            const void *star = std::memchr(p, '*', e - p);
            p = star ? static_cast<const char *>(star) : e;
            if (e - p > 1 && p[1] == '/') p += 2, mode = CODE;
            else if (e - p > 1) p++;
            mark = p;
            if (e - p == 1 && *p == '*') break;
            continue;
        }
        if (!started) {
            while (p < e && sql_blank(*p)) p++;
            mark = p;
            if (p == e) break;
        }
        const char *q = p;
        while (q < e && !special[static_cast<unsigned char>(*q)]) q++;
        if (!started && q > p) {
            if (e - p < 64 && !final && !std::memchr(p, '\n', e - p)) break;  // is it DELIMITER?
            if (e - p > 10 && same_word(sv(p, 9), "delimiter") && sql_blank(p[9])) {
                const char *end = static_cast<const char *>(std::memchr(p, '\n', e - p));
                if (!end && !final) break;
                if (!end) end = e;
                sv word = strip(sv(p + 9, end - p - 9));
                if (word.empty() || word.size() > 16) {
                    bad = "a DELIMITER that is none", bad_at = place(p);
                    return p - data;
                }
                delimiter = std::string(word), learn();
                mark = p = end;
                continue;
            }
            started = true, start = place(p), mark = p;
        }
        p = q;
        if (p == e) break;
        char c = *p;
        if (c == delimiter[0]) {
            if (e - p < static_cast<ptrdiff_t>(delimiter.size()) && !final) break;
            if (starts(sv(p, e - p), delimiter)) {
                keep(mark, p);
                p += delimiter.size(), mark = p;
                if (started) finish(place(p));
                continue;
            }
        }
        int length = 0;  // of the opening of a comment
        bool counts = false;
        if (c == '/') {
            Opening o = comment_opening(p, e, final);
            if (o.length < 0) break;
            length = o.length, counts = o.counts;
        } else if (c == '*' && conditional) {
            if (e - p < 2 && !final) break;
            if (e - p > 1 && p[1] == '/') length = 2, counts = true;
        } else if (c == '-') {
            if (e - p < 3 && !final) break;
            if (e - p > 1 && p[1] == '-' && (e - p == 2 || static_cast<unsigned char>(p[2]) <= ' ')) length = 2;
        } else if (c == '#') length = 1;
        if (length) {
            if (started) keep(mark, p), text += ' ';
            opened = place(p);
            if (counts) conditional = c == '/';
            else mode = c == '/' ? BLOCK : LINE;
            p += length, mark = p;
            continue;
        }
        if (!started) started = true, start = place(p), mark = p;
        if (c == '\'' || c == '"' || c == '`') mode = c == '\'' ? SINGLE : c == '"' ? DOUBLE : TICK, opened = place(p);
        p++;
    }
    if (mark < p) keep(mark, p);
    if (final) {
        p = e;
        if (mode != CODE && mode != LINE) bad = mode == BLOCK ? "a comment without an end" : "a string or name without an end", bad_at = opened;
        else if (started) bad = "a statement without an end", bad_at = start;
        else if (conditional) bad = "a comment without an end", bad_at = opened;
    }
    return p - data;
}

} // namespace moocdb
