// Addresses, courses, modules (rules, sections 5 to 7). Pure functions on text.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <vector>

#include "text.hpp"

namespace moocdb {

// ---------------------------------------------------------------- courses

// Appends s with `%3A %2B` (and `%40` if at) decoded.
inline void decode_key(sv s, bool at, std::string &out) {
    for (size_t i; (i = s.find('%')) != sv::npos && i + 2 < s.size();) {
        char a = s[i + 1], b = s[i + 2] | 0x20;
        char c = a == '3' && b == 'a' ? ':' : a == '2' && b == 'b' ? '+' : at && a == '4' && s[i + 2] == '0' ? '@' : 0;
        out.append(s.data(), c ? i : i + 1);
        if (c) out += c;
        s.remove_prefix(c ? i + 3 : i + 1);
    }
    out.append(s);
}

inline bool new_style(sv c) { return starts(c, "course-v1:") || starts(c, "ccx-v1:"); }

inline bool valid_course(sv c) {
    if (c.empty() || c.size() > 255) return false;
    for (char ch : c)
        if (static_cast<unsigned char>(ch) <= 0x20) return false;
    char sep = new_style(c) ? '+' : '/';
    sv rest = new_style(c) ? c.substr(c.find(':') + 1) : c;
    if (sep == '/' && rest.find(':') != sv::npos) return false;
    size_t parts = 0, from = 0;
    while (true) {
        size_t to = rest.find(sep, from);
        if ((to == sv::npos ? rest.size() : to) == from) return false;
        parts++;
        if (to == sv::npos) break;
        from = to + 1;
    }
    return sep == '+' ? parts >= 3 : parts == 3;
}

// Writes the normal form of a course id to out; false (out empty) when it is no course.
inline bool read_course(sv text, std::string &out) {
    out.clear();
    text = strip(text);
    while (!text.empty() && text.back() == '/') text.remove_suffix(1);
    decode_key(text, false, out);
    if (new_style(out))
        for (char &c : out)
            if (c == ' ') c = '+';
    if (valid_course(out)) return true;
    out.clear();
    return false;
}

// ---------------------------------------------------------------- addresses

struct Page {
    std::string base, panel, place, course;
    int level = 0;
    bool frame = false;
};

inline std::vector<sv> pieces_of(sv path) {
    std::vector<sv> out;
    out.reserve(16);
    for (size_t from = 0, at = 0; at <= path.size(); at++)
        if (at == path.size() || path[at] == '/') {
            if (at > from) out.push_back(path.substr(from, at - from));
            from = at + 1;
        }
    return out;
}

inline bool one_of(sv piece, std::initializer_list<sv> names) { return std::find(names.begin(), names.end(), piece) != names.end(); }

// Whether a piece of an address (not the first) names a person, or is a key that acts for one.
inline bool is_personal(const std::vector<sv> &p, size_t i) {
    sv first = p[0], before = p[i - 1];
    if (is(first, "u")) return i == 1;
    if (is(before, "users") && i > 2 && is(p[i - 2], "forum") && is(p[i - 3], "discussion")) return true;
    if (is(first, "courses")) return (i == 3 || i == 5) && one_of(before, {"progress", "xqueue"});
    if (is(before, "user") && i > 1 && is(p[i - 2], "certificates")) return true;
    if (one_of(first, {"api", "user_api", "support"})) {
        if (i > 1 && is(p[i - 2], "profile_images")) return true;
        bool version = p[i].size() > 1 && p[i][0] == 'v' && p[i][1] >= '0' && p[i][1] <= '9';
        return !version && one_of(before, {"accounts", "preferences", "users", "user", "enrollment", "bookmarks", "certificates", "team_membership",
                                           "subsection-completion"});
    }
    return one_of(before, {"activate", "password_reset_confirm", "email_confirm", "unsubscribe", "optout"});
}

// Takes user and password out of an address, and puts `-` in the place of pieces that are personal.
inline void hide_people(std::string &address) {
    size_t host = address.find("://") + 3, from = std::min(address.find('/', host), address.size());
    size_t at = sv(address).substr(host, from - host).rfind('@');
    if (at != sv::npos) address.erase(host, at + 1), from -= at + 1;
    std::vector<sv> p = pieces_of(sv(address).substr(from));
    for (size_t i = p.size(); i-- > 1;)  // from the end: what is replaced moves only pieces that were looked at
        if (is_personal(p, i)) address.replace(static_cast<size_t>(p[i].data() - address.data()), p[i].size(), "-");
}

// Writes the cleaned address to out; false when text is no address.
inline bool clean_address(sv text, sv host, std::string &out) {
    static constexpr Bytes marks("?#;$[/");  // where it may end
    sv s = text = strip(text);
    std::string local;
    if (!text.empty() && text[0] == '/') {
        local.append("https://").append(host.empty() ? sv("www.edx.org") : host).append(text);
        s = local;
    }
    if (!starts(s, "http://") && !starts(s, "https://")) return false;
    size_t end = 0;
    for (; end < s.size(); end++) {
        if (!marks.has(s[end])) continue;
        if (s[end] != '/') {
            if (s[end] == '?' && ends(s.substr(0, end), "undefined")) end -= 9;
            break;
        }
        if (end >= 8 && end + 1 < s.size() && s[end + 1] == '/' && s[end - 1] != ':') break;
    }
    out.clear();
    decode_key(s.substr(0, end), true, out);
    hide_people(out);
    size_t slash = out.rfind('/');
    if (slash != std::string::npos && slash >= 8) {
        size_t a = out.find("answer", slash), b = out.find("solution", slash), c = std::min(a, b);
        if (c != std::string::npos) out.resize(c);
    }
    while (out.size() > 8 && out.back() == '/') out.pop_back();
    out += '/';
    size_t host_at = out.find("://") + 3;
    if (host_at >= out.size() || out[host_at] == '/') return false;  // no host
    if (out.size() > 2000) {
        out = std::string(cut_bytes(out, 1999));
        while (out.back() == '/') out.pop_back();
        out += '/';
    }
    return true;
}

// Where behind the scheme the path begins (its first slash); the address has one.
inline size_t path_start(sv address) { return address.find('/', address.find("://") + 3); }

// Fills level, place, base and panel of a page of a course; rest are the pieces behind the course, borrowed from address.
inline void locate(sv address, const std::vector<sv> &rest, bool mfe, Page &page) {
    page.level = 1;
    if (rest.empty()) return;
    auto base_through = [&](sv piece) { page.base.assign(address.data(), static_cast<size_t>(piece.data() + piece.size() - address.data()) + 1); };
    constexpr sv mark = "+type@sequential+block@";
    if (is(rest[0], "courseware")) {
        page.level = rest.size() > 2 ? 3 : rest.size() > 1 ? 2 : 1;
        if (page.level < 3) return;
        page.place.append(rest[1]).append("/").append(rest[2]);
        if (rest.size() > 3 && rest[3].size() <= 3 && all_digits(rest[3])) {
            page.panel = rest[3];
            base_through(rest[2]);
        }
    } else if (mfe && rest[0].find(mark) != sv::npos) {
        page.level = 3;
        page.place.append("/").append(rest[0].substr(rest[0].find(mark) + mark.size()));
        if (rest.size() > 1) {
            page.panel = rest[1];
            base_through(rest[0]);
        }
    } else if (is(rest[0], "book") || is(rest[0], "pdfbook") || is(rest[0], "htmlbook")) {
        page.level = 4;
        sv last = rest.back();
        if (last.size() <= 4 && all_digits(last) && (rest.size() == 3 || (rest.size() == 5 && rest[0] != "book"))) {
            page.panel = last;
            base_through(rest[rest.size() - 2]);
        }
    }
}

// What a cleaned address says.
inline Page read_page(sv address) {
    Page page;
    page.base = address;
    std::vector<sv> pieces = pieces_of(address.substr(path_start(address)));
    page.frame = !pieces.empty() && is(pieces[0], "xblock");
    if (page.frame) return page;
    size_t next = 0;
    bool mfe = false;
    for (size_t i = 0; i + 1 < pieces.size() && !next; i++)
        if ((is(pieces[i], "courses") || is(pieces[i], "course")) && new_style(pieces[i + 1])) {
            mfe = is(pieces[i], "course");
            page.course = pieces[i + 1];
            next = i + 2;
        }
    for (size_t i = 0; i + 3 < pieces.size() && !next; i++)
        if (is(pieces[i], "courses")) {
            page.course.append(pieces[i + 1]).append("/").append(pieces[i + 2]).append("/").append(pieces[i + 3]);
            next = i + 4;
        }
    std::string id;
    if (!next || !read_course(page.course, id)) {
        page.course.clear();
        return page;
    }
    page.course = id;
    locate(address, std::vector<sv>(pieces.begin() + static_cast<long>(next), pieces.end()), mfe, page);
    return page;
}

// ---------------------------------------------------------------- modules

struct Module {
    std::string id, category, name;
    size_t end = 0;  // where in the text (with `;_` as `/`) the module ended

