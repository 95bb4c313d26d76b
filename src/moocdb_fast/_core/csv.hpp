// CSV text from Arrow buffers (rules, section 13).
#pragma once
#include "times.hpp"
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
    const char *cells = nullptr;
};

inline void put_cell(sv s, std::string &out) {
    bool quote = s.empty() || s == "NULL";  // MySQL reads the bare word as NULL
    for (char c : s) quote = quote || c == ',' || c == '"' || c == '\n' || c == '\r';
    if (quote) out += '"';
    for (char c : s) {
        if (c == '"') out += "\"\"";
        else if (c == 0) out += "\xEF\xBF\xBD";
        else out += c;
    }
    if (quote) out += '"';
}

template <class T>
inline T value_at(const CsvColumn &c, int64_t i) { return static_cast<const T *>(c.values)[i]; }

// Appends n rows to out. May raise bad_alloc.
inline void put_rows(const std::vector<CsvColumn> &columns, int64_t n, std::string &out) {
    char b[40];
    for (int64_t row = 0; row < n; row++) {
        for (size_t k = 0; k < columns.size(); k++) {
            const CsvColumn &c = columns[k];
            int64_t i = row + c.first;
            if (k) out += ',';
            if (c.valid && !(c.valid[i >> 3] >> (i & 7) & 1)) continue;
            switch (c.cell) {
            case Cell::int8: out.append(b, put_int(b, value_at<int8_t>(c, i))); break;
            case Cell::int32: out.append(b, put_int(b, value_at<int32_t>(c, i))); break;
            case Cell::int64: out.append(b, put_int(b, value_at<int64_t>(c, i))); break;
            case Cell::real: out.append(b, put_double(b, value_at<double>(c, i))); break;
            case Cell::time: out.append(b, put_time(b, value_at<int64_t>(c, i))); break;
            case Cell::coded: {
                const int64_t *o = c.cell_offsets + value_at<int32_t>(c, i);
                out.append(c.cells + o[0], static_cast<size_t>(o[1] - o[0]));
                break;
            }
            case Cell::text: put_cell(sv(static_cast<const char *>(c.values) + c.offsets[i], static_cast<size_t>(c.offsets[i + 1] - c.offsets[i])), out); break;
            }
        }
        out += '\n';
    }
}

} // namespace moocdb
