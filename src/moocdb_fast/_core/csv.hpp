// CSV text from Arrow buffers (rules, section 13).
#pragma once
#include "times.hpp"
#include <cmath>
#include <vector>

namespace moocdb {

enum class Cell : int { int8, int32, int64, real, time, text, coded };

// One column of a batch, borrowed; `valid` is an Arrow bitmap or null; `first` is the offset of the batch in its buffers.
struct CsvColumn {
    Cell cell;
    const void *values = nullptr;
    const uint8_t *valid = nullptr;
    const int32_t *offsets = nullptr;  // of text
    int64_t first = 0;
    const int64_t *cell_offsets = nullptr;  // of coded: the finished cells, by code
    const char *cells = nullptr;            // readable CELL_STEP bytes behind their end
    int64_t longest = 0;                    // of the finished cells
};

constexpr size_t CELL_STEP = 32;  // cells are copied in steps of this size, the last one too: no call, and no branch for short ones

// Quoted if need be. Needs room for longest_cell(s.size()) bytes; returns the end.
inline size_t longest_cell(size_t n) { return 3 * n + 2; }
inline char *put_cell(sv s, char *p) {
    bool special = false, nul = false, quotes = false;
    for (char c : s) {
        special |= (c == ',') | (c == '\n') | (c == '\r');
        quotes |= c == '"', nul |= c == 0;
    }
    bool quote = special || quotes || s.empty() || s == "NULL";  // MySQL reads the bare word as NULL
    if (quote) *p++ = '"';
    if (!quotes && !nul) std::memcpy(p, s.data(), s.size()), p += s.size();
    else
        for (char c : s) {
            if (c == '"') *p++ = '"', *p++ = '"';
            else if (c == 0) std::memcpy(p, "\xEF\xBF\xBD", 3), p += 3;
            else *p++ = c;
        }
    if (quote) *p++ = '"';
    return p;
}

struct DigitPairs {
    char text[200];
    constexpr DigitPairs() : text() {
        for (int i = 0; i < 100; i++) text[2 * i] = static_cast<char>('0' + i / 10), text[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
};
inline constexpr DigitPairs PAIRS;

// Writes v at p, two digits a division: twice as fast as to_chars for ids. At most 20 bytes.
inline char *put_number(char *p, int64_t value) {
    uint64_t v = static_cast<uint64_t>(value);
    if (value < 0) *p++ = '-', v = 0 - v;
    char b[20], *q = b + 20;
    while (v >= 100) {
        q -= 2, std::memcpy(q, PAIRS.text + 2 * (v % 100), 2);
        v /= 100;
    }
    if (v >= 10) q -= 2, std::memcpy(q, PAIRS.text + 2 * v, 2);
    else *--q = static_cast<char>('0' + v);
    auto n = static_cast<size_t>(b + 20 - q);
    std::memcpy(p, q, n);
    return p + n;
}

// What put_double writes. Numbers of at most 6 decimals and 15 digits, as players report them, need no search for the shortest
// text: two such decimals are never the same double, so the one that gives v back is it.
inline char *put_real(char *p, double v) {
    if (v >= 1e-4 && v < 1e9) {
        auto millionths = static_cast<int64_t>(v * 1e6 + 0.5);
        if (static_cast<double>(millionths) / 1e6 == v) {
            p = put_number(p, millionths / 1000000);
            *p++ = '.';
            auto rest = static_cast<uint32_t>(millionths % 1000000);
            std::memcpy(p, PAIRS.text + 2 * (rest / 10000), 2);
            std::memcpy(p + 2, PAIRS.text + 2 * (rest / 100 % 100), 2);
            std::memcpy(p + 4, PAIRS.text + 2 * (rest % 100), 2);
            int digits = 6;
            while (digits > 1 && p[digits - 1] == '0') digits--;
            return p + digits;
        }
    }
    return put_double(p, v);
}

// Rows of a batch, a buffer at a time: the text stays in the cache and no page is touched for the first time.
class CsvRows {
  public:
    std::vector<CsvColumn> columns;
    int64_t left = 0;

    // Writes as many whole rows as surely fit into `room` bytes; returns the bytes used.
    size_t fill(char *out, size_t room) {
        char *p = out, *end = out + room;
        size_t fixed = fixed_size();
        for (; left; left--, row_++) {
            if (static_cast<size_t>(end - p) < fixed + text_size()) break;
            for (size_t k = 0; k < columns.size(); k++) {
                if (k) *p++ = ',';
                p = put(columns[k], p);
            }
            *p++ = '\n';
        }
        return static_cast<size_t>(p - out);
    }

    // What the next row may need.
    size_t need() const { return fixed_size() + text_size(); }

  private:
    template <class T>
    T value(const CsvColumn &c) const { return static_cast<const T *>(c.values)[row_ + c.first]; }

    char *put(const CsvColumn &c, char *p) {
        int64_t i = row_ + c.first;
        if (c.valid && !(c.valid[i >> 3] >> (i & 7) & 1)) return p;
        switch (c.cell) {
        case Cell::int8: return put_number(p, value<int8_t>(c));
        case Cell::int32: return put_number(p, value<int32_t>(c));
        case Cell::int64: return put_number(p, value<int64_t>(c));
        case Cell::real: return put_real(p, value<double>(c));
        case Cell::time: return put_moment(p, value<int64_t>(c));
        case Cell::coded: {
            const int64_t *o = c.cell_offsets + value<int32_t>(c);
            const char *from = c.cells + o[0];
            int64_t n = o[1] - o[0];
            for (int64_t at = 0; at < n; at += CELL_STEP) std::memcpy(p + at, from + at, CELL_STEP);
            return p + n;
        }
        case Cell::text: return put_cell(text(c), p);
        }
        return p;
    }

    // What put_time writes; the rows of a user fall on few days.
    char *put_moment(char *p, int64_t t) {
        constexpr int64_t DAY = 86400000000LL;
        if (t < day_ || t - day_ >= DAY) {
            char b[40];
            put_time(b, t);
            std::memcpy(date_, b, 11);
            day_ = (t >= 0 ? t / DAY : -((-t + DAY - 1) / DAY)) * DAY;
        }
        auto rest = static_cast<uint64_t>(t - day_);
        auto second = static_cast<uint32_t>(rest / 1000000), micro = static_cast<uint32_t>(rest % 1000000);
        std::memcpy(p, date_, 11);
        auto two = [](char *q, uint32_t v) { std::memcpy(q, PAIRS.text + 2 * v, 2); };
        two(p + 11, second / 3600), p[13] = ':', two(p + 14, second / 60 % 60), p[16] = ':', two(p + 17, second % 60), p[19] = '.';
        two(p + 20, micro / 10000), two(p + 22, micro / 100 % 100), two(p + 24, micro % 100);
        return p + 26;
    }

    sv text(const CsvColumn &c) const {
        const int32_t *o = c.offsets + row_ + c.first;
        return sv(static_cast<const char *>(c.values) + o[0], static_cast<size_t>(o[1] - o[0]));
    }

    size_t fixed_size() const {
        size_t size = 1;
        for (const CsvColumn &c : columns) size += 1 + (c.cell == Cell::coded ? static_cast<size_t>(c.longest) + CELL_STEP : 40);
        return size;
    }

    size_t text_size() const {
        size_t size = 0;
        for (const CsvColumn &c : columns)
            if (c.cell == Cell::text) size += longest_cell(text(c).size());
        return size;
    }

    int64_t row_ = 0;
    int64_t day_ = INT64_MAX;  // first microsecond of the day in date_
    char date_[11] = {0};
};

} // namespace moocdb
