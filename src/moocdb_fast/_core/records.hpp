// What an event says besides being observed: whole submissions, posts, answers, marks, facts (rules, sections 9 and 9a).
#pragma once
#include <algorithm>

#include "parts.hpp"

namespace moocdb {

enum Fact : uint8_t { F_JOIN, F_STAFF, F_GRADE, F_GENDER, F_BIRTH, F_COUNTRY, F_LANGUAGE };

// Follows a member path, its end taken as it is.
inline bool follow_whole(Element root, const Path &path, Element &out) {
    Element e = root;
    for (const auto &name : path)
        if (!first_of(e) || !member(e, name, e)) return false;
    out = e;
    return true;
}

// An array of one element stands for it.
inline Element only_element(Element e) {
    Elements all;
    return all.read(e) && all.single() ? all.first() : e;
}

// What an array at the end of a member path stands for: its first element, itself, or its element if that is the only one.
enum class End : uint8_t { first, whole, only };

// The first declared member that is there (not null).
inline bool first_there(const Decoded &d, const Paths &paths, Element &out, End end = End::first) {
    if (d.what != Payload::value) return false;
    for (const auto &path : paths) {
        if (!(end == End::first ? follow(d, path, out) : follow_whole(d.value, path, out))) continue;
        if (end == End::only) out = only_element(out);
        if (!out.is_null()) return true;
    }
    return false;
}

// The first declared member that is text and not blank; empty when there is none.
inline sv first_text(const Decoded &d, const Paths &paths) {
    Element e;
    sv s;
    if (d.what == Payload::value)
        for (const auto &path : paths)
            if (follow(d, path, e) && text_of(e, s) && !strip(s).empty()) return s;
    return {};
}

inline sv first_key(const Decoded &d, const Paths &paths) { return cut_points(strip(first_text(d, paths)), NAME_POINTS); }

// Whether a payload that is text is itself what the paths want.
inline bool whole_text(const Decoded &d, const Paths &paths) {
    return d.what == Payload::text && std::any_of(paths.begin(), paths.end(), [](const Path &path) { return path.empty(); });
}

// A JSON number, or NaN.
inline double plain_number(Element e) {
    double v;
    return double_of(e, v) ? v : NAN;
}

inline double first_number(const Decoded &d, const Paths &paths) {
    Element e;
    return first_there(d, paths, e) ? plain_number(e) : NAN;
}

// What was earned as a share of what was possible, or NaN.
inline double share_of(double earned, double possible) { return earned >= 0 && earned <= possible && possible > 0 ? earned / possible : NAN; }

// ---------------------------------------------------------------- whole submissions

// The text of an essay: an object of texts, perhaps as JSON text. Uses `json`. False for null.
inline bool essay_of(Element e, Json &json, std::string &out) {
    sv s;
    Element inner;
    if (text_of(e, s) && starts(strip(s), "{") && !json.parse(strip(s), inner) && inner.kind() == '{') e = inner;
    if (member(e, "text", inner) && text_of(inner, s)) {
        out = s;
        return true;
    }
    Elements parts;
    if (member(e, "parts", inner) && parts.read(inner)) {
        std::vector<sv> texts;
        for (Element part : parts)
            if (member(part, "text", inner) && text_of(inner, s)) texts.push_back(s);
        if (texts.size() == 1) {
            out = texts[0];
            return true;
        }
        if (!texts.empty()) {
            put_json_list(texts, out);
            return true;
        }
    }
    return answer_of(e, out);
}

// Reads the one part of an event that submits a module at once.
inline void read_whole(const WholeRule &w, const Decoded &d, Json &json, Part &part, int32_t &attempts, double &max_grade) {
    Element e;
    int64_t n;
    auto integer = [&](const Paths &paths, int64_t most) { return first_there(d, paths, e) && integer_of(e, n) && n >= 0 && n <= most; };
    if (integer(w.item, 999)) part.numbers = static_cast<int>(1 + 1000 + n);
    if (integer(w.attempts, INT32_MAX)) attempts = static_cast<int32_t>(n);
    if (whole_text(d, w.answer)) part.has_answer = true, part.answer = d.text;
    else if (first_there(d, w.answer, e, End::only)) part.has_answer = w.essay ? essay_of(e, json, part.answer) : answer_of(e, part.answer);
    bool correct;
    double earned;
    if (first_there(d, w.correct, e) && truth_of(e, correct)) part.has_mark = true, part.mark = correct ? "correct" : "incorrect";
    else if (!std::isnan(earned = first_number(d, w.earned))) {
        part.has_mark = true, part.mark = "partially-correct";
        if (!w.possible.empty()) max_grade = first_number(d, w.possible);
        part.npoints = w.possible.empty() ? share_of(earned, 1) : share_of(earned, max_grade);
    }
}

// ---------------------------------------------------------------- posts

struct PostText {
    bool given = false, there = false;  // whether there is any content; whether learners' text is part of it
    std::string text;
};

inline PostText post_text(const PostRule &rule, const Decoded &d) {
    PostText out;
    Element e;
    sv s;
    bool undone;
    for (const auto &path : rule.content)
        if (d.what == Payload::value && follow(d, path, e) && text_of(e, s) && !strip(s).empty()) {
            if (out.there) out.text += "\n\n";
            out.text.append(s);
            out.there = true;
        }
    if (first_there(d, rule.undo, e) && truth_of(e, undone) && undone) out.text = "unvote", out.given = true;
    else if (!out.there) out.text = rule.word;
    out.given = out.given || out.there || !rule.word.empty();
    return out;
}

// ---------------------------------------------------------------- answers

// What was answered; `question` is its type, whether its name is shown, and the name.
struct Reply {
    std::string question, answer;
};

class ReplyReader {
  public:
    std::vector<Reply> replies;

