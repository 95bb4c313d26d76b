// The scan of one shard: lines in, dictionary-coded columns out.
#pragma once
#include "codes.hpp"
#include "envelope.hpp"
#include "records.hpp"

namespace moocdb {

class Scanner : public Codes {
  public:
    std::vector<std::pair<int32_t, std::string>> taught;  // user code, platform id
    EventColumns events;
    PartColumns parts;
    ClickColumns clicks;
    PostColumns posts;
    ReplyColumns replies;
    VerdictColumns verdicts;
    FactColumns facts;
    TextColumn payloads;  // one per row, when wanted
    std::vector<RejectRow> rejects;
    int64_t lines = 0, bad_payload = 0, extra_events = 0, filtered[FILTERS] = {}, salvaged[7] = {};

    using Codes::Codes;

    // Scans the complete lines in n bytes at p, where the first begins at `offset` of the file; 64 bytes behind p + n are readable.
    // With `last`, what follows the last newline is a line too. Returns the bytes used. May raise bad_alloc.
    size_t feed(const char *p, size_t n, int64_t offset, bool last) {
        size_t at = 0, known = offset == tail_offset_ ? std::min(tail_, n) : 0;  // a long line is searched once, however often it grows
        for (bool more = true; more;) {
            const size_t begin = at;
            ends_.clear();
            while (more && at - begin < near_.size()) {
                const char *nl = at < n ? static_cast<const char *>(std::memchr(p + at + known, '\n', n - at - known)) : nullptr;
                known = 0;
                if (nl) ends_.push_back(static_cast<size_t>(nl - p)), at = ends_.back() + 1;
                else more = false;
            }
            if (!ends_.empty()) lines_of(p, begin, offset);
        }
        if (last && at < n) {
            near_.end();
            line(p + at, n - at, offset + static_cast<int64_t>(at));
            at = n;
        }
        tail_ = n - at, tail_offset_ = offset + static_cast<int64_t>(at);
        return at;
    }

    // A line that was longer than the limit: the caller has thrown it away.
    void too_long(int64_t offset, sv start) {
        lines++;
        reject(TOO_LONG, offset, start);
    }

  private:
    // Scans the lines that end at ends_ of p, the first of them beginning at `begin`.
    void lines_of(const char *p, size_t begin, int64_t offset) {
        near_.begin(p + begin, ends_.back() + 1 - begin);
        for (size_t end : ends_) {
            line(p + begin, end - begin, offset + static_cast<int64_t>(begin));
            begin = end + 1;
        }
    }

    void line(const char *p, size_t n, int64_t offset) {
        lines++;
        if (n && p[n - 1] == '\r') n--;
        if (offset == 0 && n >= 3 && !std::memcmp(p, "\xEF\xBB\xBF", 3)) p += 3, n -= 3, offset = 3;
        sv text(p, n);
        if (n > options_.line_limit) return reject(TOO_LONG, offset, text);
        if (strip(text).empty()) {
            filtered[F_BLANK]++;
            return;
        }
        Element e;
        auto error = near_.read(p, n, e) ? simdjson::SUCCESS : line_json_.parse_padded(p, n, e);
        extra_ = false, body_ = text;
        if (!error) {
            Reject why = event(e, text, offset);
            if (why != REJECTS) reject(why, offset, text);
        } else if (error == simdjson::DEPTH_ERROR) reject(TOO_DEEP, offset, text);
        else salvage(text, offset);
    }

    void reject(Reject why, int64_t offset, sv text) { rejects.push_back({lines, offset, why, std::string(text.substr(0, 800))}); }

    // Slow path: a line that is not JSON as it stands.
    void salvage(sv text, int64_t offset) {
        Repaired r = take_apart(text, mended_json_);
        Element e;
        if (r.bad || r.documents.empty()) return reject(BAD_JSON, offset, text);
        Document &first = r.documents[0];
        bool first_cut = r.cut && r.documents.size() == 1;
        auto error = mended_json_.parse(first.text, e);
        if (error == simdjson::DEPTH_ERROR) return reject(TOO_DEEP, offset, text);
        if (first_cut && (error || !complete(e))) return reject(CUT, offset, text);
        if (error) return reject(BAD_JSON, offset, text);
        body_ = first.text;
        Reject why = event(e, text, offset);
        if (why != REJECTS) return reject(why, offset, text);
        if (r.reason != Repair::none) salvaged[static_cast<int>(r.reason)]++;
        extra_ = true;
        for (size_t i = 1; i < r.documents.size(); i++) {
            Document &d = r.documents[i];
            bool cut = r.cut && i + 1 == r.documents.size();
            if (mended_json_.parse(d.text, e) || (cut && !complete(e))) continue;
            body_ = d.text;
            if (event(e, d.text, offset + static_cast<int64_t>(d.at)) == REJECTS) extra_events++;
        }
        extra_ = false;
    }

