// Values as PHP's serialize() writes them: null, booleans, integers, floats, texts and arrays of those. Bytes first: lengths count bytes, nothing
// is decoded. Objects and references are refused; depth and number of values are bounded, and nothing is taken on trust before it is there.
#pragma once
#include "text.hpp"
#include <algorithm>
#include <tuple>
#include <vector>

namespace moocdb {

// A value; those of an array follow it as key, value, key, value, up to `end`.
struct PhpNode {
    enum Kind : uint8_t { nothing, boolean, integer, real, text, array } kind;
    bool odd;      // a number that has no place in `i` or `d`; its text is in `s`
    uint32_t end;  // the node behind it and all it holds
    int64_t i;
    double d;
    sv s;
};

class Php {
public:
    static constexpr int DEPTH = 64;
    static constexpr size_t MOST = 1 << 22;

    std::vector<PhpNode> nodes;
    const char *bad = nullptr;  // what is wrong, and at which byte
    size_t bad_at = 0;
    bool odd = false;  // whether a node is

    // Reads one value that fills all of s. The nodes borrow s.
    bool read(sv s) {
        nodes.clear();
        bad = nullptr, odd = false;
        begin = p = s.data(), e = p + s.size();
        if (!value(0)) return false;
        return p == e || fail("something follows the value");
    }

    // Keys and values of an array, as PHP would have them: of equal keys the first keeps its place and the last its value.
    void entries(size_t array, std::vector<std::pair<uint32_t, uint32_t>> &out);

private:
    const char *begin = nullptr, *p = nullptr, *e = nullptr;
    std::vector<std::pair<uint32_t, uint32_t>> sorted;

