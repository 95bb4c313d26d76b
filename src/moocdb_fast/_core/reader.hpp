// JSON text to a tape. simdjson's first stage finds where strings, numbers and brackets begin, in registers of many bytes, and checks UTF-8 and control
// characters; the second stage is ours as long as a text is plain (see read_plain), and simdjson's for all others. So what is JSON is simdjson's verdict, and
// the plain reader only ever takes what simdjson would take, with the same values (tests/conformance/test_reader.py).
#pragma once
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "simdjson.h"

#include "tape.hpp"

namespace moocdb {

constexpr size_t MAX_DEPTH = 1000;

inline bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Where backslashes are among BLOCK bytes at p: BITS of the result for each byte, the lowest first, of which the highest is set.
#ifdef __SSE2__
constexpr int BLOCK = 64, BITS = 1;

inline uint64_t backslashes(const char *p) {
    auto of = [&](int i) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p + 16 * i));
        return static_cast<uint64_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')))) << 16 * i;
    };
    return of(0) | of(1) | of(2) | of(3);
}
#else
constexpr int BLOCK = 8, BITS = 8;

inline uint64_t backslashes(const char *p) {
    constexpr uint64_t highs = 0x8080808080808080, all = 0x5C5C5C5C5C5C5C5C;
    const uint64_t other = word_at(p) ^ all;
    return ~(((other & ~highs) + ~highs) | other) & highs;
}
#endif

// Writes the string whose inside is s to `end` to `to`, without its escapes; returns where it ended, or null when they are not JSON. 64 bytes behind it
// are readable, and at `to` there is room for 64 more. All backslashes of a block are known before the first is looked at, so that no step waits for the
// one before. Surrogates, and what they may not be, are simdjson's.
inline char *unescape(const char *s, const char *end, char *to, const simdjson::internal::dom_parser_implementation &stage) {
    static constexpr struct Escapes {
        char meant[256] = {};
        constexpr Escapes() {
            for (char c : {'"', '\\', '/'}) meant[static_cast<int>(c)] = c;
            meant['b'] = '\b', meant['f'] = '\f', meant['n'] = '\n', meant['r'] = '\r', meant['t'] = '\t';
        }
    } escapes;
    auto copy_to = [&](const char *where) {
        const ptrdiff_t n = where - s;
        std::memcpy(to, s, 16);
        for (ptrdiff_t i = 16; __builtin_expect(i < n, 0); i += 16) std::memcpy(to + i, s + i, 16);
        to += n;
    };
    for (const char *block = s; block < end; block += BLOCK) {
        uint64_t hits = backslashes(block);
        if (end - block < BLOCK) hits &= (uint64_t{1} << (end - block) * BITS) - 1;
        for (; hits; hits &= hits - 1) {
            const char *hit = block + __builtin_ctzll(hits) / BITS;
            if (hit < s) continue;  // it is what the one before it escapes
            copy_to(hit);
            const char c = escapes.meant[static_cast<unsigned char>(hit[1])];
            if (!c) return hit[1] == 'u' ? reinterpret_cast<char *>(stage.parse_string(reinterpret_cast<const uint8_t *>(hit), reinterpret_cast<uint8_t *>(to), false)) : nullptr;
            *to++ = c, s = hit + 2;
        }
    }
    copy_to(end);
    return to;
}

