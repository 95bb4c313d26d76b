// The compiled declarations: what events/ says, as the kernel executes it. The kernel knows no event type by name.
#pragma once
#include <algorithm>
#include <unordered_map>
#include <vector>

#include "address.hpp"

namespace moocdb {

enum Kind : uint8_t { OTHER, NAVIGATION, VIDEO, BOOK, PROBLEM, OPEN_RESPONSE };
enum Fate : uint8_t { TRANSLATE, PAGE_CLOSE, ECHO, BACKGROUND, STUDIO, MACHINE };
enum Act : uint8_t { CHECK, SAVE, RESET_ACT, POSTS };
enum Form : uint8_t { MAPS, POST, QUERY, GRADED, WHOLE };
enum AnswerForm : uint8_t { VALUE, EACH, MEMBERS, RUBRIC };

using Path = std::vector<std::string>;  // a dotted member path, split

using Paths = std::vector<Path>;

struct WholeRule {
    bool essay = false;
    Paths answer, item, attempts, correct, earned, possible, key;
};

struct PostRule {
    uint8_t type = 0, trust = 0;  // type 0: no post
    std::string word;
    bool needs_content = false;
    Paths key, about, content, undo;
};

struct AssessRule {
    bool on = false;
    uint8_t grader = 0;
    Paths key, rubric, earned, possible, feedback;
};

struct QuestionRule {
    std::string type, name;
    uint8_t form = VALUE;
    Paths answer;
};

struct Meaning {
    uint8_t kind = OTHER, mode = 0, fate = TRANSLATE;
    bool reads_payload = false, clicks = false, submits = false, joins = false, staff = false, profile = false;
    uint8_t act = 0, code = 0, trust = 0, form = MAPS;
    WholeRule whole;
    PostRule post;
    AssessRule assess;
    std::vector<QuestionRule> questions;
    std::string category;
    Paths module, panel, course, user, page, final_grade;
    Paths click_code, click_numbers[5];  // current, old, new time; old, new speed
};

// What is seen of a text at a glance, to tell that a pattern cannot match it: its beginning, its end, and which pairs of bytes it has (the pairs
// alone: 4 % of the scan's instructions, since a path is held against a hundred patterns).
class Glance {
  public:
    Glance() = default;

    explicit Glance(sv text) : Glance(text, text) { add_pairs(text); }

    // Of a pattern: what stands before its first star and behind its last, and the pairs that no star parts.
    static Glance of_pattern(sv pattern) {
        size_t star = pattern.find('*');
        if (star == sv::npos) return Glance(pattern);
        Glance out(pattern.substr(0, star), pattern.substr(pattern.rfind('*') + 1));
        for (size_t from = 0; from < pattern.size();) {
            size_t to = std::min(pattern.find('*', from), pattern.size());
            out.add_pairs(pattern.substr(from, to - from));
            from = to + 1;
        }
        return out;
    }

    // Whether a text that looks so may match the pattern that looks like that.
    bool may_match(const Glance &pattern) const {
        uint64_t missing = (pattern.pairs_[0] & ~pairs_[0]) | (pattern.pairs_[1] & ~pairs_[1]) | (pattern.pairs_[2] & ~pairs_[2]) | (pattern.pairs_[3] & ~pairs_[3]);
        return !(missing | ((head_ ^ pattern.head_) & pattern.head_mask_) | ((tail_ ^ pattern.tail_) & pattern.tail_mask_));
    }

  private:
    Glance(sv head, sv tail) {
        head = head.substr(0, 8), tail = tail.substr(tail.size() - std::min<size_t>(tail.size(), 8));
        for (size_t i = 0; i < head.size(); i++) head_ |= byte(head[i]) << 8 * i, head_mask_ |= uint64_t{255} << 8 * i;
        for (size_t i = 0; i < tail.size(); i++) tail_ |= byte(tail[tail.size() - 1 - i]) << 8 * i, tail_mask_ |= uint64_t{255} << 8 * i;
    }

    static uint64_t byte(char c) { return static_cast<unsigned char>(c); }

    void add_pairs(sv text) {
        for (size_t i = 1; i < text.size(); i++) {
            uint64_t pair = byte(text[i - 1]) * 37 + byte(text[i]);  // two pairs may fall together: they only make the glance less sharp
            pairs_[pair >> 6 & 3] |= uint64_t{1} << (pair & 63);
        }
    }

