// The scan of one shard: lines in, dictionary-coded columns out.
#pragma once
#include "columns.hpp"
#include "envelope.hpp"
#include "meanings.hpp"
#include "records.hpp"

namespace moocdb {

struct ScanOptions {
    bool keep_anonymous = false, keep_background = false, keep_payloads = false;
    size_t line_limit = 64 << 20;
    std::vector<std::string> courses;  // normal form; empty: all
};

class Scanner {
  public:
    StringDict users, courses, types, bases, panels, places, modules, agents, ips, formats, codes, keys, questions;
    std::vector<uint8_t> type_mode, base_level, base_frame;
    std::vector<int32_t> base_place, module_course;
    std::vector<std::string> module_id, module_category, module_name;
    std::vector<std::string> module_title;  // empty: none
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

    Scanner(const Meanings &meanings, const ScanOptions &options) : meanings_(meanings), options_(options) {}

    // Scans the complete lines in n bytes at p, where the first begins at `offset` of the file; 64 bytes behind p + n are readable.
    // With `last`, what follows the last newline is a line too. Returns the bytes used. May raise bad_alloc.
    size_t feed(const char *p, size_t n, int64_t offset, bool last) {
        size_t at = 0, known = offset == tail_offset_ ? std::min(tail_, n) : 0;  // a long line is searched once, however often it grows
        while (at < n) {
            const char *nl = static_cast<const char *>(std::memchr(p + at + known, '\n', n - at - known));
            known = 0;
            if (!nl && !last) break;
            size_t end = nl ? static_cast<size_t>(nl - p) : n;
            line(p + at, end - at, offset + static_cast<int64_t>(at));
            at = end + (nl ? 1 : 0);
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
        auto error = line_json_.parse_padded(p, n, e);
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
        Repaired r = repair_line(text);
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
        return read_envelope(e, v) && member(e, "username", name) && text_of(name, text) && v.has_time && time_of(v.time) != NO_TIME;
    }


    // ------------------------------------------------------------ codes, each string understood once

    int32_t course_code(sv text) {
        if (text.empty()) return -1;
        int32_t raw = raw_courses_.intern(text);
        if (static_cast<size_t>(raw) < raw_course_code_.size()) return raw_course_code_[raw];
        int32_t code = -1;
        if (read_course(text, scratch_)) {
            code = courses.intern(scratch_);
            if (static_cast<size_t>(code) == course_selected_.size()) {
                uint8_t in = options_.courses.empty() ? 2 : 0;
                for (const auto &c : options_.courses)
                    if (c == scratch_) in = 2;
                    else if (in < 2 && same_number(c, scratch_)) in = 1;
                course_selected_.push_back(in);
            }
        }
        raw_course_code_.push_back(code);
        return code;
    }

    // Whether two courses are runs `org/number/run` of one course.
    static bool same_number(sv a, sv b) {
        if (new_style(a) || new_style(b)) return false;
        return html_number(a) == html_number(b);
    }

    // Organisation and number of `org/number/…` in their html form, with the slash between.
    static std::string html_number(sv s) {
        size_t slash = s.find('/');
        std::string out = html(s.substr(0, slash), true) + "/";
        return out + html(s.substr(slash + 1, s.find('/', slash + 1) - slash - 1), true);
    }

    // Whether an event of that course may belong to a selected one. Other runs of a selected course stay until placing, which needs to see them.
    bool selected(int32_t course, int32_t module, bool exactly) const {
        if (options_.courses.empty()) return true;
        if (course >= 0) return course_selected_[course] > (exactly ? 1 : 0);
        if (exactly || module < 0 || !starts(module_id[module], "i4x://")) return false;
        for (const auto &c : options_.courses)
            if (!new_style(c) && html_number(sv(module_id[module]).substr(6)) == html_number(c)) return true;
        return false;
    }

    struct Host {
        bool valid = false, studio = false;
    };

    const Host &host_of(sv text) {
        int32_t code = hosts_.intern(text);
        if (static_cast<size_t>(code) == host_info_.size()) {
            sv s = strip(text);
            Host h;
            h.valid = !s.empty() && (s.find('.') != sv::npos || starts(s, "localhost"));
            for (char c : s) h.valid = h.valid && c != '_' && (is_word(c) || c == '.' || c == '-' || c == ':');
            h.studio = h.valid && meanings_.studio(s);
            host_info_.push_back(h);
        }
        return host_info_[code];
    }

    PageCode code_page(sv address) {
        Page page = read_page(address);
        PageCode c;
        c.base = bases.intern(page.base);
        if (static_cast<size_t>(c.base) == base_level.size()) {
            base_level.push_back(static_cast<uint8_t>(page.level));
            base_frame.push_back(page.frame);
            base_place.push_back(page.place.empty() ? -1 : places.intern(page.place));
        }
        c.level = page.level, c.frame = page.frame;
        if (!page.panel.empty()) c.panel = panels.intern(page.panel);
        c.course = course_code(page.course);
        return c;
    }

    // The page that text names, seen from host; base -1 when it is no address.
    const PageCode &page_code(sv text, sv host) {
        static const PageCode none;
        if (strip(text).empty()) return none;
        sv key = text;
        if (strip(text)[0] == '/') {
            key_.assign("/").append(host).push_back('\n');  // no other text that gets here begins with a slash
            key_.append(text);
            key = key_;
        }
        int32_t raw = raw_pages_.intern(key);
        if (static_cast<size_t>(raw) == page_info_.size()) {
            std::string address;
            PageCode c;
            if (clean_address(text, host, address)) {
                c = code_page(address);
                c.request = request_code(strip(text));
            }
            page_info_.push_back(c);
        }
        return page_info_[raw];
    }

    // The module of the request that an address is: an index into request_modules_, or -1.
    int32_t request_code(sv text) {
        size_t scheme = text[0] == '/' ? 0 : text.find("://");
        size_t from = scheme ? text.find('/', scheme + 3) : 0;
        if (from == sv::npos) return -1;
        Request r;
        read_request(text.substr(from), r);
        if (!r.module) return -1;
        request_modules_.push_back(std::move(r.module));
        return static_cast<int32_t>(request_modules_.size() - 1);
    }

    // The same of a path that stands in a context.
    int32_t path_request(sv text) {
        text = strip(text);
        if (text.empty() || text[0] != '/' || (text.find("/handler/") == sv::npos && text.find("/modx/") == sv::npos)) return -1;
        int32_t raw = raw_requests_.intern(text);
        if (static_cast<size_t>(raw) == path_request_.size()) path_request_.push_back(request_code(text));
        return path_request_[raw];
    }

    int32_t module_code(const Module &m, int32_t course) {
        if (!m) return -1;
        if (course < 0) course = course_code(course_of_module(m.id));
        key_.clear();
        if (course >= 0) key_.append(courses.at(course));
        key_.push_back('\x1f');
        key_.append(m.id);
        int32_t code = modules.intern(key_);
        if (static_cast<size_t>(code) == module_id.size()) {
            module_course.push_back(course);
            module_id.push_back(m.id);
            module_category.push_back(m.category);
            module_name.push_back(m.name);
            module_title.emplace_back();
        }
        return code;
    }

    int32_t module_code(sv text, int32_t course, sv category) {
        if (text.empty()) return -1;
        std::string key(reinterpret_cast<const char *>(&course), sizeof course);
        key.append(category).push_back('\n');
        key.append(text);
        int32_t raw = raw_modules_.intern(key);
        if (static_cast<size_t>(raw) == raw_module_code_.size()) {
            std::string in(course >= 0 ? courses.at(course) : sv());
            raw_module_code_.push_back(-1);
            int32_t code = module_code(read_module(text, in, category), course);
            raw_module_code_[raw] = code;
        }
        return raw_module_code_[raw];
    }

    int32_t type_code(sv name) {
        int32_t code = types.intern(cut_points(name, 255));
        if (static_cast<size_t>(code) == type_mode.size()) type_mode.push_back(NO_MODE);  // the first candidate says
        return code;
    }

    // What a type means, with everything that depends on the type alone.
    struct Type {
        int meaning = 0;
        int32_t code = -1, course = -1, post_code = -1;
        PageCode page;
        bool path = false;
        Module module;
        std::string about;  // what a post is about
        bool told = false;  // by the path
    };

    const Type &type_of(sv name, sv source, sv host) {
        bool path = name[0] == '/', browser = source == "browser";
        key_.assign(path ? host : sv(browser ? "b" : "s")).push_back('\n');
        key_.append(name);
        int32_t raw = raw_types_.intern(key_);
        if (static_cast<size_t>(raw) == type_info_.size()) {
            Type t;
            t.path = path;
            if (!path) {
                sv label;
                t.meaning = meanings_.of_name(name, browser, label);
                t.code = type_code(label.empty() ? name : label);
            } else read_path_type(name, host, t);
            type_info_.push_back(std::move(t));
        }
        return type_info_[raw];
    }

    void read_path_type(sv name, sv host, Type &t) {
        Request r = classify_path(meanings_, name, host);
        const Meaning &m = meanings_.all[r.meaning];
        t.meaning = r.meaning;
        PageCode page = code_page(r.address);
        t.course = page.course;
        t.module = std::move(r.module);
        std::string label;
        if (t.module) {
            label.append("i4x_").append(t.module.category);
            if (!r.action.empty()) label.append("_").append(r.action);
        } else {
            t.page = page;
            if (page.level == 3 && page.panel < 0) t.page.panel = panels.intern("1");
            label = m.fate == BACKGROUND ? "background_request" : "url_change";
        }
        t.code = type_code(label);
        if (m.post.type) {
            t.post_code = r.label.empty() ? t.code : type_code(r.label);
            t.told = r.has_piece, t.about = cut_points(strip(r.about), NAME_POINTS);
        }
    }

    // ------------------------------------------------------------ one event

    // Takes an event in, or says why not (REJECTS: taken or filtered).
    Reject event(Element e, sv raw, int64_t offset) {
        Envelope v;
        if (!read_envelope(e, v)) return NOT_AN_EVENT;
        if (!v.has_time) return NO_TIME_GIVEN;
        int64_t time = time_of(v.time);
        if (time == NO_TIME) return BAD_TIME;
        const Host host_info = host_of(v.host);
        sv host = host_info.valid ? strip(v.host) : sv();
        const Type &type = type_of(v.type, v.source, host);
        const Meaning &m = meanings_.all[type.meaning];
        bool odd = odd_payload(v);
        teach(v);

        int32_t agent = v.agent.empty() ? -1 : agents.intern(v.agent);
        if (agent >= 0 && static_cast<size_t>(agent) == agent_machine_.size()) agent_machine_.push_back(meanings_.machine(v.agent));
        bool still = m.fate == BACKGROUND;
        Filter why = FILTERS;
        if (m.fate == MACHINE || (agent >= 0 && agent_machine_[agent])) why = F_MACHINE;
        else if (m.fate == STUDIO || host_info.studio) why = F_STUDIO;
        else if (still && !options_.keep_background) why = F_BACKGROUND;
        if (why != FILTERS) return filter(why, odd);

        Decoded d;
        if (m.reads_payload && v.has_payload) {
            decode_payload(v.payload, payload_json_, d);
            odd = odd || (d.failed && bracket(v.payload));
        }
        int32_t user = actor(v, m, d);
        if (user < 0) {
            if (!options_.keep_anonymous) return filter(F_ANONYMOUS, odd);
            user = users.intern("a");
        }
        const bool nobody = users.at(user) == "a";

        PostText text;
        bool posts = m.post.type && !nobody;
        if (posts) {
            text = post_text(m.post, d);
            posts = !m.post.needs_content || text.there || d.failed;
        }
        bool request = type.path && !type.module && !posts;
        PageCode page = request ? type.page : own_page(v, host);
        bool told = page.base < 0 && !type.path && told_page(m, d, host, page);
        int32_t course = find_course(v, m, d, page, type, host);
        auto module_of = [&](sv text) { return module_code(text, course, "problem"); };
        auto id_of = [&](int32_t code) { return sv(module_id[code]); };
        auto name_of = [&](int32_t code) { return module_name[code]; };
        PartReader<decltype(module_of), decltype(id_of), decltype(name_of)> reader(module_of, id_of, name_of);
        if (m.submits && !nobody && m.form != WHOLE) reader.read(m.form, d);
        int32_t module = find_module(v, m, d, type, course, host, reader.parts);
        if (course < 0 && module >= 0) course = module_course[module];
        if (!selected(course, module, m.fate == ECHO)) return filter(F_COURSE, odd);
        if (m.fate == ECHO) return filter(F_ECHO, odd);
        bool submits = m.submits && !nobody && module >= 0;
        if (submits && m.form == WHOLE) reader.parts.push_back(read_whole(m.whole, module, d, essay_json_, reader.attempts, reader.max_grade));
        ReplyReader answers;
        if (!nobody)
            for (const QuestionRule &q : m.questions) answers.read(q, d);
        Element grade;
        bool graded = !nobody && first_there(d, m.final_grade, grade) && !std::isnan(plain_number(grade));
        bool record = m.fate != PAGE_CLOSE && (submits || posts || graded || (!answers.replies.empty() && !m.assess.on));

        uint8_t flags = (extra_ ? EXTRA : 0) | (still || told ? STILL : 0) | (nobody ? NOBODY : 0) | (record ? RECORDS : 0);
        if (m.fate == PAGE_CLOSE) flags |= CLOSE;
        if (request) flags |= REQUEST;
        else if (page.frame) flags |= FRAME;
        uint8_t act = submits ? submit_byte(m.act, m.trust, m.code) : posts ? submit_byte(POSTS, m.post.trust, m.post.type) : submit_byte(POSTS, 0, NO_ECHO);
        int32_t code = posts && type.path ? type.post_code : type.code;
        count_odd(odd);
        add_event(offset, time, hash_bytes(raw.data(), raw.size()), user, course, code, page, destination(m, d), module, agent, address_of(v.ip), reader.attempts, m.kind, flags, record ? act : 0);
        if (options_.keep_payloads) keep_payload(v);
        if (flags & CLOSE) return REJECTS;
        if (type_mode[code] == NO_MODE) type_mode[code] = m.mode;
        if (module >= 0 && module_title[module].empty() && !strip(v.title).empty()) module_title[module] = cut_points(v.title, 555);
        if (submits) {
            add_parts(reader);
            if (m.form == WHOLE) add_key(first_key(d, m.whole.key));
        } else if (m.clicks && module >= 0) add_click(m, d);
        if (nobody) return REJECTS;
        if (posts) add_post(m.post, type, d, text);
        for (const Reply &r : answers.replies) add_reply(r);
        if (m.assess.on || graded || m.joins || m.staff || m.profile) {
            int32_t target = affected(m, d, user);
            if (m.assess.on) add_verdict(m.assess, d, target);
            add_facts(v, m, d, user, target, graded ? &grade : nullptr);
        }
        return REJECTS;
    }

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

    void teach(const Envelope &v) {
        if (v.name.empty() || v.user_id.empty()) return;
        int32_t id = taught_ids_.intern(v.user_id);
        if (static_cast<size_t>(id) < taught.size()) return;
        key_.assign("n:").append(v.name);
        taught.emplace_back(users.intern(key_), v.user_id);
    }

    int32_t actor(const Envelope &v, const Meaning &m, const Decoded &d) {
        if (!v.name.empty()) {
            key_.assign("n:").append(v.name);
            return users.intern(key_);
        }
        std::string id = v.user_id;
        if (id.empty() && !payload_id(m, d, id)) return -1;
        key_.assign("i:").append(id);
        return users.intern(key_);
    }

    static bool payload_id(const Meaning &m, const Decoded &d, std::string &id) {
        Element e;
        if (d.what != Payload::value) return false;
        for (const auto &path : m.user)
            if (follow(d.value, path, e) && user_id_of(e, id)) return true;
        return false;
    }

    static bool joins(const Envelope &v, const Meaning &m, const Decoded &d) {
        std::string id;
        return v.user_id.empty() || !payload_id(m, d, id) || id == v.user_id;
    }

    PageCode own_page(const Envelope &v, sv host) {
        PageCode page = page_code(v.page, host);
        return page.base >= 0 ? page : page_code(v.browser_url, host);
    }

    // The page that the payload names, of a line without one.
    bool told_page(const Meaning &m, const Decoded &d, sv host, PageCode &page) {
        Element e;
        sv s;
        if (d.what == Payload::value)
            for (const auto &path : m.page)
                if (follow(d.value, path, e) && text_of(e, s) && page_code(s, host).base >= 0) {
                    page = page_code(s, host);
                    return true;
                }
        return false;
    }

    // The user whom the payload is about, else the actor.
    int32_t affected(const Meaning &m, const Decoded &d, int32_t actor) {
        std::string id;
        if (!payload_id(m, d, id)) return actor;
        key_.assign("i:").append(id);
        return users.intern(key_);
    }

    int32_t find_course(const Envelope &v, const Meaning &m, const Decoded &d, const PageCode &page, const Type &type, sv host) {
        int32_t course = course_code(v.course);
        Element e;
        sv s;
        if (course < 0 && d.what == Payload::value)
            for (const auto &path : m.course)
                if (course < 0 && follow(d.value, path, e) && text_of(e, s)) course = course_code(s);
        if (course < 0) course = page.course;
        if (course < 0) course = type.course;
        if (course < 0 && !v.context_path.empty()) course = page_code(v.context_path, host).course;
        return course;
    }

    int32_t find_module(const Envelope &v, const Meaning &m, const Decoded &d, const Type &type, int32_t course, sv host, const std::vector<Part> &parts) {
        int32_t module = -1;
        Element e;
        sv s;
        if (d.what == Payload::value)
            for (const auto &path : m.module)
                if (module < 0 && follow(d.value, path, e) && text_of(e, s)) module = module_code(s, course, m.category);
        if (module < 0 && type.module) module = module_code(type.module, course);
        if (module < 0 && m.submits && m.form != MAPS && m.form != WHOLE && !parts.empty()) module = parts[0].module;
        if (module < 0) module = module_code(v.usage_key, course, {});
        if (module < 0 && !type.path) {
            int32_t request = path_request(v.context_path);
            if (request < 0 && !v.page.empty()) request = page_code(v.page, host).request;
            if (request >= 0) module = module_code(request_modules_[request], course);
        }
        return module;
    }

    int32_t destination(const Meaning &m, const Decoded &d) {
        Element e;
        if (d.what != Payload::value) return -1;
        for (const auto &path : m.panel)
            if (follow(d.value, path, e))
                if (int n = panel_of(e)) return panels.intern(std::to_string(n));
        return -1;
    }

    int32_t address_of(sv ip) {
        ip = strip(ip.substr(0, ip.find(',')));
        return ip.empty() ? -1 : ips.intern(ip);
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

    static uint8_t submit_byte(int act, int trust, int code) { return static_cast<uint8_t>(act | trust << 2 | code << 5); }
    int32_t row() const { return static_cast<int32_t>(events.time.size() - 1); }
    int32_t key_code(sv key) { return key.empty() ? -1 : keys.intern(key); }

    // The key by which assessments refer to the submission of this row.
    void add_key(sv key) {
        if (key.empty()) return;
        posts.row.push_back(row()), posts.type.push_back(0), posts.key.push_back(keys.intern(key)), posts.about.push_back(-1);
        posts.content.add_null();
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

    template <class Reader>
    void add_parts(const Reader &reader) {
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
                if (std::isnan(numbers[i]) && follow(d.value, path, e)) numbers[i] = number_of(e);
        }
        if (d.what == Payload::value)
            for (const auto &path : m.click_code)
                if (code < 0 && follow(d.value, path, e) && text_of(e, s) && !strip(s).empty()) code = codes.intern(cut_points(s, 255));
        clicks.row.push_back(static_cast<int32_t>(events.time.size() - 1));
        clicks.code.push_back(code);
        for (int i = 0; i < 5; i++) clicks.number[i].push_back(numbers[i]);
    }

    const Meanings &meanings_;
    const ScanOptions &options_;
    Json line_json_, mended_json_, payload_json_, essay_json_;
    bool extra_ = false;
    sv body_;  // the JSON text that is being taken in
    size_t tail_ = 0;            // bytes without a newline behind what was used of the last feed
    int64_t tail_offset_ = -1;   // where they begin
    StringDict raw_courses_, raw_pages_, raw_modules_, raw_types_, raw_requests_, hosts_, taught_ids_;
    std::vector<int32_t> raw_course_code_, raw_module_code_, path_request_;
    std::vector<uint8_t> course_selected_, agent_machine_;
    std::vector<Host> host_info_;
    std::vector<PageCode> page_info_;
    std::vector<Module> request_modules_;
    std::vector<Type> type_info_;
    std::string key_, scratch_;
};

} // namespace moocdb