    // Whether a cut line still has who, when and what.
    bool complete(Element e) {
        Element name;
        Envelope v;
        sv text;
        return read_envelope(e, v) && member(e, "username", name) && text_of(name, text) && v.has_time && time_of(v.time, day_) != NO_TIME;
    }

    // ------------------------------------------------------------ one event

    // Takes an event in, or says why not (REJECTS: taken or filtered).
    Reject event(Element e, sv raw, int64_t offset) {
        Envelope v;
        if (!read_envelope(e, v)) return NOT_AN_EVENT;
        if (!v.has_time) return NO_TIME_GIVEN;
        const Host host = memo_->host_of(v.host);
        const bool browser = is(v.source, "browser");
        const sv who = key_.start("n:").add(v.name).text();
        const uint64_t asked_user = users.ask(who), asked_type = memo_->ask_type(v.type, browser, host), asked_page = ask_page(v.page, host);
        int64_t time = time_of(v.time, day_);
        if (time == NO_TIME) return BAD_TIME;
        const int32_t named = user_named(v, who, asked_user);
        if (asked_page) memo_->ask_address_text(asked_page);
        const Type &type = type_of(v.type, browser, host, asked_type);
        const Meaning &m = meanings_.all[type.meaning];
        bool odd = odd_payload(v);
        int32_t agent = agent_of(v.agent, named);
        bool still = m.fate == BACKGROUND;
        Filter why = FILTERS;
        if (m.fate == MACHINE || (agent >= 0 && agent_machine_[agent])) why = F_MACHINE;
        else if (m.fate == STUDIO || host.studio) why = F_STUDIO;
        else if (still && !options_.keep_background) why = F_BACKGROUND;
        if (why != FILTERS) return filter(why, odd);

        Decoded &d = decoded_;
        d.what = Payload::none, d.failed = d.listed = false;
        if (m.reads_payload && v.has_payload) {
            decode_payload(v.payload, payload_json_, d);
            odd = odd || (d.failed && bracket(v.payload));
        }
        int32_t user = named >= 0 ? named : actor(v, m, d);
        if (user < 0) {
            if (!options_.keep_anonymous) return filter(F_ANONYMOUS, odd);
            user = users.intern("a");
        }
        const bool nobody = is(users.at(user), "a");

        Said said;
        if (m.post.type && !nobody) {
            said.text = post_text(m.post, d);
            said.posts = !m.post.needs_content || said.text.there || d.failed;
        }
        bool request = type.path && !type.module && !said.posts;
        PageCode page = request ? type.page : own_page(v, host, asked_page);
        bool told = page.base < 0 && !type.path && told_page(m, d, host, page);
        int32_t course = find_course(v, m, d, page, type, host);
        reader_.begin(course);
        if (m.submits && !nobody && m.form != WHOLE) reader_.read(m.form, d);
        int32_t module = find_module(v, m, d, type, course, reader_.parts);
        if (course < 0 && module >= 0) course = module_course[module];
        if (!selected(course, module, m.fate == ECHO)) return filter(F_COURSE, odd);
        if (m.fate == ECHO) return filter(F_ECHO, odd);
        said.submits = m.submits && !nobody && module >= 0;
        if (said.submits && m.form == WHOLE) read_whole(m.whole, d, essay_json_, reader_.parts.add(module, 0), reader_.attempts, reader_.max_grade);
        if (!nobody)
            for (const QuestionRule &q : m.questions) said.answers.read(q, d);
        said.graded = !nobody && first_there(d, m.final_grade, said.grade) && !std::isnan(plain_number(said.grade));
        bool record = m.fate != PAGE_CLOSE && said.record(m);

        uint8_t flags = (extra_ ? EXTRA : 0) | (still || told ? STILL : 0) | (nobody ? NOBODY : 0) | (record ? RECORDS : 0);
        if (m.fate == PAGE_CLOSE) flags |= CLOSE;
        if (request) flags |= REQUEST;
        else if (page.frame) flags |= FRAME;
        int32_t code = said.posts && type.path ? type.post_code : type.code;
        count_odd(odd);
        add_event(offset, time, hash_line(raw.data(), raw.size()), user, course, code, page, destination(m, d), module, agent, address_of(v.ip, named), reader_.attempts, m.kind, flags, record ? said.submit_byte(m) : 0);
        if (options_.keep_payloads) keep_payload(v);
        if (flags & CLOSE) return REJECTS;
        if (type_mode[code] == NO_MODE) type_mode[code] = m.mode;
        if (module >= 0 && module_title[module].empty() && !strip(v.title).empty()) module_title[module] = cut_points(v.title, 555);
        if (said.submits) {
            add_parts(reader_);
            if (m.form == WHOLE) add_key(first_key(d, m.whole.key));
        } else if (m.clicks && module >= 0) add_click(m, d);
        if (!nobody) add_said(said, v, m, type, d, user);
        return REJECTS;
    }

