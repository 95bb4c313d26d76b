// Submitting events: from a payload to parts with answers and marks (rules, section 9).
#pragma once
#include "meanings.hpp"
#include "payload.hpp"

namespace moocdb {

// One part of a submitting event, being put together. Mark, format and feedback are borrowed from the payload.
struct Part {
    int32_t module = -1;
    int numbers = 0;
    bool has_answer = false, has_mark = false, has_feedback = false;
    double npoints = NAN;
    sv mark, format, feedback;
    std::string answer;

    // Begins anew; the memory of the answer stays.
    void begin(int32_t of, int with) {
        module = of, numbers = with;
        has_answer = has_mark = has_feedback = false;
        npoints = NAN;
        mark = format = feedback = sv();
        answer.clear();
    }
};

// The parts of one event. The memory of the first few is used again by the next.
class Parts {
  public:
    void clear() {
        if (size_ > FEW) all_.resize(FEW);
        size_ = 0;
    }

    Part &add(int32_t module, int numbers) {
        if (size_ == all_.size()) all_.emplace_back();
        all_[size_].begin(module, numbers);
        return all_[size_++];
    }

    size_t size() const { return size_; }
    bool empty() const { return !size_; }
    Part &operator[](size_t i) { return all_[i]; }
    const Part &operator[](size_t i) const { return all_[i]; }
    const Part *begin() const { return all_.data(); }
    const Part *end() const { return all_.data() + size_; }

  private:
    std::vector<Part> all_;
    size_t size_ = 0;
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

// The same without a copy of what is text already: `out` borrows from the document or from `own`.
inline bool answer_of(Element e, std::string &own, sv &out) {
    if (text_of(e, out)) return true;
    bool there = answer_of(e, own);
    out = own;
    return there;
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

// What one submitting event holds. `Modules` gives the codes of modules and says which they are. Its memory is used again by the next event.
template <class Modules>
class PartReader {
  public:
    Parts parts;
    int32_t attempts = -1;
    double grade = NAN, max_grade = NAN;

    explicit PartReader(Modules &modules) : modules_(modules) {}

    // Begins an event of a course.
    void begin(int32_t course) {
        parts.clear();
        attempts = -1, grade = max_grade = NAN;
        course_ = course, fallback_ = -1;
        if (!index_.empty()) index_ = {};  // clearing a large one would cost every event after it
    }

    // Reads a decoded payload of the given form. May raise bad_alloc.
    void read(uint8_t form, const Decoded &d) {
        if (d.what == Payload::value) {
            Element id;
            sv text;
            if (member(d.value, "problem_id", id) && text_of(id, text)) fallback_ = module_of(text);
            int64_t n;
            if (member(d.value, "attempts", id) && integer_of(id, n) && n >= 0 && n <= INT32_MAX) attempts = static_cast<int32_t>(n);
            if (fallback_ >= 0 && fallback_ != known_) {
                known_ = fallback_;
                problem_ = modules_.name_of_module(fallback_), problem_html_ = html_form(modules_.id_of_module(fallback_));
            }
        }
        if (form == MAPS && d.what == Payload::value) read_maps(d.value);
        else if (form == POST && d.what == Payload::value) read_post(d.value);
        else if (form == QUERY && d.what == Payload::text) read_query_parts(d.text);
        else if (form == GRADED && d.what == Payload::value) read_graded(d.value);
    }

    // The grade of a part in [0, 1], or NaN.
    double grade_of(const Part &p) const {
        if (is(p.mark, "correct")) return 1;
        if (is(p.mark, "incorrect")) return 0;
        if (p.mark != "partially-correct") return NAN;
        if (p.npoints >= 0 && p.npoints <= 1) return p.npoints;
        return parts.size() == 1 && grade >= 0 && grade <= max_grade && max_grade > 0 ? grade / max_grade : NAN;
    }

  private:
    int32_t module_of(sv text) { return modules_.problem_code(text, course_); }

    // The part that a key stands for, or null; `k` is the key read.
    Part *part_of(sv key, PartKey &k) {
        k = read_part_key(key);
        if (k.drop) return nullptr;
        bool own = fallback_ >= 0 && (same(k.module, problem_) || same(k.module, problem_html_));
        int32_t module = own ? fallback_ : module_of(k.module);
        if (module < 0) module = fallback_;
        if (module < 0) return nullptr;
        size_t at = place_of(module, k.numbers);
        return at == parts.size() ? &parts.add(module, k.numbers) : &parts[at];
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
    static void give_answer(Part *p, const PartKey &k, sv answer) {
        if (!p || p->has_answer) return;
        if (!k.choice.empty() && (strip(answer).empty() || is(answer, "true") || is(answer, "on"))) answer = k.choice;
        p->has_answer = true;
        p->answer = answer;
    }

    static void give_mark(Part *p, sv mark) {
        if (!p || p->has_mark || strip(mark).empty()) return;
        p->has_mark = true;
        p->mark = mark;
    }

    void read_maps(Element root) {
        Element answers, marks, submission, e;
        PartKey k;
        sv answer;
        if (member(root, "answers", answers))
            for (auto &[key, value] : members_of(answers))
                if (Part *p = part_of(key, k); p && answer_of(value, own_, answer)) give_answer(p, k, answer);
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

    void read_submission(Part *p, const PartKey &k, Element value) {
        Element e;
        sv s;
        bool correct;
        sv answer;
        if (member(value, "answer", e) && answer_of(e, own_, answer)) give_answer(p, k, answer);
        if (member(value, "correct", e) && truth_of(e, correct)) give_mark(p, correct ? "correct" : "incorrect");
        if (p->format.empty() && member(value, "response_type", e) && text_of(e, s)) p->format = cut_points(strip(s), 255);
    }

    void read_post(Element root) {
        Element post;
        PartKey k;
        if (!member(root, "POST", post)) return;
        for (auto &[key, value] : members_of(post)) {
            if (!starts(key, "input_")) continue;
            Part *p = part_of(key, k);
            sv answer;
            Elements a;
            if (a.read(value) && a.single() && !k.list) {
                if (p && answer_of(a.first(), own_, answer)) give_answer(p, k, answer);
            } else if (p && answer_of(value, own_, answer)) give_answer(p, k, answer);
        }
    }

    void read_query_parts(sv query) {
        PartKey k;
        for (const QueryField &f : query_.read(query)) {
            Part *p = part_of(f.key, k);
            if (!p) continue;
            if (f.more.empty() && !k.list) {
                give_answer(p, k, f.value);
                continue;
            }
            std::vector<sv> values{f.value};
            values.insert(values.end(), f.more.begin(), f.more.end());
            put_json_list(values, own_);
            give_answer(p, k, own_);
        }
    }

    void read_graded(Element root) {
        Elements a;
        sv s;
        PartKey k;
        if (!a.read(root)) return;
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
        std::unordered_map<sv, size_t> index;
        const bool many = marks.size() > FEW;
        for (const Mark &m : marks) {
            size_t at = 0;
            if (many) at = index.emplace(m.key, out.size()).first->second;
            else
                while (at < out.size() && !same(out[at].key, m.key)) at++;
            if (at == out.size()) out.push_back(m);
            else out[at].correct = m.correct;
        }
        return out;
    }

    Modules &modules_;
    int32_t course_ = -1, fallback_ = -1, known_ = -1;  // of the event, its problem, and the problem whose names are:
    std::string problem_, problem_html_;
    std::unordered_map<uint64_t, size_t> index_;  // module and numbers → part, once there are many
    Query query_;
    std::string own_;  // an answer that no text in the payload is
};

} // namespace moocdb