// Writes the literal or number from s to `end`; returns the word behind it, or null when it is none that is plain.
inline uint64_t *plain_scalar(const char *s, const char *end, uint64_t *to) {
    static constexpr double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    auto put = [&](char kind, auto value) {
        static_assert(sizeof value == sizeof *to);
        to[0] = static_cast<uint64_t>(kind) << 56;
        std::memcpy(to + 1, &value, sizeof value);
        return to + 2;
    };
    auto literal = [&](const char *name, ptrdiff_t size) -> uint64_t * {
        if (end - s != size || std::memcmp(s, name, static_cast<size_t>(size))) return nullptr;
        *to = static_cast<uint64_t>(*name) << 56;
        return to + 1;
    };
    if (*s == 'n') return literal("null", 4);
    if (*s == 't') return literal("true", 4);
    if (*s == 'f') return literal("false", 5);
    const bool negative = *s == '-';
    const char *const first = s + negative, *at = first;
    if (end - first > 19) return nullptr;  // 18 digits and a point, or 19: 64 bits hold them
    uint64_t digits = 0;
    auto read = [&] {
        while (is_digit(*at)) digits = digits * 10 + static_cast<uint64_t>(*at++ - '0');
    };
    read();
    const char *const point = at;
    if (point == first || (*first == '0' && point - first > 1)) return nullptr;
    if (point == end) {
        const auto value = static_cast<int64_t>(digits);
        return end - first > 18 ? nullptr : put('l', negative ? -value : value);
    }
    if (*at++ != '.') return nullptr;
    read();
    if (at != end || at == point + 1) return nullptr;
    if (digits < uint64_t{1} << 53) {  // both are exact, so their quotient is the nearest that there is
        const double value = static_cast<double>(digits) / powers[at - point - 1];
        return put('d', negative ? -value : value);
    }
    double value;
    return std::from_chars(s, end, value).ec == std::errc() ? put('d', value) : nullptr;
}

// The strings of a text with backslashes in them, as the plain reader meets them.
class Escaped {
  public:
    using Stage = simdjson::internal::dom_parser_implementation;

    // Of n bytes at p, where the next backslash is at `next`.
    Escaped(const char *p, size_t n, size_t next, const Stage &stage, char *strings) : p_(p), n_(n), next_(next), stage_(stage), strings_(strings), free_(strings) {}

    // Where the first backslash from `at` on is among n bytes at p; n when there is none.
    static size_t first(const char *p, size_t at, size_t n) {
        const void *hit = std::memchr(p + at, '\\', n - at);
        return hit ? static_cast<size_t>(static_cast<const char *>(hit) - p) : n;
    }

    // Where the next backslash is.
    size_t next() const { return next_; }

    // The word of the string whose inside is from `from` to `to`; 0 when its escapes are not JSON.
    [[gnu::noinline]] uint64_t take(size_t from, size_t to) {
        char *end = unescape(p_ + from, p_ + to, free_ + sizeof(uint32_t), stage_);
        if (!end) return 0;
        auto size = static_cast<uint32_t>(end - free_ - sizeof(uint32_t));
        std::memcpy(free_, &size, sizeof size);
        const uint64_t word = uint64_t{'"'} << 56 | static_cast<uint64_t>(free_ - strings_);
        *end = 0;
        free_ = end + 1;
        next_ = first(p_, to, n_);
        return word;
    }

  private:
    const char *p_;
    size_t n_, next_;
    const Stage &stage_;
    char *strings_, *free_;
};