    // What an event says besides being observed.
    struct Said {
        bool posts = false, submits = false, graded = false;
        PostText text;
        ReplyReader answers;
        Element grade;

        bool record(const Meaning &m) const { return submits || posts || graded || (!answers.replies.empty() && !m.assess.on); }

        // Act, trust and code of a record.
        uint8_t submit_byte(const Meaning &m) const {
            auto byte = [](int act, int trust, int code) { return static_cast<uint8_t>(act | trust << 2 | code << 5); };
            if (submits) return byte(m.act, m.trust, m.code);
            return posts ? byte(POSTS, m.post.trust, m.post.type) : byte(POSTS, 0, NO_ECHO);
        }
    };

    Reject filter(Filter why, bool odd) {
        if (!extra_) filtered[why]++;
        count_odd(odd);
        return REJECTS;
    }

    void count_odd(bool odd) { bad_payload += odd && !extra_; }

    static bool bracket(Element payload) {
        sv s;
        if (!text_of(payload, s)) return false;
        s = strip(s);
        return !s.empty() && (s[0] == '{' || s[0] == '[');
    }

    // Whether the payload begins like JSON and does not end so.
    static bool odd_payload(const Envelope &v) {
        sv s;
        if (!v.has_payload || !text_of(v.payload, s)) return false;
        s = strip(s);
        return !s.empty() && ((s[0] == '{' && s.back() != '}') || (s[0] == '[' && s.back() != ']'));
    }

    // What the last line of a user said that the next one will most likely say again: comparing is cheaper than looking up.
    struct Before {
        int32_t agent = -1, ip = -1;
        Digits id;
    };

    // The code of the user whom the line names, or -1; learns what platform id goes with the name.
    int32_t user_named(const Envelope &v, sv who, uint64_t asked) {
        if (v.name.empty()) return -1;
        int32_t user = users.intern(who, asked);
        if (static_cast<size_t>(user) >= before_.size()) before_.resize(static_cast<size_t>(user) + 1);
        agents.ask_string(before_[user].agent), ips.ask_string(before_[user].ip);
        Digits &id = before_[user].id;
        if (!v.user_id.empty() && !(v.user_id == id)) {
            id = v.user_id;
            if (static_cast<size_t>(taught_ids_.intern(id.text())) == taught.size()) taught.emplace_back(user, std::string(id.text()));
        }
        return user;
    }

    int32_t agent_of(sv text, int32_t named) {
        if (text.empty()) return -1;
        if (named >= 0 && before_[named].agent >= 0 && same(agents.at(before_[named].agent), text)) return before_[named].agent;
        int32_t agent = agents.intern(text);
        if (static_cast<size_t>(agent) == agent_machine_.size()) agent_machine_.push_back(meanings_.machine(text));
        if (named >= 0) before_[named].agent = agent;
        return agent;
    }

    // The actor of a line that names nobody, or -1.
    int32_t actor(const Envelope &v, const Meaning &m, const Decoded &d) {
        Digits id = v.user_id;
        if (id.empty() && !payload_id(m, d, id)) return -1;
        return users.intern(key_.start("i:").add(id.text()).text());
    }

    static bool payload_id(const Meaning &m, const Decoded &d, Digits &id) {
        Element e;
        if (d.what != Payload::value) return false;
        for (const auto &path : m.user)
            if (follow(d, path, e) && user_id_of(e, id)) return true;
        return false;
    }

    static bool joins(const Envelope &v, const Meaning &m, const Decoded &d) {
        Digits id;
        return v.user_id.empty() || !payload_id(m, d, id) || id == v.user_id;
    }

    PageCode own_page(const Envelope &v, const Host &host, uint64_t asked) {
        PageCode page = page_code(v.page, host, asked);
        page_request_ = page.request;
        return page.base >= 0 ? page : page_code(v.browser_url, host);
    }

    // The page that the payload names, of a line without one.
    bool told_page(const Meaning &m, const Decoded &d, const Host &host, PageCode &page) {
        Element e;
        sv s;
        if (d.what == Payload::value)
            for (const auto &path : m.page)
                if (follow(d, path, e) && text_of(e, s) && (page = page_code(s, host)).base >= 0) return true;
        return false;
    }

