// Bytes and text: stripping, UTF-8 repair, percent decoding, numbers as Python prints them, JSON text out.
// Nothing here knows the log; all functions are pure but for the string they append to.
#pragma once
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace moocdb {

using sv = std::string_view;

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
inline int hex_value(char c) { return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }
inline bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

inline uint64_t word_at(const char *p) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    return word;
}

// Whether two texts of n bytes differ: words that overlap instead of a loop to the last byte, whose end no processor can foresee (with hash_text 3 %
// of the scan's time).
inline bool differ(const char *p, const char *q, size_t n) {
    auto at = [&](size_t i) { return word_at(p + i) ^ word_at(q + i); };
    auto four = [&](size_t i) { return at(i) | at(i + 8) | at(i + 16) | at(i + 24); };
    if (n > 64) {
        for (size_t i = 0; i + 64 < n; i += 64)
            if (four(i) | four(i + 32)) return true;
        return four(n - 64) | four(n - 32);
    }
    if (n > 32) return four(0) | four(n - 32);
    if (n > 16) return at(0) | at(8) | at(n - 16) | at(n - 8);
    if (n >= 8) return at(0) | at(n - 8);
    if (n >= 4) {
        uint32_t a, b, c, d;
        std::memcpy(&a, p, 4), std::memcpy(&b, q, 4), std::memcpy(&c, p + n - 4, 4), std::memcpy(&d, q + n - 4, 4);
        return (a ^ b) | (c ^ d);
    }
    for (size_t i = 0; i < n; i++)
        if (p[i] != q[i]) return true;
    return false;
}

inline bool same(sv a, sv b) { return a.size() == b.size() && !differ(a.data(), b.data(), a.size()); }

// Whether s is a literal: compared in place, where `==` may be a call.
template <size_t N>
inline bool is(sv s, const char (&literal)[N]) {
    return s.size() == N - 1 && std::memcmp(s.data(), literal, N - 1) == 0;
}

// A set of bytes: one look in a table instead of a call for each byte of a text.
class Bytes {
  public:
    constexpr explicit Bytes(sv members) {
        for (char c : members) in_[static_cast<unsigned char>(c)] = true;
    }
    constexpr bool has(char c) const { return in_[static_cast<unsigned char>(c)]; }

    // Where the first of them is in s; npos when there is none.
    size_t first_in(sv s) const {
        for (size_t i = 0; i < s.size(); i++)
            if (has(s[i])) return i;
        return sv::npos;
    }

  private:
    bool in_[256] = {};
};

// A text put together of a few short ones: its memory is used again, and there is no call for each piece (2 % of the scan's instructions).
class Joined {
  public:
    // Begins anew. May raise bad_alloc, as add.
    Joined &start(sv s) {
        size_ = 0;
        return add(s);
    }

    Joined &add(sv s) {
        const size_t n = s.size();
        if (size_ + n > bytes_.size()) bytes_.resize((size_ + n) * 2);
        char *to = bytes_.data() + size_;
        const char *from = s.data();
        size_ += n;
        if (n > 32) std::memcpy(to, from, n);
        else if (n >= 16) std::memcpy(to, from, 16), std::memcpy(to + n - 16, from + n - 16, 16);
        else if (n >= 8) std::memcpy(to, from, 8), std::memcpy(to + n - 8, from + n - 8, 8);
        else
            for (size_t i = 0; i < n; i++) to[i] = from[i];
        return *this;
    }

    sv text() const { return sv(bytes_.data(), size_); }

  private:
    std::vector<char> bytes_ = std::vector<char>(256);
    size_t size_ = 0;
};

inline bool starts(sv s, sv p) { return s.size() >= p.size() && std::memcmp(s.data(), p.data(), p.size()) == 0; }
inline bool ends(sv s, sv p) { return s.size() >= p.size() && std::memcmp(s.data() + s.size() - p.size(), p.data(), p.size()) == 0; }

// Borrows s; never raises.
inline sv strip(sv s) {
    while (!s.empty() && static_cast<unsigned char>(s.front()) <= 0x20) s.remove_prefix(1);
    while (!s.empty() && static_cast<unsigned char>(s.back()) <= 0x20) s.remove_suffix(1);
    return s;
}

inline bool all_digits(sv s) {
    for (char c : s)
        if (!is_digit(c)) return false;
    return !s.empty();
}

// Length of the valid UTF-8 sequence at s[i], or 0; then `bad` is the length of the maximal subpart to replace (>= 1).
inline size_t utf8_step(sv s, size_t i, size_t &bad) {
    auto at = [&](size_t k) -> unsigned { return k < s.size() ? static_cast<unsigned char>(s[k]) : 0u; };
    unsigned c = at(i);
    bad = 1;
    if (c < 0x80) return 1;
    if (c < 0xC2 || c > 0xF4) return 0;
    unsigned lo = 0x80, hi = 0xBF;
    if (c == 0xE0) lo = 0xA0;
    else if (c == 0xED) hi = 0x9F;
    else if (c == 0xF0) lo = 0x90;
    else if (c == 0xF4) hi = 0x8F;
    size_t need = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    for (size_t k = 1; k <= need; k++) {
        unsigned d = at(i + k);
        if (d < lo || d > hi) return 0;
        lo = 0x80, hi = 0xBF;
        bad = k + 1;
    }
    return need + 1;
}

