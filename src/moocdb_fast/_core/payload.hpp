// The `event` of a line: decoding it, following member paths, query strings, part keys (rules, sections 8 and 9).
#pragma once
#include "address.hpp"
#include "reader.hpp"
#include "repair.hpp"
#include "times.hpp"

namespace moocdb {

// Takes a line apart that is not JSON as it stands. A value that is so but for big numbers and half surrogates is one document, though no event.
inline Repaired take_apart(sv line, Json &json) {
    Repaired r;
    Document whole;
    Element e;
    if (!mend_value(line, whole.text)) return repair_line(line);
    auto error = json.parse(whole.text, e);
    if (error && error != simdjson::DEPTH_ERROR) return repair_line(line);
    r.documents.push_back(std::move(whole));
    return r;
}

// Appends e as JSON without blanks.
inline void put_json(Element e, std::string &out) {
    char b[40];
    bool first = true;
    switch (e.kind()) {
    case '[': {
        out += '[';
        Elements all;
        all.read(e);
        for (Element x : all) {
            if (!first) out += ',';
            first = false;
            put_json(x, out);
        }
        out += ']';
        break;
    }
    case '{':
        out += '{';
        for (auto &kv : members_of(e)) {
            if (!first) out += ',';
            first = false;
            put_json_string(kv.first, out);
            out += ':';
            put_json(kv.second, out);
        }
        out += '}';
        break;
    case '"': put_json_string(text_or_empty(e), out); break;
    case 'l': out.append(b, put_int(b, e.number<int64_t>())); break;
    case 'u': out += std::to_string(e.number<uint64_t>()); break;
    case 'd': out.append(b, put_double(b, e.number<double>())); break;
    case 't': out += "true"; break;
    case 'f': out += "false"; break;
    case 'n': out += "null"; break;
    default: break;
    }
}

// ---------------------------------------------------------------- decoding

enum class Payload : uint8_t { none, value, text };

struct Decoded {
    Payload what = Payload::none;
    bool failed = false, listed = false;  // listed: `members` holds those of `value`
    Element value;
    sv text;  // when the payload is text after all; borrowed from the line, or from `own`
    std::string own;
    Members members;

    void be_value(Element e) { what = Payload::value, value = e, listed = members.read(e); }
    void be_text(std::string s) { own = std::move(s), text = own; }
};

// Follows a member path of a payload that is a value.
inline bool follow(const Decoded &d, const std::vector<std::string> &path, Element &out) {
    if (!d.listed || path.empty()) return follow(d.value, path, out);
    if (!d.members.find(path[0], out)) return false;
    for (size_t i = 1; i < path.size(); i++)
        if (!first_of(out) || !member(out, path[i], out)) return false;
    return first_of(out);
}

// Whether JSON may begin so: most payloads that are text can be told from their first character.
inline bool begins_like_json(sv s) {
    static constexpr Bytes first("{[\"-tfn0123456789");
    return !s.empty() && first.has(s[0]);
}

inline bool mend_payload(Json &json, Decoded &d);

// Decodes an `event` that is text; uses `json` (not the reader that holds the line). 64 bytes behind it must be readable.
inline void decode_text(sv s, Json &json, Decoded &d) {
    s = strip(s);
    d.what = Payload::text, d.failed = false;
    d.text = s;
    Element e;
    if (!begins_like_json(s) || json.parse_padded(s.data(), s.size(), e)) {
        d.failed = !mend_payload(json, d);
        return;
    }
    sv inner;
    if (text_of(e, inner)) {
        d.be_text(std::string(inner));
        if (json.parse(strip(d.text), e)) return;
        if (text_of(e, inner)) return d.be_text(std::string(inner));
    }
    d.be_value(e);
}

// Decodes an `event`; uses `json` likewise.
inline void decode_payload(Element event, Json &json, Decoded &d) {
    sv s;
    if (text_of(event, s)) return decode_text(s, json, d);
    d.be_value(event), d.failed = false;
}

// A payload that is not JSON as it stands: escaped once too often, or with faults that a line may have too.
inline bool mend_payload(Json &json, Decoded &d) {
    Element e;
    sv inner;
    if (d.text.find('\\') != sv::npos && !json.parse(std::string("\"").append(d.text).append("\""), e) && text_of(e, inner)) {
        std::string again(strip(inner));
        if (!json.parse(again, e)) {
            if (text_of(e, inner)) d.be_text(std::string(inner));
            else d.be_value(e);
            return true;
        }
    }
    if (d.text.empty() || (d.text[0] != '{' && d.text[0] != '[')) return false;
    std::string mended;
    size_t comma;
    Repaired faults;
    if (copy_object(d.text, 0, mended, comma, faults) != d.text.size() || json.parse(mended, e)) return false;
    d.be_value(e);
    return true;
}

// ---------------------------------------------------------------- ids, numbers

// The digits of a whole number, held without memory of its own. Those of a JSON integer are written when somebody asks: mostly nobody does.
class Digits {
  public:
    bool empty() const { return kind_ == NONE; }
    void clear() { kind_ = NONE; }