// Reads the text of p that begins at p[*at] to words (from word 1 on), if it is plain: an array or object, no deeper than 60, whose numbers have no
// exponent and are short. Returns the index behind it; null says nothing about the text. Strings without a backslash, nearly all, are not copied: that,
// and not looking for their ends, is half of the second stage.
//
// The indexes are the first stage's, and `end` is behind the last. That must be the index of a closing bracket, or there must be three more, of bytes
// that stand for nothing: a step that meets one of these takes it for an end or gives up, so none leads beyond.
inline const uint32_t *read_plain(const char *const p, const uint32_t *at, const uint32_t *const end, Escaped &escaped, uint64_t *const words) {
    constexpr int deepest = 60;
    char c = p[*at];
    if (c != '{' && c != '[') return nullptr;

    uint64_t *to = words + 1, *starts[deepest];
    int depth = 0;
    size_t backslash = escaped.next();
    // Takes the string that begins at `from`. What comes next begins at `next`: before it is the closing quote, and perhaps blanks.
    auto string = [&](size_t from, size_t next) __attribute__((always_inline)) {
        size_t close = next - 1;
        while (__builtin_expect(p[close] != '"', 0))
            if (!blank(p[close--])) return false;
        if (__builtin_expect(close < backslash, 1)) {
            *to++ = Tape::bare(from + 1, close);
            return true;
        }
        *to = escaped.take(from + 1, close);
        backslash = escaped.next();
        return *to++ != 0;
    };
    auto scalar = [&](size_t from, size_t next) __attribute__((always_inline)) {
        if (p[from] == '}' || p[from] == ']') return false;
        while (blank(p[next - 1])) next--;
        return (to = plain_scalar(p + from, p + next, to)) != nullptr;
    };
    if (c == '[') goto list;

object:
    if (depth == deepest) return nullptr;
    *to = uint64_t{'{'} << 56;
    starts[depth++] = to++;
    if (p[*++at] == '}') goto close;
member:
    // A name and a text, as most members are, all at once.
    for (size_t name, colon, text, next; p[name = at[0]] == '"' && p[colon = at[1]] == ':' && p[colon - 1] == '"' && p[text = at[2]] == '"';) {
        next = at[3];
        if (p[next - 1] != '"' || next > backslash) break;
        to[0] = Tape::bare(name + 1, colon - 1), to[1] = Tape::bare(text + 1, next - 1);
        to += 2, at += 3;
        if (p[next] == '}') goto close;
        if (p[next] != ',') return nullptr;
        at++;
    }
    if (p[at[0]] != '"' || p[at[1]] != ':' || !string(at[0], at[1])) return nullptr;
    at += 2;
    c = p[*at];
    if (__builtin_expect(c == '"', 1)) {
        if (!string(at[0], at[1])) return nullptr;
    } else if (c == '{') goto object;
    else if (c == '[') goto list;
    else if (!scalar(at[0], at[1])) return nullptr;
    at++;
member_done:
    c = p[*at++];
    if (__builtin_expect(c == ',', 1)) goto member;
    if (c != '}') return nullptr;
    at--;
    goto close;

list:
    if (depth == deepest) return nullptr;
    *to = uint64_t{'['} << 56;
    starts[depth++] = to++;
    if (p[*++at] == ']') goto close;
element:
    c = p[*at];
    if (c == '"') {
        if (!string(at[0], at[1])) return nullptr;
    } else if (c == '{') goto object;
    else if (c == '[') goto list;
    else if (!scalar(at[0], at[1])) return nullptr;
    at++;
element_done:
    c = p[*at++];
    if (c == ',') goto element;
    if (c != ']') return nullptr;
    at--;

close:
    const uint64_t kind = static_cast<uint64_t>(p[*at++]);
    uint64_t *const start = starts[--depth];
    *to++ = kind << 56 | static_cast<uint64_t>(start - words);
    *start = (kind - 2) << 56 | static_cast<uint64_t>(to - words);
    if (depth == 0) return at;
    if (at == end) return nullptr;
    if (*starts[depth - 1] >> 56 == '{') goto member_done;
    goto element_done;
}

// A reader of one document at a time, with a padded buffer for text that is not already padded.
class Json {
  public:
    // Reads n bytes at p; 64 bytes behind them must be readable. The result lives until the next one is read, and borrows from p.
    simdjson::error_code parse_padded(const char *p, size_t n, Element &out) {
        auto error = first_stage(p, n);
        if (error) return error;
        plain_ = n < Tape::MOST && all_plain(p, n);
        return plain_ ? take(p, out) : second_stage(p, out);
    }

    // The same by simdjson alone: the yardstick of speed, and what the plain reader is held against.
    simdjson::error_code parse_with_simdjson(const char *p, size_t n, Element &out) {
        auto error = first_stage(p, n);
        return error ? error : second_stage(p, out);
    }

    // Reads any text, which must not be of the document that was read last. The result borrows from this reader.
    simdjson::error_code parse(sv s, Element &out) {
        if (buffer_.size() < s.size() + simdjson::SIMDJSON_PADDING) buffer_.resize(s.size() * 2 + simdjson::SIMDJSON_PADDING);
        std::memcpy(buffer_.data(), s.data(), s.size());
        return parse_padded(buffer_.data(), s.size(), out);
    }

    // Whether the last document was plain.
    bool plain() const { return plain_; }