    explicit operator bool() const { return !id.empty(); }
};

inline std::string html(sv s, bool dash) {
    std::string out(s);
    for (char &c : out)
        if (static_cast<unsigned char>(c) < 0x80 && !is_word(c) && !(dash && c == '-')) c = '_';
    return out;
}

inline Module i4x_module(sv org, sv number, sv category, sv name, size_t end) {
    Module m;
    if (org.empty() || number.empty() || category.empty() || name.empty()) return m;
    for (sv part : {org, number, category})
        if (part.find('/') != sv::npos) return m;  // an id has four pieces
    m.category = category;
    m.name = html(name, true);
    m.id.append("i4x://").append(org).append("/").append(number).append("/").append(category).append("/").append(m.name);
    m.end = end;
    return m;
}

// Splits a course `org/number/run` or `course-v1:org+number+run`.
inline void course_parts(sv course, sv &org, sv &number) {
    char sep = new_style(course) ? '+' : '/';
    sv rest = new_style(course) ? course.substr(course.find(':') + 1) : course;
    size_t a = rest.find(sep), b = rest.find(sep, a + 1);
    org = rest.substr(0, a), number = rest.substr(a + 1, b - a - 1);
}

// The key beginning at `from` in s; empty when malformed.
inline Module block_module(sv s, size_t from) {
    Module m;
    static constexpr Bytes stops("/?&\"\\");
    size_t end = from;
    while (end < s.size() && static_cast<unsigned char>(s[end]) > 0x20 && !stops.has(s[end])) end++;
    if (end - from > 4000) return m;  // no key
    std::string key;
    for (size_t at = from, to; at < end; at = to) {
        to = std::min(end, s.find('+', at + 1));
        sv part = s.substr(at, to - at);
        if (!starts(part, "+branch@") && !starts(part, "+version@")) key.append(part);
    }
    size_t t = key.find("+type@");
    size_t b = t == std::string::npos ? t : key.find("+block@", t + 6);
    if (b == std::string::npos) return m;
    auto upto = [&](size_t at) { return key.substr(at, key.find('+', at) == std::string::npos ? std::string::npos : key.find('+', at) - at); };
    m.category = upto(t + 6), m.name = upto(b + 7);
    if (!m.category.empty() && !m.name.empty()) m.id = key, m.end = end;
    return m;
}

// The module that text names (rules, section 7); course and category may be empty.
inline Module read_module(sv text, sv course, sv category) {
    Module m;
    text = strip(text);
    std::string unquoted;
    if (text.find(";_") != sv::npos) {
        for (size_t i = 0; i < text.size(); i++)
            if (text[i] == ';' && i + 1 < text.size() && text[i + 1] == '_') unquoted += '/', i++;
            else unquoted += text[i];
        text = unquoted;
    }
    size_t at = text.find("block-v1:");
    if (at != sv::npos) {
        if (at >= 4 && (text.substr(at - 4, 4) == "ccx-" || text.substr(at - 4, 4) == "lib-")) at -= 4;
        m = block_module(text, at);
    } else if ((at = text.find("i4x:/")) != sv::npos) {
        at += 5;
        while (at < text.size() && text[at] == '/') at++;
        sv part[4];
        for (int i = 0; i < 4; i++) {
            size_t to = at > text.size() ? sv::npos : text.find('/', at);
            if (to == sv::npos) to = text.size();
            part[i] = at > text.size() ? sv() : text.substr(at, to - at);
            at = to + 1;
        }
        sv name = part[3].substr(0, part[3].find_first_of("@?"));
        m = i4x_module(part[0], part[1], part[2], name, at - 1);
    } else if (starts(text, "i4x-")) {
        sv rest = text.substr(4), org, number;
        std::string prefix;
        bool known = false;
        if (!course.empty() && !new_style(course)) {
            course_parts(course, org, number);
            prefix = html(org, true) + "-" + html(number, true) + "-";
            known = starts(rest, prefix);
        }
        if (known) rest.remove_prefix(prefix.size());
        else {
            size_t a = rest.find('-'), b = a == sv::npos ? a : rest.find('-', a + 1);
            if (b == sv::npos) return m;
            org = rest.substr(0, a), number = rest.substr(a + 1, b - a - 1);
            rest.remove_prefix(b + 1);
        }
        size_t dash = rest.find('-');
        if (dash == sv::npos) return m;
        m = i4x_module(org, number, rest.substr(0, dash), rest.substr(dash + 1), text.size());
    } else if (!category.empty() && !course.empty() && !text.empty() && text.size() <= 255) {
        for (char c : text)
            if (!is_word(c) && c != '.' && c != '-') return m;
        if (new_style(course)) {
            m.category = category, m.name = text, m.end = text.size();
            m.id.append(starts(course, "ccx-") ? "ccx-block-v1:" : "block-v1:").append(course.substr(course.find(':') + 1));
            m.id.append("+type@").append(category).append("+block@").append(text);
        } else {
            sv org, number;
            course_parts(course, org, number);
            m = i4x_module(org, number, category, text, text.size());
        }
    }
    if (m.id.size() > 500) m.id.clear();
    return m;
}

// The course of a block key; empty when it has none.
inline std::string course_of_module(sv id) {
    sv prefix = starts(id, "ccx-block-v1:") ? sv("ccx-v1:") : starts(id, "block-v1:") ? sv("course-v1:") : sv();
    std::string out;
    if (prefix.empty()) return out;
    sv rest = id.substr(id.find(':') + 1);
    std::string text(prefix);
    text.append(rest.substr(0, rest.find("+type@")));
    read_course(text, out);
    return out;
}

} // namespace moocdb