    uint64_t head_ = 0, head_mask_ = 0, tail_ = 0, tail_mask_ = 0, pairs_[4] = {};
};

struct PathRule {
    int meaning = 0;
    std::string pattern, action;  // one of them
    Glance glance;                // of the pattern
    std::vector<std::string> categories;
    int about = 0;  // the piece, from the end, that a post is about
    std::string label;
};

struct NameRule {
    std::string pattern, label;
    int meaning = 0;
    bool browser = true, others = true;  // whose lines it is for
};

// Whether `*` (no slash) and `**` (anything) make pattern match text. No recursion: backtracks to the last star of each kind.
inline bool glob(sv pattern, sv text) {
    size_t p = 0, t = 0, star = sv::npos, star_t = 0, deep = sv::npos, deep_t = 0;
    while (true) {
        if (p + 1 < pattern.size() && pattern[p] == '*' && pattern[p + 1] == '*') {
            deep = p += 2, deep_t = t, star = sv::npos;
            continue;
        }
        if (p < pattern.size() && pattern[p] == '*') {
            star = ++p, star_t = t;
            continue;
        }
        if (t == text.size() && p == pattern.size()) return true;
        if (t < text.size() && p < pattern.size() && pattern[p] == text[t]) {
            p++, t++;
            continue;
        }
        if (star != sv::npos && star_t < text.size() && text[star_t] != '/') {
            p = star, t = ++star_t;
        } else if (deep != sv::npos && deep_t < text.size()) {
            p = deep, t = ++deep_t, star = sv::npos;
        } else return false;
    }
}

struct Meanings {
    std::vector<Meaning> all;
    std::unordered_map<std::string, int> browser, others;  // by exact name
    std::vector<NameRule> patterns;
    std::vector<PathRule> paths;
    int other = 0, page_view = 0;
    std::vector<std::string> machine_agents, studio_hosts;

    // The meaning of a name; `label` is what to call it when the name itself is not to be kept.
    int of_name(sv name, bool from_browser, sv &label) const {
        const auto &map = from_browser ? browser : others;
        auto it = map.find(std::string(name));
        if (it != map.end()) return it->second;
        for (const NameRule &rule : patterns)
            if ((from_browser ? rule.browser : rule.others) && glob(rule.pattern, name)) {
                label = rule.label;
                return rule.meaning;
            }
        return other;
    }

    bool machine(sv agent) const {
        std::string lower(agent);
        for (char &c : lower)
            if (c >= 'A' && c <= 'Z') c |= 0x20;
        for (const auto &s : machine_agents)
            if (lower.find(s) != std::string::npos) return true;
        return false;
    }

    bool studio(sv host) const {
        for (const auto &s : studio_hosts)
            if (starts(host, s)) return true;
        return false;
    }
};

// A request path, understood.
struct Request {
    int meaning = 0;
    Module module;  // when it is a request on a module
    std::string action, address, about, label;
    bool has_piece = false;  // whether the rule names a piece that the request is about
};

// Reads the module and action of a request on a module, if it is one.
inline void read_request(sv path, Request &r) {
    static constexpr Bytes ends_path("?#");
    path = path.substr(0, ends_path.first_in(path));
    size_t at = path.find("/modx/");
    std::vector<sv> pieces;
    if (at != sv::npos) {
        std::string plain;
        for (size_t i = at + 6; i < path.size(); i++)
            if (path[i] == ';' && i + 1 < path.size() && path[i + 1] == '_') plain += '/', i++;
            else plain += path[i];
        r.module = read_module(plain, {}, {});
        if (!r.module) return;
        pieces = pieces_of(strip(sv(plain)).substr(r.module.end));
        if (!pieces.empty()) r.action = pieces[0];
    } else if (at = path.find("/xblock/"); at != sv::npos) {
        size_t h = path.find("/handler/", at + 7);
        if (h == sv::npos) return;
        r.module = read_module(h > at + 8 ? path.substr(at + 8, h - at - 8) : sv(), {}, {});
        if (!r.module) return;
        pieces = pieces_of(path.substr(h + 9));
        if (!pieces.empty() && is(pieces[0], "xmodule_handler")) pieces.erase(pieces.begin());
        if (!pieces.empty()) r.action = pieces[0];
    }
}

inline Request classify_path(const Meanings &m, sv path, sv host) {
    Request r;
    r.meaning = m.page_view;
    read_request(path, r);
    clean_address(path, host, r.address);
    sv local = sv(r.address).substr(path_start(r.address));
    const Glance glance(local);
    for (const PathRule &rule : m.paths) {
        bool hit;
        if (rule.pattern.empty()) {
            hit = r.module && (rule.action == "*" || rule.action == r.action);
            if (hit && !rule.categories.empty()) hit = std::find(rule.categories.begin(), rule.categories.end(), r.module.category) != rule.categories.end();
        } else hit = glance.may_match(rule.glance) && glob(rule.pattern, local);
        if (hit) {
            r.meaning = rule.meaning, r.label = rule.label, r.has_piece = rule.about > 0;
            std::vector<sv> pieces = pieces_of(local);
            if (rule.about && static_cast<size_t>(rule.about) <= pieces.size()) r.about = pieces[pieces.size() - rule.about];
            break;
        }
    }
    return r;
}

} // namespace moocdb
