// Submitting events: from a payload to parts with answers and marks (rules, section 9).
#pragma once
#include "meanings.hpp"
#include "payload.hpp"

namespace moocdb {

// One part of a submitting event, being put together.
struct Part {
    int32_t module = -1;
    int numbers = 0;
    bool has_answer = false, has_mark = false, has_feedback = false;
    std::string answer, feedback, format, mark;
    double npoints = NAN;
};

// The html form of an i4x id; empty for other ids.
inline std::string html_form(sv id) {
    std::string out;
    if (!starts(id, "i4x://")) return out;
    std::vector<sv> p = pieces_of(id.substr(6));
    out.append("i4x-").append(html(p[0], true)).append("-").append(html(p[1], true)).append("-").append(html(p[2], true)).append("-").append(p[3]);
    return out;
}

// The answer that a JSON value is; false for null.
inline bool answer_of(Element e, std::string &out) {
    sv s;
    out.clear();
    if (e.is_null()) return false;
    if (text_of(e, s)) out = s;
    else put_json(e, out);
    return true;
}

// Texts as a JSON array.
template <class Texts>
void put_json_list(const Texts &texts, std::string &out) {
    out = "[";
    for (const auto &text : texts) {
        if (out.size() > 1) out += ',';
        put_json_string(text, out);
    }
    out += ']';
}

// What one submitting event holds. `module_of(text)` gives the code of a module or -1; `id_of` and `name_of` say which it is.
template <class ModuleOf, class IdOf, class NameOf>
class PartReader {
  public:
    std::vector<Part> parts;
    int32_t attempts = -1;
    double grade = NAN, max_grade = NAN;

    PartReader(ModuleOf module_of, IdOf id_of, NameOf name_of) : module_of_(module_of), id_of_(id_of), name_of_(name_of) {}

    // Reads a decoded payload of the given form. May raise bad_alloc.
    void read(uint8_t form, const Decoded &d) {
        if (d.what == Payload::value) {
            Element id;
            sv text;
            if (member(d.value, "problem_id", id) && text_of(id, text)) fallback_ = module_of_(text);
            int64_t n;
            if (member(d.value, "attempts", id) && id.type() == element_type::INT64 && !id.get(n) && n >= 0 && n <= INT32_MAX) attempts = static_cast<int32_t>(n);
            if (fallback_ >= 0) problem_ = name_of_(fallback_), problem_html_ = html_form(id_of_(fallback_));
        }
        if (form == MAPS && d.what == Payload::value) read_maps(d.value);
        else if (form == POST && d.what == Payload::value) read_post(d.value);
        else if (form == QUERY && d.what == Payload::text) read_query_parts(d.text);
        else if (form == GRADED && d.what == Payload::value) read_graded(d.value);
    }

    // The grade of a part in [0, 1], or NaN.
    double grade_of(const Part &p) const {
        if (p.mark == "correct") return 1;
        if (p.mark == "incorrect") return 0;
        if (p.mark != "partially-correct") return NAN;
        if (p.npoints >= 0 && p.npoints <= 1) return p.npoints;
        return parts.size() == 1 && grade >= 0 && grade <= max_grade && max_grade > 0 ? grade / max_grade : NAN;
    }

  private:
    // The part that a key stands for, or null; `k` is the key read.
    Part *part_of(sv key, PartKey &k) {
        k = read_part_key(key);
        if (k.drop) return nullptr;
        bool own = fallback_ >= 0 && (k.module == problem_ || k.module == problem_html_);
        int32_t module = own ? fallback_ : module_of_(k.module);
        if (module < 0) module = fallback_;
        if (module < 0) return nullptr;
        size_t at = place_of(module, k.numbers);
        if (at == parts.size()) {
            parts.emplace_back();
            parts.back().module = module, parts.back().numbers = k.numbers;
        }
        return &parts[at];
    }

    // Where the part of a module with these numbers is, or is to be.
    size_t place_of(int32_t module, int numbers) {
        auto key = [](int32_t m, int n) { return static_cast<uint64_t>(m) << 32 | static_cast<uint32_t>(n); };
        if (parts.size() < FEW) {
            size_t at = 0;
            while (at < parts.size() && (parts[at].module != module || parts[at].numbers != numbers)) at++;
            return at;
        }
        if (index_.empty())
            for (size_t i = 0; i < parts.size(); i++) index_.emplace(key(parts[i].module, parts[i].numbers), i);
        return index_.emplace(key(module, numbers), parts.size()).first->second;
    }