    bool fail(const char *why) {
        bad = why, bad_at = p - begin;
        return false;
    }
    bool take(char c) {
        if (p == e || *p != c) return fail(p == e ? "the value breaks off" : "a byte that does not belong here");
        p++;
        return true;
    }
    // Digits as a number of bytes or entries, which cannot be more than there are bytes left.
    bool length(size_t &n) {
        const char *from = p;
        for (n = 0; p < e && is_digit(*p); p++) {
            n = n * 10 + (*p - '0');
            if (n > static_cast<size_t>(e - p)) return fail("a length beyond the end");
        }
        return p > from || fail(p == e ? "the value breaks off" : "a length that is no number");
    }
    bool number(PhpNode &node);
    bool value(int depth);
    bool same_key(const PhpNode &a, const PhpNode &b) const { return a.kind == b.kind && a.i == b.i && a.s == b.s; }
};

inline bool Php::number(PhpNode &node) {
    const void *stop = std::memchr(p, ';', e - p);
    if (!stop) return fail("the value breaks off");
    sv s(p, static_cast<const char *>(stop) - p);
    node.s = s;
    sv digits = !s.empty() && (s[0] == '-' || s[0] == '+') ? s.substr(1) : s;
    sv plain = !s.empty() && s[0] == '+' ? digits : s;
    if (node.kind == PhpNode::integer) {
        if (!all_digits(digits)) return fail("an integer that is none");
        if (std::from_chars(plain.data(), plain.data() + plain.size(), node.i).ec != std::errc()) node.odd = odd = true;
        else node.s = sv();
    } else if (digits == "INF" || s == "NAN") node.odd = odd = true;
    else {
        auto r = std::from_chars(plain.data(), plain.data() + plain.size(), node.d);
        if (digits.empty() || !(is_digit(digits[0]) || digits[0] == '.') || r.ptr != plain.data() + plain.size() || r.ec == std::errc::invalid_argument)
            return fail("a float that is none");
        if (r.ec != std::errc()) node.odd = odd = true;
    }
    p += s.size() + 1;
    return true;
}

inline bool Php::value(int depth) {
    if (e - p < 2) return fail("the value breaks off");
    if (nodes.size() >= MOST) return fail("too many values");
    size_t at = nodes.size();
    nodes.push_back({PhpNode::nothing, false, static_cast<uint32_t>(at + 1), 0, 0, sv()});
    char c = *p;
    if (c == 'N') {
        p++;
        return take(';');
    }
    if (std::strchr("OCRrE", c) && c) return fail("an object or a reference, which are not read");
    if (!c || !std::strchr("bidsa", c)) return fail("a byte that does not belong here");
    p++;
    if (!take(':')) return false;
    PhpNode node = nodes[at];
    if (c == 'i' || c == 'd') {
        node.kind = c == 'i' ? PhpNode::integer : PhpNode::real;
        if (!number(node)) return false;
        nodes[at] = node;
        return true;
    }
    if (c == 'b') {
        if (e - p < 2) return fail("the value breaks off");
        if ((*p != '0' && *p != '1') || p[1] != ';') return fail("a boolean that is none");
        nodes[at].kind = PhpNode::boolean, nodes[at].i = *p == '1';
        p += 2;
        return true;
    }
    size_t n;
    if (!length(n) || !take(':')) return false;
    if (c == 's') {
        if (!take('"')) return false;
        if (static_cast<size_t>(e - p) < n) return fail("a length beyond the end");
        nodes[at].kind = PhpNode::text, nodes[at].s = sv(p, n);
        p += n;
        return take('"') && take(';');
    }
    if (!take('{')) return false;
    if (depth >= DEPTH) return fail("arrays nested too deeply");
    if (n > static_cast<size_t>(e - p) / 6) return fail("more entries than bytes");
    for (; n; n--) {
        const char *key = p;
        if (e - p >= 1 && *p != 'i' && *p != 's') return fail("a key that is neither integer nor text");
        if (!value(depth + 1)) return false;
        if (nodes.back().odd) return p = key, fail("a key beyond 64 bits");
        if (!value(depth + 1)) return false;
    }
    if (!take('}')) return false;
    nodes[at].kind = PhpNode::array, nodes[at].end = static_cast<uint32_t>(nodes.size());
    return true;
}

inline void Php::entries(size_t array, std::vector<std::pair<uint32_t, uint32_t>> &out) {
    out.clear();
    for (uint32_t key = static_cast<uint32_t>(array) + 1; key < nodes[array].end; key = nodes[key + 1].end) out.push_back({key, key + 1});
    auto merge = [&](size_t first, size_t again) { out[first].second = out[again].second, out[again].first = 0; };
    bool some = false;
    if (out.size() <= 16) {
        for (size_t j = 1; j < out.size(); j++)
            for (size_t i = 0; i < j; i++)
                if (out[i].first && same_key(nodes[out[i].first], nodes[out[j].first])) {
                    merge(i, j), some = true;
                    break;
                }
    } else {
        sorted.clear();
        for (uint32_t i = 0; i < out.size(); i++) sorted.push_back({out[i].first, i});
        auto less = [&](const auto &a, const auto &b) {
            const PhpNode &x = nodes[a.first], &y = nodes[b.first];
            return std::tie(x.kind, x.i, x.s, a.second) < std::tie(y.kind, y.i, y.s, b.second);
        };
        std::sort(sorted.begin(), sorted.end(), less);
        for (size_t i = 1, first = 0; i < sorted.size(); i++) {
            if (same_key(nodes[sorted[first].first], nodes[sorted[i].first])) merge(sorted[first].second, sorted[i].second), some = true;
            else first = i;
        }
    }
    if (some) out.erase(std::remove_if(out.begin(), out.end(), [](const auto &entry) { return entry.first == 0; }), out.end());
}

// Appends a scalar as PHP makes it text: true is 1, false and null are empty, floats have at most 14 digits.
inline void put_php_text(const PhpNode &node, std::vector<char> &out) {
    char b[48];
    sv s;
    if (node.kind == PhpNode::text || node.odd) s = node.s;
    else if (node.kind == PhpNode::integer) s = sv(b, put_int(b, node.i) - b);
    else if (node.kind == PhpNode::boolean) s = node.i ? "1" : "";
    else if (node.kind == PhpNode::real) {
        auto r = std::to_chars(b, b + sizeof b, node.d, std::chars_format::general, 14);
        std::string t(b, r.ptr);
        size_t exponent = t.find('e');
        if (exponent != std::string::npos) {  // 1e-05 is 1.0E-5 there
            std::string power = t.substr(exponent + 2);
            power.erase(0, std::min(power.find_first_not_of('0'), power.size() - 1));
            t = t.substr(0, exponent) + (t.find('.') == std::string::npos ? ".0E" : "E") + t[exponent + 1] + power;
        }
        out.insert(out.end(), t.begin(), t.end());
        return;
    }
    out.insert(out.end(), s.begin(), s.end());
}

constexpr int64_t NO_NUMBER = INT64_MIN;

// A scalar as a number, if it is one or a text of digits.
inline int64_t php_number(const PhpNode &node) {
    if (node.odd) return NO_NUMBER;
    if (node.kind == PhpNode::integer) return node.i;
    if (node.kind == PhpNode::real) return std::fabs(node.d) < 9.2e18 ? static_cast<int64_t>(node.d) : NO_NUMBER;
    if (node.kind != PhpNode::text) return NO_NUMBER;
    sv s = strip(node.s);
    if (!s.empty() && s[0] == '+') s.remove_prefix(1);
    int64_t i;
    auto r = std::from_chars(s.data(), s.data() + s.size(), i);
    return r.ec == std::errc() && r.ptr == s.data() + s.size() ? i : NO_NUMBER;
}

// What quiz submissions hold, as columns: one row per value, one entry per answered question, one per selected value.
class PhpAnswers {
public:
    enum Status : uint8_t { GOOD, MISSING, DAMAGED, NO_ARRAY };
    enum Shape : uint8_t { EMPTY, LIST, SINGLE };
    std::vector<uint8_t> status, has_answers, shape;
    std::vector<int64_t> start, saved, question_offsets{0}, value_offsets{0};
    std::vector<int32_t> answer_row, value_answer;
    std::vector<char> question_data, value_data;

