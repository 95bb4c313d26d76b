// Columns of rows: codes of the whole, places, and pairs of codes.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace moocdb {

// Pairs of codes to dense numbers, in order of first appearance. One table without pointers: rows ask it five times each.
class PairIndex {
  public:
    int32_t size() const { return static_cast<int32_t>(keys_.size()); }
    int32_t first(int32_t number) const { return static_cast<int32_t>(keys_[number] >> 32); }
    int32_t second(int32_t number) const { return static_cast<int32_t>(keys_[number]); }

    // The number of a pair; -1 if it is new and not to be added. May raise bad_alloc.
    int32_t at(int32_t a, int32_t b, bool add = true) {
        uint64_t key = static_cast<uint64_t>(static_cast<uint32_t>(a)) << 32 | static_cast<uint32_t>(b);
        if (last_ >= 0 && keys_[last_] == key) return last_;  // rows repeat themselves
        size_t mask = slots_.size() - 1, i = hash(key) & mask;
        for (; slots_[i] >= 0; i = (i + 1) & mask)
            if (keys_[slots_[i]] == key) return last_ = slots_[i];
        if (!add) return -1;
        last_ = size();
        keys_.push_back(key);
        slots_[i] = last_;
        if (keys_.size() * 2 > slots_.size()) grow();
        return last_;
    }

  private:
    static uint64_t hash(uint64_t key) {
        key *= 0x9e3779b97f4a7c15ULL;
        return key ^ key >> 32;
    }

    void grow() {
        std::vector<int32_t> slots(slots_.size() * 4, -1);
        size_t mask = slots.size() - 1;
        for (size_t n = 0; n < keys_.size(); n++) {
            size_t i = hash(keys_[n]) & mask;
            while (slots[i] >= 0) i = (i + 1) & mask;
            slots[i] = static_cast<int32_t>(n);
        }
        slots_.swap(slots);
    }

    std::vector<int32_t> slots_ = std::vector<int32_t>(64, -1);
    std::vector<uint64_t> keys_;
    int32_t last_ = -1;
};

// out[place[i]] = column[i]
template <class T>
inline void scatter(const T *column, const int32_t *place, int64_t n, T *out) {
    for (int64_t i = 0; i < n; i++) out[place[i]] = column[i];
}

// The same in other codes; -1 stays -1.
inline void scatter_codes(const int32_t *column, const int32_t *codes, const int32_t *place, int64_t n, int32_t *out) {
    for (int64_t i = 0; i < n; i++) out[place[i]] = column[i] < 0 ? -1 : codes[column[i]];
}

// The place of each of n rows in the order by (group, time), rows that are equal as they come; groups are 0 .. groups - 1.
// Rows of logs are nearly in order: only groups in which time goes back are sorted.
inline void find_places(int64_t n, const int32_t *group, int64_t groups, const int64_t *time, int32_t *place) {
    auto size = static_cast<size_t>(groups);
    std::vector<int32_t> next(size + 1, 0);
    std::vector<int64_t> latest(size, INT64_MIN);
    std::vector<uint8_t> mixed(size, 0);
    for (int64_t i = 0; i < n; i++) next[group[i] + 1]++;
    for (size_t g = 0; g < size; g++) next[g + 1] += next[g];
    bool any = false;
    for (int64_t i = 0; i < n; i++) {
        int32_t g = group[i];
        place[i] = next[g]++;
        if (time[i] < latest[g]) mixed[g] = 1, any = true;
        latest[g] = time[i];
    }
    if (!any) return;
    struct Row {
        int32_t group, place;  // of rows as they come, places grow within a group
        int64_t time, row;
    };
    std::vector<Row> rows;
    for (int64_t i = 0; i < n; i++)
        if (mixed[group[i]]) rows.push_back({group[i], place[i], time[i], i});
    std::sort(rows.begin(), rows.end(), [](const Row &a, const Row &b) { return a.place < b.place; });
    for (size_t from = 0; from < rows.size();) {
        size_t to = from + 1;
        while (to < rows.size() && rows[to].group == rows[from].group) to++;
        int32_t first = rows[from].place;
        std::sort(rows.begin() + from, rows.begin() + to, [](const Row &a, const Row &b) { return a.time < b.time || (a.time == b.time && a.row < b.row); });
        for (size_t k = from; k < to; k++) place[rows[k].row] = first + static_cast<int32_t>(k - from);
        from = to;
    }
}

// What m children of n rows become in the order of their rows, children of one row as they come: start (n + 1) and the child at each place.
inline void order_children(int64_t m, const int32_t *row, int64_t n, int64_t *start, int32_t *child) {
    std::fill(start, start + n + 1, 0);
    for (int64_t i = 0; i < m; i++) start[row[i] + 1]++;
    for (int64_t r = 0; r < n; r++) start[r + 1] += start[r];
    for (int64_t i = 0; i < m; i++) child[start[row[i]]++] = static_cast<int32_t>(i);
    for (int64_t r = n; r > 0; r--) start[r] = start[r - 1];  // each had moved to the start of the next
    start[0] = 0;
}

} // namespace moocdb