    // Gives the part its answer, unless it has one; a choice in the key speaks when the answer says no more than "ticked".
    static void give_answer(Part *p, const PartKey &k, std::string answer) {
        if (!p || p->has_answer) return;
        if (!k.choice.empty() && (strip(answer).empty() || answer == "true" || answer == "on")) answer = k.choice;
        p->has_answer = true;
        p->answer = std::move(answer);
    }

    static void give_mark(Part *p, sv mark) {
        if (!p || p->has_mark || strip(mark).empty()) return;
        p->has_mark = true;
        p->mark = mark;
    }

    void read_maps(Element root) {
        Element answers, marks, submission, e;
        PartKey k;
        std::string answer;
        if (member(root, "answers", answers))
            for (auto &[key, value] : members_of(answers))
                if (Part *p = part_of(key, k); p && answer_of(value, answer)) give_answer(p, k, answer);
        if (member(root, "correct_map", marks))
            for (auto &[key, value] : members_of(marks))
                if (Part *p = part_of(key, k)) read_mark(p, value);
        if (member(root, "submission", submission))
            for (auto &[key, value] : members_of(submission))
                if (Part *p = part_of(key, k)) read_submission(p, k, value);
        if (member(root, "grade", e) && e.is_number()) grade = number_of(e);
        if (member(root, "max_grade", e) && e.is_number()) max_grade = number_of(e);
    }

    static void read_mark(Part *p, Element value) {
        Element e;
        sv s;
        bool had = p->has_mark;
        if (member(value, "correctness", e) && text_of(e, s)) give_mark(p, s);
        if (p->has_mark != had && member(value, "npoints", e) && e.is_number()) p->npoints = number_of(e);
        if (p->has_feedback) return;
        for (sv name : {sv("hint"), sv("msg")})
            if (member(value, name, e) && text_of(e, s) && !strip(s).empty()) {
                p->feedback = s;
                p->has_feedback = true;
                return;
            }
    }

    static void read_submission(Part *p, const PartKey &k, Element value) {
        Element e;
        sv s;
        bool correct;
        std::string answer;
        if (member(value, "answer", e) && answer_of(e, answer)) give_answer(p, k, answer);
        if (member(value, "correct", e) && !e.get(correct)) give_mark(p, correct ? "correct" : "incorrect");
        if (p->format.empty() && member(value, "response_type", e) && text_of(e, s)) p->format = cut_points(strip(s), 255);
    }

    void read_post(Element root) {
        Element post;
        PartKey k;
        if (!member(root, "POST", post)) return;
        for (auto &[key, value] : members_of(post)) {
            if (!starts(key, "input_")) continue;
            Part *p = part_of(key, k);
            std::string answer;
            Array a;
            if (!value.get(a) && a.size() == 1 && !k.list) {
                Element only = a.at(0).value_unsafe();
                if (p && answer_of(only, answer)) give_answer(p, k, answer);
            } else if (p && answer_of(value, answer)) give_answer(p, k, answer);
        }
    }

    void read_query_parts(sv query) {
        PartKey k;
        for (const QueryField &f : read_query(query)) {
            Part *p = part_of(f.key, k);
            if (!p) continue;
            std::string answer;
            if (f.values.size() == 1 && !k.list) answer = f.values[0];
            else put_json_list(f.values, answer);
            give_answer(p, k, answer);
        }
    }

    void read_graded(Element root) {
        Array a;
        sv s;
        PartKey k;
        if (root.get(a)) return;
        size_t i = 0;
        for (Element e : a) {
            if (i == 0 && text_of(e, s)) read_query_parts(s);
            if (i == 1 && text_of(e, s)) {
                for (const Mark &m : last_marks(read_marks(s))) give_mark(part_of(m.key, k), m.correct ? "correct" : "incorrect");
            }
            if (i++ == 1) break;
        }
    }

    // The last mark of each name, at the place of its first.
    static std::vector<Mark> last_marks(const std::vector<Mark> &marks) {
        std::vector<Mark> out;
        std::unordered_map<std::string, size_t> index;
        for (const Mark &m : marks) {
            auto [at, fresh] = index.emplace(m.key, out.size());
            if (fresh) out.push_back(m);
            else out[at->second].correct = m.correct;
        }
        return out;
    }

    ModuleOf module_of_;
    IdOf id_of_;
    NameOf name_of_;
    std::unordered_map<uint64_t, size_t> index_;  // module and numbers → part, once there are many
    int32_t fallback_ = -1;
    std::string problem_, problem_html_;
};

} // namespace moocdb