    sv text() const {
        if (kind_ == NUMBER) size_ = static_cast<uint8_t>(std::to_chars(bytes_, bytes_ + sizeof bytes_, number_).ptr - bytes_);
        return empty() ? sv() : sv(bytes_, size_);
    }

    bool operator==(const Digits &other) const {
        if (kind_ == NUMBER && other.kind_ == NUMBER) return number_ == other.number_;
        return same(text(), other.text());
    }

    // Takes a JSON integer; false when e is none.
    bool of_integer(Element e) {
        if (integer_of(e, number_)) kind_ = NUMBER;
        else if (e.kind() == 'u') of_text(sv(bytes_, static_cast<size_t>(std::to_chars(bytes_, bytes_ + sizeof bytes_, e.number<uint64_t>()).ptr - bytes_)));
        else return false;
        return true;
    }

    // Takes at most 20 digits.
    void of_text(sv s) {
        std::memmove(bytes_, s.data(), s.size());
        size_ = static_cast<uint8_t>(s.size()), kind_ = TEXT;
    }

  private:
    enum : uint8_t { NONE, NUMBER, TEXT };

    int64_t number_ = 0;
    mutable char bytes_[22];
    mutable uint8_t size_ = 0;
    uint8_t kind_ = NONE;
};

// Takes the digits of a user id; false when e is none.
inline bool user_id_of(Element e, Digits &out) {
    sv s;
    if (!text_of(e, s)) return out.of_integer(e);
    s = strip(s);
    if (s.size() > 20 || !all_digits(s)) return false;
    while (s.size() > 1 && s[0] == '0') s.remove_prefix(1);
    out.of_text(s);
    return true;
}

inline double number_of(Element e) {
    double v;
    sv s;
    bool integral;
    if (double_of(e, v)) return v;
    if (!text_of(e, s)) return NAN;
    s = strip(s);
    return json_number(s, integral) ? number_value(s) : NAN;
}

// A destination panel, 1 to 9999, or 0.
inline int panel_of(Element e) {
    int64_t v = 0;
    sv s;
    if (integer_of(e, v)) return v >= 1 && v <= 9999 ? static_cast<int>(v) : 0;
    if (text_of(e, s) && all_digits(s)) {
        while (s.size() > 1 && s[0] == '0') s.remove_prefix(1);
        if (s.size() <= 4) std::from_chars(s.data(), s.data() + s.size(), v);
    }
    return v >= 1 && v <= 9999 ? static_cast<int>(v) : 0;
}

// ---------------------------------------------------------------- parts

// Borrows from the key.
struct PartKey {
    sv module;        // names the module
    int numbers = 0;  // 1 + first * 1000 + second, or 0: the problem itself
    sv choice;
    bool list = false, drop = false;
};

inline PartKey read_part_key(sv key) {
    PartKey k;
    if (starts(key, "input_")) key.remove_prefix(6);
    if (ends(key, "[]")) key.remove_suffix(2), k.list = true;
    if (ends(key, "_dynamath")) {
        k.drop = true;
        return k;
    }
    static constexpr Bytes words("0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    size_t word = key.size();  // where the word characters at the end begin
    while (word && words.has(key[word - 1])) word--;
    size_t choice = key.find("_choice_", word);
    if (choice != sv::npos && choice + 8 < key.size()) {
        k.choice = key.substr(choice + 1);
        key = key.substr(0, choice);
    }
    auto group = [](sv s, int &v) -> size_t {  // length of a trailing `_` and 1-3 digits, or 0
        size_t n = 0;
        while (n < s.size() && n < 4 && is_digit(s[s.size() - 1 - n])) n++;
        if (n == 0 || n > 3 || n >= s.size() || s[s.size() - 1 - n] != '_') return 0;
        v = digits_at(s.data() + s.size() - n, static_cast<int>(n));
        return n + 1;
    };
    int a, b;
    size_t nb = group(key, b), na = nb ? group(key.substr(0, key.size() - nb), a) : 0;
    if (na) {
        key.remove_suffix(na + nb);
        k.numbers = 1 + a * 1000 + b;
    }
    k.module = key;
    return k;
}

constexpr size_t FEW = 16;  // so many are looked through one by one: faster than a table, and bounded

struct QueryField {
    sv key, value;
    std::vector<sv> more;  // further values
};

// The `input_` fields of query strings, by first appearance. Memory is used again.
class Query {
  public:
    // Reads s, which is valid UTF-8. What is in the fields is borrowed until the next read. May raise bad_alloc.
    const std::vector<QueryField> &read(sv s) {
        fields_.clear(), decoded_.clear();
        if (!index_.empty()) index_ = {};
        decoded_.reserve(s.size());  // decoding makes nothing longer: no field moves
        size_t from = 0;
        while (from <= s.size()) {
            size_t to = std::min(s.find('&', from), s.size());
            sv piece = s.substr(from, to - from);
            from = to + 1;
            if (piece.empty()) continue;
            size_t eq = piece.find('=');
            sv key = decode(piece.substr(0, eq));
            if (starts(key, "input_")) put(key, eq == sv::npos ? sv() : decode(piece.substr(eq + 1)));
        }
        return fields_;
    }

  private:
    sv decode(sv s) {
        size_t before = decoded_.size();
        decode_query(s, decoded_);
        return sv(decoded_).substr(before);
    }

    void put(sv key, sv value) {
        size_t at = 0;
        if (fields_.size() < FEW) {
            while (at < fields_.size() && !same(fields_[at].key, key)) at++;
        } else {
            if (index_.empty())
                for (size_t i = 0; i < fields_.size(); i++) index_.emplace(fields_[i].key, i);
            at = index_.emplace(key, fields_.size()).first->second;
        }
        if (at == fields_.size()) fields_.push_back({key, value, {}});
        else fields_[at].more.push_back(value);
    }

    std::vector<QueryField> fields_;
    std::string decoded_;
    std::unordered_map<sv, size_t> index_;  // once there are many
};

// Borrows from the page.
struct Mark {
    sv key;
    bool correct;
};

// The marks on a graded page, in order of appearance.
inline std::vector<Mark> read_marks(sv page) {
    std::vector<Mark> out;
    static constexpr Bytes quotes("\\\"'"), after_key("\\\"'>"), before_mark("> Statusn\\:\"'\t\r\n");
    constexpr sv label = "aria-describedby=";
    constexpr size_t longest = 1000;  // a longer name is none: it could be scanned over and over again
    for (size_t at = page.find(label); at != sv::npos; at = page.find(label, at)) {
        size_t i = at + label.size();
        at++;
        auto any = [&](const Bytes &set) { return i < page.size() && set.has(page[i]); };
        while (any(quotes)) i++;
        size_t begin = i;
        if (!starts(page.substr(begin), "input_")) continue;
        while (i < page.size() && i - begin <= longest && static_cast<unsigned char>(page[i]) > 0x20 && !any(after_key)) i++;
        sv key = page.substr(begin, i - begin);
        if (key.size() > longest) continue;
        while (any(before_mark)) i++;
        sv rest = page.substr(i);
        bool correct = starts(rest, "correct");
        if (!correct && !starts(rest, "incorrect") && !starts(rest, "Incorrect")) continue;
        out.push_back({key, correct});
        at = i;
    }
    return out;
}

} // namespace moocdb
