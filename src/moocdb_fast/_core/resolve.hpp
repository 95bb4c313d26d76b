// The pass over the events of each (user, course) in time order (rules, section 11).
#pragma once
#include <algorithm>
#include <unordered_set>

#include "columns.hpp"
#include "meanings.hpp"

namespace moocdb {

enum Outcome : uint8_t { OBSERVED, RECORD, CLOSED, DUPLICATE, COPY, SCORED };
enum Trust : uint8_t { T_SCORE, T_GRADED, T_BROWSER, T_REQUEST, T_SERVER };

constexpr int64_t SECOND = 1000000, FRESH = 3600 * SECOND, ECHO_WINDOW = 60 * SECOND;

// Borrowed columns of n rows, sorted by course, user, time, ordinal; base_* by base code. Those that are not const are written to, n values each:
// base and panel become the page where the event happens (-1: none), outcome and duration (whole seconds, -1: none) are results.
struct Sorted {
    int64_t n;
    const int64_t *time;
    const uint64_t *hash;
    int32_t *base, *panel, *duration;
    uint8_t *outcome;
    const int32_t *user, *course, *dest, *module, *about;  // about: what posts are about; may be null when there are none
    const uint8_t *kind, *flags, *submit;
    const uint8_t *base_level;
    const int32_t *base_place;
    const int64_t *part_start;  // n + 1: where the parts of each row begin
    const int32_t *part_module, *part_numbers;
    const uint8_t *part_answered, *part_marked;
    bool keep_duplicates;
};

struct Resolved {
    // Parts of records, in order; *_from index the parts handed in (-1: none).
    std::vector<int32_t> part_row, part_module, part_numbers;
    std::vector<int64_t> answer_from, mark_from, format_from;
    // Scores: row, the record whose first part they mark, and the part handed in that holds the mark.
    std::vector<int32_t> score_row, score_record;
    std::vector<int64_t> score_mark;
};

class Resolver {
  public:
    explicit Resolver(const Sorted &in) : in_(in) {}

    Resolved out;

    void run() {
        for (int64_t from = 0; from < in_.n;) {
            int64_t to = from + 1;
            while (to < in_.n && in_.user[to] == in_.user[from] && in_.course[to] == in_.course[from]) to++;
            group(from, to);
            from = to;
        }
    }

  private:
    struct Location {
        int32_t base = -1, panel = -1;
        int64_t time = 0;
    };

    void group(int64_t from, int64_t to) {
        Location here;
        int64_t open = -1;
        records_.clear(), copies_.clear();
        for (int64_t i = from; i < to; i++) {
            uint8_t flags = in_.flags[i];
            in_.outcome[i] = OBSERVED, in_.duration[i] = -1;
            bool repeated = repeats(i, from);
            if (flags & CLOSE) {
                close_page(i, open, here);
                continue;
            }
            if (repeated && !in_.keep_duplicates) {
                in_.outcome[i] = DUPLICATE;
                continue;
            }
            if (!(flags & (STILL | NOBODY))) place(i, here);
            if (flags & RECORDS) {
                in_.outcome[i] = RECORD;
                if (code(i) != NO_ECHO) records_.push_back(i);
            } else if (!(flags & NOBODY)) {
                if (open >= 0) in_.duration[open] = seconds(open, i);
                open = i;
            }
        }
        if (!records_.empty()) echoes();
    }

    // Whole seconds from a to b; -1 when no INT column holds them.
    int32_t seconds(int64_t a, int64_t b) const {
        int64_t s = (in_.time[b] - in_.time[a]) / SECOND;
        return s <= INT32_MAX ? static_cast<int32_t>(s) : -1;
    }

    // Whether row i has the time and the bytes of an earlier row of its group; to be asked of every row in order.
    bool repeats(int64_t i, int64_t from) {
        if (i == from || in_.time[i] != in_.time[i - 1]) {
            if (!same_time_.empty()) std::unordered_set<uint64_t>().swap(same_time_);  // clear() would walk all its buckets, row by row
            return false;
        }
        if (same_time_.empty()) same_time_.insert(in_.hash[i - 1]);
        return !same_time_.insert(in_.hash[i]).second;
    }