    // The user whom the payload is about, else the actor.
    int32_t affected(const Meaning &m, const Decoded &d, int32_t actor) {
        Digits id;
        if (!payload_id(m, d, id)) return actor;
        return users.intern(key_.start("i:").add(id.text()).text());
    }

    int32_t find_course(const Envelope &v, const Meaning &m, const Decoded &d, const PageCode &page, const Type &type, const Host &host) {
        int32_t course = course_code(v.course);
        Element e;
        sv s;
        if (course < 0 && d.what == Payload::value)
            for (const auto &path : m.course)
                if (course < 0 && follow(d, path, e) && text_of(e, s)) course = course_code(s);
        if (course < 0) course = page.course;
        if (course < 0) course = type.course;
        if (course < 0 && !v.context_path.empty()) course = page_code(v.context_path, host).course;
        return course;
    }

    int32_t find_module(const Envelope &v, const Meaning &m, const Decoded &d, const Type &type, int32_t course, const Parts &parts) {
        int32_t module = -1;
        Element e;
        sv s;
        if (d.what == Payload::value)
            for (const auto &path : m.module)
                if (module < 0 && follow(d, path, e) && text_of(e, s)) module = module_code(s, course, m.category);
        if (module < 0 && type.module) module = module_code(type.module, course);
        if (module < 0 && m.submits && m.form != MAPS && m.form != WHOLE && !parts.empty()) module = parts[0].module;
        if (module < 0) module = module_code(v.usage_key, course, {});
        if (module < 0 && !type.path) {
            int32_t request = path_request(v.context_path);
            if (request < 0) request = page_request_;
            module = module_of_request(request, course);
        }
        return module;
    }

    int32_t destination(const Meaning &m, const Decoded &d) {
        Element e;
        if (d.what != Payload::value) return -1;
        for (const auto &path : m.panel)
            if (follow(d, path, e))
                if (int n = panel_of(e)) return panels.intern(std::to_string(n));
        return -1;
    }

    int32_t address_of(sv ip, int32_t named) {
        ip = strip(ip.substr(0, ip.find(',')));
        if (ip.empty()) return -1;
        if (named < 0) return ips.intern(ip);
        int32_t &before = before_[named].ip;
        if (before < 0 || !same(ips.at(before), ip)) before = ips.intern(ip);
        return before;
    }

    // ------------------------------------------------------------ rows

    void add_event(int64_t offset, int64_t time, uint64_t hash, int32_t user, int32_t course, int32_t type, const PageCode &page, int32_t dest,
                   int32_t module, int32_t agent, int32_t ip, int32_t attempts, uint8_t kind, uint8_t flags, uint8_t submit) {
        EventColumns &c = events;
        c.offset.push_back(offset), c.time.push_back(time), c.hash.push_back(hash);
        c.user.push_back(user), c.course.push_back(course), c.type.push_back(type);
        c.base.push_back(page.base), c.panel.push_back(page.panel), c.dest.push_back(dest);
        c.module.push_back(module), c.agent.push_back(agent), c.ip.push_back(ip), c.attempts.push_back(attempts);
        c.kind.push_back(kind), c.flags.push_back(flags), c.submit.push_back(submit);
    }

    int32_t row() const { return static_cast<int32_t>(events.time.size() - 1); }
    int32_t key_code(sv key) { return key.empty() ? -1 : keys.intern(key); }

    // The key by which assessments refer to the submission of this row.
    void add_key(sv key) {
        if (key.empty()) return;
        posts.row.push_back(row()), posts.type.push_back(0), posts.key.push_back(keys.intern(key)), posts.about.push_back(-1);
        posts.content.add_null();
    }

    // Posts, answers, marks and facts of somebody's event.
    void add_said(const Said &said, const Envelope &v, const Meaning &m, const Type &type, const Decoded &d, int32_t user) {
        if (said.posts) add_post(m.post, type, d, said.text);
        for (const Reply &r : said.answers.replies) add_reply(r);
        if (!m.assess.on && !said.graded && !m.joins && !m.staff && !m.profile) return;
        int32_t target = affected(m, d, user);
        if (m.assess.on) add_verdict(m.assess, d, target);
        add_facts(v, m, d, user, target, said.graded ? &said.grade : nullptr);
    }

    void add_post(const PostRule &rule, const Type &type, const Decoded &d, const PostText &text) {
        sv about = type.told ? sv(type.about) : first_key(d, rule.about);
        posts.row.push_back(row()), posts.type.push_back(rule.type), posts.key.push_back(key_code(first_key(d, rule.key)));
        posts.about.push_back(key_code(about));
        if (text.given) posts.content.add(text.text);
        else posts.content.add_null();
    }

