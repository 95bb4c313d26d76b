// Repairing a line that is not JSON, without guessing (rules, section 2). Slow path: it may allocate freely.
#pragma once
#include <vector>

#include "text.hpp"

namespace moocdb {

enum class Repair : uint8_t { none, utf8, prefix, backslash, surrogate, cut_tail, second_object };

struct Document {
    std::string text;  // one JSON object, to be parsed strictly
    size_t at = 0;     // where it began in the repaired line
};

struct Repaired {
    std::vector<Document> documents;
    Repair reason = Repair::none;
    bool cut = false;   // the last document was cut back
    bool bad = false;   // nothing can be made of the line
};

// Whether s holds nothing but what may stand around a JSON document.
inline bool json_blank(sv s) { return s.find_first_not_of(" \t\r\n") == sv::npos; }

inline void note(Repaired &r, Repair reason) {
    if (r.reason == Repair::none || reason < r.reason) r.reason = reason;
}

// Copies the object at s[i] to out, mending escapes and numbers; returns where it ended, or npos if the text ended first
// (then `comma` is the length of out before its last comma at depth 1, or 0).
inline size_t copy_object(sv s, size_t i, std::string &out, size_t &comma, Repaired &r) {
    int64_t depth = 0;
    bool in_string = false;
    comma = 0;
    auto hex4 = [&](size_t k) -> int {
        if (k + 4 > s.size()) return -1;
        int v = 0;
        for (size_t j = k; j < k + 4; j++) {
            if (!is_hex(s[j])) return -1;
            v = v * 16 + hex_value(s[j]);
        }
        return v;
    };
    while (i < s.size()) {
        char c = s[i];
        if (in_string) {
            if (c == '"') in_string = false;
            if (c != '\\') {
                out += c, i++;
                continue;
            }
            char e = i + 1 < s.size() ? s[i + 1] : 0;
            int u = e == 'u' ? hex4(i + 2) : -1;
            if (u >= 0) {
                bool high = u >= 0xD800 && u < 0xDC00, low = u >= 0xDC00 && u < 0xE000;
                if (high && i + 7 < s.size() && s[i + 6] == '\\' && s[i + 7] == 'u') {
                    int v = hex4(i + 8);
                    if (v >= 0xDC00 && v < 0xE000) {
                        out.append(s.substr(i, 12)), i += 12;
                        continue;
                    }
                }
                if (high || low) out += "\\ufffd", note(r, Repair::surrogate);
                else out.append(s.substr(i, 6));
                i += 6;
            } else if (e && std::strchr("\"\\/bfnrt", e)) {
                out.append(s.substr(i, 2)), i += 2;
            } else {
                out += "\\\\", i++, note(r, Repair::backslash);
            }
            continue;
        }
        if (c == '"') in_string = true;
        else if (c == '{' || c == '[') depth++;
        else if (c == '}' || c == ']') {
            out += c, i++;
            if (--depth == 0) return i;
            continue;
        } else if (c == ',' && depth == 1) comma = out.size();
        else if (c == '-' || is_digit(c)) {
            size_t end = i;
            while (end < s.size() && (is_word(s[end]) || s[end] == '+' || s[end] == '-' || s[end] == '.')) end++;
            sv token = s.substr(i, end - i);
            bool integral, quote = false;
            if (json_number(token, integral)) {
                int64_t v;
                uint64_t w;
                const char *b = token.data(), *e = b + token.size();
                if (integral) quote = std::from_chars(b, e, v).ec != std::errc() && std::from_chars(b, e, w).ec != std::errc();
                else quote = std::isnan(number_value(token));
                size_t next = quote ? s.find_first_not_of(" \t\r\n", end) : sv::npos;
                if (next != sv::npos && s[next] == ':') quote = false;  // no number may be a key: quotes would make it one
            }
            if (quote) out += '"';
            out.append(token);
            if (quote) out += '"';
            i = end;
            continue;
        }
        out += c, i++;
    }
    return std::string::npos;
}

// Writes a text that is no object with its big numbers and half surrogates mended to out; false when it has other faults.
inline bool mend_value(sv text, std::string &out) {
    if (json_blank(text) || text[text.find_first_not_of(" \t\r\n")] == '{') return false;
    std::string wrapped("["), mended;
    wrapped.append(text) += ']';
    Repaired faults;
    size_t comma;
    if (copy_object(wrapped, 0, mended, comma, faults) != wrapped.size()) return false;
    out = mended.substr(1, mended.size() - 2);
    return faults.reason == Repair::none || faults.reason == Repair::surrogate;
}

// Takes a line apart into documents that may be JSON. Owns everything it returns.
inline Repaired repair_line(sv line) {
    Repaired r;
    std::string s;
    if (repair_utf8(line, s)) note(r, Repair::utf8);
    size_t used = static_cast<size_t>(strip(s).data() - s.data()) + strip(s).size();
    bool odd_end = !json_blank(sv(s).substr(used));
    s.resize(used);  // once, not behind every document
    size_t at = s.find('{');
    if (at == std::string::npos) {
        r.bad = true;
        return r;
    }
    if (!json_blank(sv(s).substr(0, at))) note(r, Repair::prefix);
    while (true) {
        Document d;
        d.at = at;
        size_t comma, end = copy_object(s, at, d.text, comma, r);
        if (end == std::string::npos) {
            r.cut = true;
            if (comma) d.text.resize(comma), d.text += '}';
            else d.text.clear();
            r.documents.push_back(std::move(d));
            note(r, Repair::cut_tail);
            return r;
        }
        r.documents.push_back(std::move(d));
        sv rest = strip(sv(s).substr(end));
        if (rest.empty()) {
            if (odd_end || !json_blank(sv(s).substr(end))) note(r, Repair::prefix);
            return r;
        }
        if (rest[0] == '{') {
            at = static_cast<size_t>(rest.data() - s.data());
            note(r, Repair::second_object);
            continue;
        }
        for (char c : rest)
            if (!(c == ',' || c == ';' || c == ']' || c == 0 || static_cast<unsigned char>(c) <= 0x20)) r.bad = true;
        note(r, Repair::prefix);
        return r;
    }
}

} // namespace moocdb