    void close_page(int64_t i, int64_t &open, Location &here) {
        in_.outcome[i] = CLOSED;
        if ((in_.flags[i] & NOBODY) || in_.base[i] < 0) return;
        if (open >= 0 && in_.base[open] == in_.base[i]) {
            in_.duration[open] = seconds(open, i);
            open = -1;
        }
        if (here.base == in_.base[i]) here = Location();
    }

    // Gives event i its page and moves the user.
    void place(int64_t i, Location &here) {
        int32_t base = in_.base[i], panel = in_.panel[i];
        bool fresh = here.base >= 0 && in_.base_level[here.base] == 3 && in_.time[i] - here.time < FRESH;
        if (fresh && (base < 0 || (in_.flags[i] & FRAME))) base = here.base, panel = here.panel;
        else if (fresh && panel < 0 && base >= 0 && in_.base_level[base] == 3 && here.panel >= 0 && in_.base_place[base] == in_.base_place[here.base])
            panel = here.panel;
        if (base >= 0) {
            int level = in_.base_level[base];
            if (in_.dest[i] >= 0 && ((in_.kind[i] == NAVIGATION && level == 3) || (in_.kind[i] == BOOK && level == 4))) panel = in_.dest[i];
            if (level >= 1) here = {base, panel, in_.time[i]};
        }
        in_.base[i] = base, in_.panel[i] = panel;
    }

    // ------------------------------------------------------------ echoes

    int trust(int64_t i) const { return in_.submit[i] >> 2 & 7; }
    int act(int64_t i) const { return in_.submit[i] & 3; }
    int code(int64_t i) const { return in_.submit[i] >> 5; }
    bool posts(int64_t i) const { return act(i) == POSTS; }

    void echoes() {
        std::vector<int64_t> rows = records_;
        auto key = [&](int64_t i) { return posts(i) ? std::make_pair(-2 - (in_.about ? in_.about[i] : -1), POSTS + code(i)) : std::make_pair(in_.module[i], act(i)); };
        std::stable_sort(rows.begin(), rows.end(), [&](int64_t a, int64_t b) { return key(a) < key(b); });
        for (size_t from = 0; from < rows.size();) {
            size_t to = from + 1;
            while (to < rows.size() && key(rows[to]) == key(rows[from])) to++;
            find_copies(rows.data() + from, rows.data() + to);
            if (!posts(rows[from])) find_scores(rows.data() + from, rows.data() + to);
            from = to;
        }
        std::sort(copies_.begin(), copies_.end());
        size_t c = 0;
        for (int64_t i : records_) {
            if (in_.outcome[i] != RECORD || posts(i)) continue;
            while (c < copies_.size() && copies_[c].first < i) c++;
            size_t end = c;
            while (end < copies_.size() && copies_[end].first == i) end++;
            emit_parts(i, c, end);
        }
    }

    // Records that only tell the score of one before them.
    void find_scores(const int64_t *from, const int64_t *to) {
        int64_t last = -1;
        for (const int64_t *p = from; p < to; p++) {
            if (in_.outcome[*p] != RECORD) continue;
            if (trust(*p) != T_SCORE) last = *p;
            else if (last >= 0) {
                in_.outcome[*p] = SCORED;
                int64_t mark = in_.part_start[*p];
                if (mark == in_.part_start[*p + 1] || !in_.part_marked[mark]) continue;
                out.score_row.push_back(static_cast<int32_t>(*p)), out.score_record.push_back(static_cast<int32_t>(last));
                out.score_mark.push_back(mark);
            }
        }
    }

    void copy(int64_t i, int64_t record) {
        in_.outcome[i] = COPY;
        if (!posts(i)) copies_.emplace_back(record, i);
    }