    void add(sv s) {
        push();
        if (!php.read(s)) return status.back() = DAMAGED, void();
        if (php.nodes[0].kind == PhpNode::text && !php.read(php.nodes[0].s)) return status.back() = DAMAGED, void();
        if (php.nodes[0].kind != PhpNode::array) return status.back() = NO_ARRAY, void();
        submission();
    }
    void add_missing() {
        push();
        status.back() = MISSING;
    }

private:
    using Entries = std::vector<std::pair<uint32_t, uint32_t>>;
    Php php;
    Entries members, questions, selected;

    void push() {
        status.push_back(GOOD), has_answers.push_back(0);
        start.push_back(NO_NUMBER), saved.push_back(NO_NUMBER);
    }
    void submission() {
        php.entries(0, members);
        for (auto [key, value] : members) {
            const PhpNode &k = php.nodes[key], &v = php.nodes[value];
            if (k.kind != PhpNode::text) continue;
            if (k.s == "start_time") start.back() = php_number(v);
            else if (k.s == "saved_time") saved.back() = php_number(v);
            else if (k.s == "answers" && v.kind == PhpNode::array) {
                has_answers.back() = 1;
                php.entries(value, questions);
                for (auto [question, answer] : questions) add_answer(question, answer);
            }
        }
    }
    void add_answer(uint32_t question, uint32_t answer) {
        answer_row.push_back(static_cast<int32_t>(status.size() - 1));
        put_php_text(php.nodes[question], question_data);
        question_offsets.push_back(static_cast<int64_t>(question_data.size()));
        if (php.nodes[answer].kind == PhpNode::array) {
            php.entries(answer, selected);
            for (auto [key, value] : selected)
                if (php.nodes[key].kind == PhpNode::text && php.nodes[key].s == "answer") {
                    answer = value;
                    if (php.nodes[answer].kind == PhpNode::array) php.entries(answer, selected);
                    break;
                }
        }
        const PhpNode &a = php.nodes[answer];
        if (a.kind == PhpNode::array) {
            Shape found = EMPTY;
            for (auto [key, value] : selected)
                if (php.nodes[value].kind != PhpNode::array) add_value(value), found = LIST;
            shape.push_back(found);
        } else if (a.kind == PhpNode::nothing || (a.kind == PhpNode::boolean && !a.i)) shape.push_back(EMPTY);
        else add_value(answer), shape.push_back(SINGLE);
    }
    void add_value(uint32_t value) {
        value_answer.push_back(static_cast<int32_t>(answer_row.size() - 1));
        put_php_text(php.nodes[value], value_data);
        value_offsets.push_back(static_cast<int64_t>(value_data.size()));
    }
};

} // namespace moocdb
