// Codes of what lines name: courses, pages, modules, types, each string understood once.
#pragma once
#include "columns.hpp"
#include "memo.hpp"

namespace moocdb {

struct ScanOptions {
    bool keep_anonymous = false, keep_background = false, keep_payloads = false;
    size_t line_limit = 64 << 20;
    std::vector<std::string> courses;  // normal form; empty: all
};

class Codes {
  public:
    StringDict users, courses, types, bases, panels, places, modules, agents, ips, formats, codes, keys, questions;
    std::vector<uint8_t> type_mode, base_level, base_frame;
    std::vector<int32_t> base_place, module_course;
    std::vector<std::string> module_id, module_category, module_name;
    std::vector<std::string> module_title;  // empty: none

    Codes(const Meanings &meanings, const ScanOptions &options, std::shared_ptr<Memos> memos)
        : meanings_(meanings), options_(options), memos_(std::move(memos)), memo_(memos_->take()) {}
    ~Codes() { memos_->give(std::move(memo_)); }
    Codes(const Codes &) = delete;
    Codes &operator=(const Codes &) = delete;

    // What is asked about the modules of parts.
    int32_t problem_code(sv text, int32_t course) { return module_code(text, course, "problem"); }
    sv id_of_module(int32_t code) const { return module_id[code]; }
    sv name_of_module(int32_t code) const { return module_name[code]; }

  protected:
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

    PageCode code_page(const Page &page) {
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

    // Asks for the page that text names.
    uint64_t ask_page(sv text, const Host &host) const {
        sv bare = strip(text);
        return bare.empty() ? 0 : memo_->ask_address(text, bare, host);
    }

    // The page that text names, seen from host; base -1 when it is no address.
    const PageCode &page_code(sv text, const Host &host) { return page_code(text, host, ask_page(text, host)); }

    const PageCode &page_code(sv text, const Host &host, uint64_t asked) {
        static const PageCode none;
        sv bare = strip(text);
        if (bare.empty()) return none;
        int32_t number = memo_->address(text, bare, host, asked);
        if (static_cast<size_t>(number) >= page_at_.size()) page_at_.resize(memo_->addresses(), -1);
        int32_t &at = page_at_[number];
        if (at < 0) {
            const Address &address = memo_->address_at(number);
            at = static_cast<int32_t>(page_info_.size());
            page_info_.push_back(address.valid ? code_page(address.page) : none);
            page_info_.back().request = request_code(address.module);
        }
        return page_info_[at];
    }

    // The number of a request on a module, for module_of_request; -1: none.
    int32_t request_code(const Module &module) {
        if (!module) return -1;
        modules_of_requests_.push_back(module);
        return static_cast<int32_t>(modules_of_requests_.size() - 1);
    }

    int32_t module_of_request(int32_t request, int32_t course) { return request < 0 ? -1 : module_code(modules_of_requests_[request], course); }

    // The same of a path that stands in a context.
    int32_t path_request(sv text) {
        text = strip(text);
        if (text.empty() || text[0] != '/' || (text.find("/handler/") == sv::npos && text.find("/modx/") == sv::npos)) return -1;
        int32_t raw = raw_requests_.intern(text);
        if (static_cast<size_t>(raw) == path_request_.size()) path_request_.push_back(request_code(Memo::requested_module(text)));
        return path_request_[raw];
    }

    int32_t module_code(const Module &m, int32_t course) {
        if (!m) return -1;
        if (course < 0) course = course_code(course_of_module(m.id));
        int32_t code = modules.intern(key_.start(course >= 0 ? courses.at(course) : sv()).add("\x1f").add(m.id).text());
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
        uint64_t number = static_cast<uint64_t>(categories_.intern(category)) << 32 | static_cast<uint32_t>(course);
        int32_t raw = raw_modules_.intern(number, text);
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

    // `asked` is what the memo says when it is asked for the type.
    const Type &type_of(sv name, bool browser, const Host &host, uint64_t asked) {
        int32_t number = memo_->type(name, browser, host, asked);
        if (static_cast<size_t>(number) >= type_at_.size()) type_at_.resize(memo_->types(), -1);
        int32_t &at = type_at_[number];
        if (at < 0) {
            Type t;
            t.path = name[0] == '/';
            if (!t.path) {
                sv label;
                t.meaning = meanings_.of_name(name, browser, label);
                t.code = type_code(label.empty() ? name : label);
            } else code_path_type(memo_->path_type_at(number), t);
            at = static_cast<int32_t>(type_info_.size());
            type_info_.push_back(std::move(t));
        }
        return type_info_[at];
    }

    void code_path_type(const PathType &path, Type &t) {
        const Request &r = path.request;
        const Meaning &m = meanings_.all[r.meaning];
        t.meaning = r.meaning;
        PageCode page = code_page(path.page);
        t.course = page.course;
        t.module = r.module;
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

    const Meanings &meanings_;
    const ScanOptions &options_;
    std::shared_ptr<Memos> memos_;
    std::unique_ptr<Memo> memo_;
    Joined key_;  // of one call, as:
    std::string scratch_;

  private:
    StringDict raw_courses_, raw_requests_, categories_;
    NumberedDict raw_modules_;
    std::vector<int32_t> raw_course_code_, raw_module_code_, path_request_;
    std::vector<uint8_t> course_selected_;
    std::vector<int32_t> page_at_, type_at_;  // by number of the memo: where it is in the next, or -1
    std::vector<PageCode> page_info_;
    std::vector<Module> modules_of_requests_;
    std::vector<Type> type_info_;
};

} // namespace moocdb