    // Rows of one module and act, in order: tells records from copies.
    void find_copies(const int64_t *from, const int64_t *to) {
        servers_.clear();
        for (const int64_t *p = from; p < to; p++)
            if (trust(*p) == T_SERVER) servers_.push_back(*p);
        int64_t first = -1;
        unsigned have = 0;
        members_.clear();
        for (const int64_t *p = from; p < to; p++) {
            int64_t i = *p;
            if (trust(i) == T_SERVER) continue;
            int64_t server = nearest_server(in_.time[i]);
            if (server >= 0) {
                copy(i, server);
                continue;
            }
            if (first < 0 || in_.time[i] - in_.time[first] > ECHO_WINDOW || (have >> trust(i) & 1)) {
                end_cluster();
                first = i, have = 0;
            }
            have |= 1u << trust(i);
            members_.push_back(i);
        }
        end_cluster();
    }

    int64_t nearest_server(int64_t t) const {
        auto next = std::lower_bound(servers_.begin(), servers_.end(), t, [&](int64_t row, int64_t v) { return in_.time[row] < v; });
        int64_t best = -1, gap = ECHO_WINDOW + 1;
        if (next != servers_.begin()) {
            int64_t before = in_.time[*(next - 1)];
            auto same = std::lower_bound(servers_.begin(), next, before, [&](int64_t row, int64_t v) { return in_.time[row] < v; });
            best = *same, gap = t - before;
        }
        if (next != servers_.end() && in_.time[*next] - t < gap) best = *next, gap = in_.time[*next] - t;
        return gap <= ECHO_WINDOW ? best : -1;
    }

    void end_cluster() {
        if (members_.empty()) return;
        int64_t record = *std::max_element(members_.begin(), members_.end(), [&](int64_t a, int64_t b) { return trust(a) < trust(b); });
        for (int64_t i : members_)
            if (i != record) copy(i, record);
        members_.clear();
    }

    // Writes the parts of record i, completed by its copies [from, to) of copies_.
    void emit_parts(int64_t i, size_t from, size_t to) {
        size_t begin = out.part_row.size();
        auto add = [&](int32_t module, int32_t numbers, int64_t part) {
            out.part_row.push_back(static_cast<int32_t>(i)), out.part_module.push_back(module), out.part_numbers.push_back(numbers);
            out.answer_from.push_back(part >= 0 && in_.part_answered[part] ? part : -1);
            out.mark_from.push_back(part >= 0 && in_.part_marked[part] ? part : -1);
            out.format_from.push_back(part);
        };
        auto take = [&](int64_t row) {
            for (int64_t p = in_.part_start[row]; p < in_.part_start[row + 1]; p++) add(in_.part_module[p], in_.part_numbers[p], p);
        };
        take(i);
        size_t c = from;
        for (; c < to && out.part_row.size() == begin; c++) take(copies_[c].second);
        if (c < to) {
            index_parts(begin);
            for (; c < to; c++)
                for (int64_t p = in_.part_start[copies_[c].second]; p < in_.part_start[copies_[c].second + 1]; p++) fill(p);
        }
        if (out.part_row.size() == begin) add(in_.module[i], 0, -1);
    }

    // What part a row of `out` or of the parts handed in is, as one number.
    static uint64_t identity(int32_t module, int32_t numbers) { return static_cast<uint64_t>(module) << 32 | static_cast<uint32_t>(numbers); }

    void index_parts(size_t begin) {
        made_.clear();
        for (size_t k = begin; k < out.part_row.size(); k++) made_.emplace_back(identity(out.part_module[k], out.part_numbers[k]), k);
        std::sort(made_.begin(), made_.end());
    }

    void fill(int64_t p) {
        uint64_t wanted = identity(in_.part_module[p], in_.part_numbers[p]);
        for (auto it = std::lower_bound(made_.begin(), made_.end(), std::make_pair(wanted, size_t{0})); it != made_.end() && it->first == wanted; ++it) {
            size_t k = it->second;
            if (out.answer_from[k] < 0 && in_.part_answered[p]) out.answer_from[k] = p;
            if (out.mark_from[k] < 0 && in_.part_marked[p]) out.mark_from[k] = p;
        }
    }

    const Sorted &in_;
    std::unordered_set<uint64_t> same_time_;  // hashes of the rows so far that have the time of the last one
    std::vector<int64_t> records_, servers_, members_;
    std::vector<std::pair<int64_t, int64_t>> copies_;  // record, copy
    std::vector<std::pair<uint64_t, size_t>> made_;    // identity of a part of the record, its place in out
};

} // namespace moocdb