// Appends s to out with every broken sequence as U+FFFD; says whether there was one.
inline bool repair_utf8(sv s, std::string &out) {
    bool changed = false;
    for (size_t i = 0; i < s.size();) {
        size_t bad, n = utf8_step(s, i, bad);
        if (n) out.append(s.substr(i, n)), i += n;
        else out.append("\xEF\xBF\xBD"), i += bad, changed = true;
    }
    return changed;
}

// At most `limit` bytes of s, ending at a code point boundary. s is valid UTF-8.
inline sv cut_bytes(sv s, size_t limit) {
    if (s.size() <= limit) return s;
    while (limit && (static_cast<unsigned char>(s[limit]) & 0xC0) == 0x80) limit--;
    return s.substr(0, limit);
}

// At most `limit` code points of s. s is valid UTF-8.
inline sv cut_points(sv s, size_t limit) {
    if (s.size() <= limit) return s;
    size_t n = 0;
    for (size_t i = 0; i < s.size(); i++)
        if ((static_cast<unsigned char>(s[i]) & 0xC0) != 0x80 && n++ == limit) return s.substr(0, i);
    return s;
}

// Appends the query-string decoding of s, which is valid UTF-8: `+` is a blank, `%XX` a byte, broken UTF-8 becomes U+FFFD.
inline void decode_query(sv s, std::string &out) {
    static constexpr Bytes escapes("+%");
    size_t plain = std::min(escapes.first_in(s), s.size());
    out.append(s.substr(0, plain));
    s.remove_prefix(plain);
    if (s.empty()) return;
    size_t before = out.size();
    bool odd = false;  // whether there are bytes that may not be UTF-8 (s itself is)
    out.resize(before + s.size());
    char *p = out.data() + before;
    for (size_t i = 0; i < s.size(); i++) {
        if (s[i] == '+') *p++ = ' ';
        else if (s[i] == '%' && i + 2 < s.size() && is_hex(s[i + 1]) && is_hex(s[i + 2])) {
            int byte = hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]);
            odd = odd || byte >= 0x80;
            *p++ = static_cast<char>(byte), i += 2;
        } else *p++ = s[i];
    }
    out.resize(static_cast<size_t>(p - out.data()));
    if (!odd) return;
    std::string raw = out.substr(before);
    out.resize(before);
    repair_utf8(raw, out);
}

// Writes the digits of v at p (at least 20 bytes); returns the end.
inline char *put_int(char *p, int64_t v) { return std::to_chars(p, p + 20, v).ptr; }

// Writes v as Python's repr does at p (at least 32 bytes); returns the end. v is finite.
inline char *put_double(char *p, double v) {
    char d[40];
    auto r = std::to_chars(d, d + sizeof d, v, std::chars_format::scientific);
    char *e = static_cast<char *>(std::memchr(d, 'e', r.ptr - d));
    int exponent = std::atoi(std::string(e + 1, r.ptr).c_str());
    char *m = d;
    if (*m == '-') *p++ = *m++;
    char digits[24] = {0};
    int n = 0;
    for (char *q = m; q < e; q++)
        if (*q != '.') digits[n++] = *q;
    if (exponent < -4 || exponent >= 16) {
        *p++ = digits[0];
        if (n > 1) {
            *p++ = '.';
            std::memcpy(p, digits + 1, n - 1), p += n - 1;
        }
        return p + std::sprintf(p, "e%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent));
    }
    if (exponent < 0) {
        *p++ = '0', *p++ = '.';
        for (int i = -1; i > exponent; i--) *p++ = '0';
        std::memcpy(p, digits, n);
        return p + n;
    }
    for (int i = 0; i <= exponent; i++) *p++ = i < n ? digits[i] : '0';
    *p++ = '.';
    if (n <= exponent + 1) *p++ = '0';
    else std::memcpy(p, digits + exponent + 1, n - exponent - 1), p += n - exponent - 1;
    return p;
}

// Appends s as a JSON string, non-ASCII unescaped.
inline void put_json_string(sv s, std::string &out) {
    out += '"';
    for (char c : s) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        default:
            if (static_cast<unsigned char>(c) < 0x20) {
                char b[8];
                std::snprintf(b, sizeof b, "\\u%04x", c);
                out += b;
            } else out += c;
        }
    }
    out += '"';
}

// Whether s is a number of the JSON grammar; `integral` when it has no fraction and no exponent.
inline bool json_number(sv s, bool &integral) {
    size_t i = 0, n = s.size();
    integral = true;
    if (i < n && s[i] == '-') i++;
    if (i >= n || !is_digit(s[i])) return false;
    if (s[i] == '0') i++;
    else
        while (i < n && is_digit(s[i])) i++;
    if (i < n && s[i] == '.') {
        integral = false;
        size_t first = ++i;
        while (i < n && is_digit(s[i])) i++;
        if (i == first) return false;
    }
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        integral = false;
        i++;
        if (i < n && (s[i] == '+' || s[i] == '-')) i++;
        size_t first = i;
        while (i < n && is_digit(s[i])) i++;
        if (i == first) return false;
    }
    return i == n;
}

// The value of a number of the JSON grammar; NaN when it is not finite as a double.
inline double number_value(sv s) {
    double v = 0;
    auto r = std::from_chars(s.data(), s.data() + s.size(), v);
    if (r.ec == std::errc::result_out_of_range) {
        // too small is 0, too large is no number
        std::string copy(s);
        v = std::strtod(copy.c_str(), nullptr);
    }
    return std::isfinite(v) ? v : NAN;
}

} // namespace moocdb