  protected:
    simdjson::error_code first_stage(const char *p, size_t n) {
        plain_ = false;
        // simdjson's own entry passes over a byte order mark; the grammar has none.
        if (n >= 3 && p[0] == '\xEF' && p[1] == '\xBB' && p[2] == '\xBF') return simdjson::TAPE_ERROR;
        if (!parser_.implementation || n > parser_.capacity() || n > parser_.doc.capacity()) {
            size_t want = std::max<size_t>(n + 1, 1 << 16);
            if (parser_.allocate(want, MAX_DEPTH + 1) || parser_.doc.allocate(want)) return simdjson::MEMALLOC;
        }
        return parser_.implementation->stage1(reinterpret_cast<const uint8_t *>(p), n, simdjson::stage1_mode::regular);
    }

    // The first stage's indexes, and what is behind them.
    uint32_t *indexes() const { return parser_.implementation->structural_indexes.get(); }
    uint32_t *indexes_end() const { return indexes() + parser_.implementation->n_structural_indexes; }

    // Reads the plain text that begins at p[*at], as read_plain. The next backslash of n bytes at p is at `backslash`, before and behind it.
    const uint32_t *plain_from(const char *p, size_t n, const uint32_t *at, size_t &backslash) {
        Escaped escaped(p, n, backslash, *parser_.implementation, reinterpret_cast<char *>(parser_.doc.string_buf.get()));
        at = read_plain(p, at, indexes_end(), escaped, parser_.doc.tape.get());
        backslash = escaped.next();
        return at;
    }

    simdjson::error_code take(const char *p, Element &out) {
        tape_ = {parser_.doc.tape.get(), reinterpret_cast<const char *>(parser_.doc.string_buf.get()), p};
        out = Element(&tape_, 1);
        return simdjson::SUCCESS;
    }

    simdjson::dom::parser parser_;

  private:
    bool all_plain(const char *p, size_t n) {
        const char last = p[indexes_end()[-1]];
        if (last != '}' && last != ']') return false;
        size_t backslash = Escaped::first(p, 0, n);
        return plain_from(p, n, indexes(), backslash) == indexes_end();
    }

    simdjson::error_code second_stage(const char *p, Element &out) {
        auto error = parser_.implementation->stage2(parser_.doc);
        return error ? error : take(p, out);
    }

    Tape tape_;
    std::vector<char> buffer_;
    bool plain_ = false;
};

// A reader of many short lines, whose first stage is done at once.
class Lines : private Json {
  public:
    static constexpr size_t MOST = 1 << 15;  // bytes: they stay in the processor's cache from the first stage to the second

    // How many bytes to begin with: fewer behind a fault, which costs all lines the first stage again.
    size_t size() const { return size_; }

    // Begins with n bytes at p, which end with a newline; 64 bytes behind them must be readable.
    void begin(const char *p, size_t n) {
        p_ = p, at_ = nullptr;
        if (n > 2 * MOST) return;
        if (first_stage(p, n)) {
            size_ = MOST / 16;
            return;
        }
        size_ = std::min(2 * size_, MOST);
        at_ = indexes(), n_ = n, backslash_ = Escaped::first(p, 0, n);
        for (int i : {0, 1, 2}) indexes_end()[i] = static_cast<uint32_t>(n - 1);  // of the newline
    }

    // No line comes behind the last.
    void end() { at_ = nullptr; }

    // Reads the line of n bytes at p, which comes behind the last; false when it is not plain, or one of the lines has a fault, so that its end may not be
    // where it seems to be: then another reader must say.
    bool read(const char *p, size_t n, Element &out) {
        if (!at_) return false;
        const auto from = static_cast<size_t>(p - p_), to = from + n;
        while (*at_ < from) at_++;
        if (backslash_ < from) backslash_ = Escaped::first(p_, from, n_);
        const uint32_t *behind = plain_from(p_, n_, at_, backslash_);
        if (!behind || behind[-1] >= to || *behind < to) {
            backslash_ = 0;  // it may have been looked for too far behind
            return false;
        }
        at_ = behind;
        return take(p_, out) == simdjson::SUCCESS;
    }

  private:
    size_t size_ = MOST, n_ = 0, backslash_ = 0;
    const char *p_ = nullptr;
    const uint32_t *at_ = nullptr;  // null: no lines
};

} // namespace moocdb
