// Dimension tables: texts put together from columns, and the tree of pages along their addresses (rules, section 12).
#pragma once
#include <unordered_map>
#include <vector>

#include "address.hpp"
#include "dict.hpp"

namespace moocdb {

// A part of every text of a column: texts by their codes, `tail` behind each. Borrows all but the tail.
struct CodedText {
    const int64_t *ends;
    const char *data;
    const int32_t *codes;  // -1: nothing, and no tail
    std::string tail;

    size_t size(int64_t i) const { return codes[i] < 0 ? 0 : static_cast<size_t>(ends[codes[i] + 1] - ends[codes[i]]) + tail.size(); }
    char *put(int64_t i, char *out) const {
        if (codes[i] < 0) return out;
        size_t n = static_cast<size_t>(ends[codes[i] + 1] - ends[codes[i]]);
        if (n) std::memcpy(out, data + ends[codes[i]], n);
        if (!tail.empty()) std::memcpy(out + n, tail.data(), tail.size());
        return out + n + tail.size();
    }
};

// Writes n texts of these parts, each cut to `limit` code points, to data, which has room for them uncut, and their n + 1 ends.
inline void join_coded(const std::vector<CodedText> &parts, int64_t n, size_t limit, int64_t *ends, char *data) {
    char *at = data;
    ends[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        char *from = at;
        for (const CodedText &part : parts) at = part.put(i, at);
        at = from + cut_points(sv(from, static_cast<size_t>(at - from)), limit).size();
        ends[i + 1] = at - data;
    }
}

// Whether s has so many hexadecimal digits in a row.
inline bool has_hex_run(sv s, size_t digits) {
    size_t run = 0;
    for (size_t i = 0; i < s.size(); i++) {
        run = is_hex(s[i]) ? run + 1 : 0;
        if (run == digits) return true;
    }
    return false;
}

using Sections = std::unordered_map<std::string, int32_t>;

// Pages in the order in which cleaned addresses bring them: what lies above an address before it, the host first.
class PageTree {
  public:
    PageTree(const Sections &of_course, const Sections &of_site, int32_t other) : of_course_(of_course), of_site_(of_site), other_(other) {}

    // Takes in an address. May raise bad_alloc.
    void add(sv url) {
        const size_t host = path_start(url);
        int32_t above = -1;
        fresh_.clear();
        for (size_t at = url.rfind('/'); at != sv::npos && at >= host; at = url.rfind('/', at - 1)) {
            if (url[at - 1] == '/') continue;  // `i4x://` in a path is one step
            sv address = url.substr(0, at + 1);
            above = pages.find(address);
            if (above >= 0) break;  // so is what lies above it
            fresh_.push_back(address);
        }
        for (size_t i = fresh_.size(); i-- > 0;) {
            parent.push_back(above);
            source.push_back(static_cast<int32_t>(own.size()));
            type.push_back(type_of(fresh_[i]));
            above = pages.intern(fresh_[i]);
        }
        own.push_back(above);
    }

    StringDict pages;
    std::vector<int32_t> parent, source, type;  // by page: the one above or -1, the address that brought it, its type
    std::vector<int32_t> own;                   // by address: its page

  private:
    // By the first piece behind the course; of other pages by the first piece behind the host.
    int32_t type_of(sv address) const {
        std::vector<sv> pieces = pieces_of(address.substr(path_start(address)));
        if (pieces.empty()) return other_;
        if (read_page(address).course.empty()) return look_up(of_site_, pieces[0]);
        size_t behind = behind_course(pieces);
        return behind < pieces.size() ? look_up(of_course_, pieces[behind]) : other_;
    }

    int32_t look_up(const Sections &sections, sv piece) const {
        auto found = sections.find(std::string(piece));
        return found == sections.end() ? other_ : found->second;
    }

    // How many pieces end with the course, of a page that has one.
    static size_t behind_course(const std::vector<sv> &pieces) {
        for (size_t i = 0; i + 1 < pieces.size(); i++)
            if (one_of(pieces[i], {"courses", "course"}) && new_style(pieces[i + 1])) return i + 2;
        size_t at = 0;
        while (!is(pieces[at], "courses")) at++;
        return at + 4;
    }

    const Sections &of_course_, &of_site_;
    int32_t other_;
    std::vector<sv> fresh_;
};

} // namespace moocdb