    void add_reply(const Reply &r) {
        replies.row.push_back(row()), replies.question.push_back(questions.intern(r.question));
        replies.answer.add(r.answer);
    }

    void add_verdict(const AssessRule &rule, const Decoded &d, int32_t target) {
        Verdict v = read_verdict(rule, d);
        verdicts.row.push_back(row()), verdicts.target.push_back(target), verdicts.grader.push_back(rule.grader);
        verdicts.key.push_back(key_code(first_key(d, rule.key))), verdicts.keyed.push_back(!rule.key.empty());
        verdicts.grade.push_back(v.grade), verdicts.max_grade.push_back(v.max_grade);
        sv feedback = first_text(d, rule.feedback);
        if (feedback.empty()) verdicts.feedback.add_null();
        else verdicts.feedback.add(feedback);
    }

    void add_fact(uint8_t what, int32_t target, sv value) {
        facts.row.push_back(row()), facts.what.push_back(what), facts.target.push_back(target);
        facts.value.add(value);
    }

    void add_facts(const Envelope &v, const Meaning &m, const Decoded &d, int32_t user, int32_t target, const Element *grade) {
        uint8_t what;
        std::string value;
        if (m.joins && joins(v, m, d)) add_fact(F_JOIN, user, {});
        if (m.staff && v.source != "browser" && !(v.name.empty() && v.user_id.empty())) add_fact(F_STAFF, user, {});
        if (grade) {
            put_json(*grade, value);
            add_fact(F_GRADE, target, value);
        }
        if (m.profile && read_profile(d, what, value)) add_fact(what, target, value);
    }

    // The payload as it stood on the line.
    void keep_payload(const Envelope &v) {
        sv s;
        if (!v.has_payload) return payloads.add_null();
        if (text_of(v.payload, s)) return payloads.add(s);
        s = raw_member(body_, "event", essay_json_);
        payloads.add(s.empty() ? raw_member(body_, "data", essay_json_) : s);
    }

    void add_parts(const PartReader<Codes> &reader) {
        auto row = static_cast<int32_t>(events.time.size() - 1);
        bool single = reader.parts.size() == 1;
        for (const Part &p : reader.parts) {
            parts.row.push_back(row), parts.module.push_back(p.module), parts.numbers.push_back(p.numbers);
            parts.format.push_back(p.format.empty() ? -1 : formats.intern(p.format));
            if (p.has_answer) parts.answer.add(p.answer);
            else parts.answer.add_null();
            if (p.has_feedback) parts.feedback.add(p.feedback);
            else parts.feedback.add_null();
            parts.marked.push_back(p.has_mark);
            parts.grade.push_back(p.has_mark ? reader.grade_of(p) : NAN);
            parts.max_grade.push_back(p.has_mark && single ? reader.max_grade : NAN);
        }
    }

    void add_click(const Meaning &m, const Decoded &d) {
        Element e;
        sv s;
        int32_t code = -1;
        double numbers[5];
        for (int i = 0; i < 5; i++) {
            numbers[i] = NAN;
            if (d.what != Payload::value) continue;
            for (const auto &path : m.click_numbers[i])
                if (std::isnan(numbers[i]) && follow(d, path, e)) numbers[i] = number_of(e);
        }
        if (d.what == Payload::value)
            for (const auto &path : m.click_code)
                if (code < 0 && follow(d, path, e) && text_of(e, s) && !strip(s).empty()) code = codes.intern(cut_points(s, 255));
        clicks.row.push_back(static_cast<int32_t>(events.time.size() - 1));
        clicks.code.push_back(code);
        for (int i = 0; i < 5; i++) clicks.number[i].push_back(numbers[i]);
    }

    PartReader<Codes> reader_{*this};
    Lines near_;                // the lines around the one that is being taken in
    std::vector<size_t> ends_;  // where they end
    Json line_json_, mended_json_, payload_json_, essay_json_;
    bool extra_ = false;
    sv body_;                   // the JSON text that is being taken in
    size_t tail_ = 0;           // bytes without a newline behind what was used of the last feed
    int64_t tail_offset_ = -1;  // where they begin
    int32_t page_request_ = -1;  // the request on a module that the line's own page is
    Day day_;
    Decoded decoded_;  // of the event that is being taken in; its memory is used again
    StringDict taught_ids_;
    std::vector<Before> before_;  // by user
    std::vector<uint8_t> agent_machine_;
};

} // namespace moocdb