    void read(const QuestionRule &rule, const Decoded &d) {
        Element e;
        if (whole_text(d, rule.answer) && (rule.form == VALUE || rule.form == EACH)) return add_text(rule, rule.name, false, std::string(d.text));
        if (!first_there(d, rule.answer, e, rule.form == VALUE ? End::only : End::whole)) return;
        Elements a;
        bool list = a.read(e);
        switch (rule.form) {
        case VALUE: add(rule, rule.name, false, e); break;
        case EACH:
            if (!list) add(rule, rule.name, false, e);
            else
                for (Element x : a) add(rule, rule.name, false, x);
            break;
        case MEMBERS:
            for (auto &[key, value] : members_of(e)) add(rule, key, true, value);
            break;
        default:
            if (list)
                for (Element x : a) criterion(rule, x);
        }
    }

  private:
    void criterion(const QuestionRule &rule, Element part) {
        Element e, name;
        sv s;
        if (!member(part, "criterion", e) || !member(e, "name", name) || !text_of(name, s) || strip(s).empty()) return;
        if (member(part, "option", e) && member(e, "name", e)) add(rule, s, true, e);
    }

    void add(const QuestionRule &rule, sv name, bool shown, Element value) {
        std::string answer;
        if (answer_of(value, answer)) add_text(rule, name, shown, std::move(answer));
    }

    void add_text(const QuestionRule &rule, sv name, bool shown, std::string answer) {
        if (strip(answer).empty()) return;
        Reply r;
        r.answer = std::move(answer);
        r.question.append(rule.type).append(shown ? "\x1f""1\x1f" : "\x1f""0\x1f").append(cut_points(name, NAME_POINTS));
        replies.push_back(std::move(r));
    }
};

// ---------------------------------------------------------------- marks

struct Verdict {
    double grade = NAN, max_grade = NAN;
};

inline void add_number(Element of, sv outer, sv inner, double &sum) {
    Element e;
    double v;
    if (!member(of, outer, e) || !member(e, inner, e) || std::isnan(v = plain_number(e))) return;
    sum = std::isnan(sum) ? v : sum + v;
}

inline Verdict read_verdict(const AssessRule &rule, const Decoded &d) {
    Element e;
    Elements a;
    double earned = NAN;
    Verdict v;
    if (!rule.rubric.empty()) {
        if (first_there(d, rule.rubric, e, End::whole) && a.read(e))
            for (Element part : a) add_number(part, "option", "points", earned), add_number(part, "criterion", "points_possible", v.max_grade);
    } else earned = first_number(d, rule.earned), v.max_grade = first_number(d, rule.possible);
    if (!std::isfinite(v.max_grade)) v.max_grade = NAN;  // a sum that no number holds
    v.grade = share_of(earned, v.max_grade);
    return v;
}

// ---------------------------------------------------------------- facts

// What a change of the profile tells; false when it is nothing that the tables hold.
inline bool read_profile(const Decoded &d, uint8_t &what, std::string &value) {
    Element e;
    sv s;
    static const Path setting{"setting"}, fresh{"new"};
    if (d.what != Payload::value || !follow(d, setting, e) || !text_of(e, s)) return false;
    if (is(s, "gender")) what = F_GENDER;
    else if (is(s, "year_of_birth")) what = F_BIRTH;
    else if (is(s, "country")) what = F_COUNTRY;
    else if (is(s, "language")) what = F_LANGUAGE;
    else return false;
    value.clear();
    if (!follow(d, fresh, e)) return false;
    if (text_of(e, s)) value = strip(s);
    else if (e.kind() == 'l' || e.kind() == 'u') put_json(e, value);
    return !value.empty();
}

// ---------------------------------------------------------------- payloads

// Where the JSON value that begins at `at` of valid JSON ends.
inline size_t value_end(sv text, size_t at) {
    int depth = 0;
    for (bool quoted = false; at < text.size(); at++) {
        char c = text[at];
        if (quoted) {
            if (c == '\\') at++;
            else if (c == '"' && (quoted = false, depth == 0)) return at + 1;
        } else if (c == '"') quoted = true;
        else if (c == '{' || c == '[') depth++;
        else if (c == '}' || c == ']') {
            if (depth == 0) return at;
            if (--depth == 0) return at + 1;
        } else if (depth == 0 && (c == ',' || static_cast<unsigned char>(c) <= 0x20)) return at;
    }
    return at;
}

// The bytes of the last top-level member `name` of an object that is valid JSON; empty when there is none. Uses `json` for escaped keys.
inline sv raw_member(sv text, sv name, Json &json) {
    auto blank = [&](size_t at) {
        while (at < text.size() && (static_cast<unsigned char>(text[at]) <= 0x20 || text[at] == ',' || text[at] == ':')) at++;
        return at;
    };
    sv found;
    for (size_t at = blank(text.find('{') + 1); at < text.size() && text[at] == '"';) {
        size_t end = value_end(text, at);
        sv key = text.substr(at + 1, end - at - 2), plain = key;
        Element e;
        if (key.find('\\') != sv::npos && (json.parse(text.substr(at, end - at), e) || !text_of(e, plain))) plain = {};
        bool hit = plain == name;
        at = blank(end);
        end = value_end(text, at);
        if (hit) found = text.substr(at, end - at);
        at = blank(end);
    }
    return found;
}

} // namespace moocdb
