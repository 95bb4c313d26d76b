// The tape of the parser, read in place: the parser's own accessors test at every step what the walk knows already (4 % of the scan's instructions).
#pragma once
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "simdjson.h"

#include "text.hpp"

namespace moocdb {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;
using simdjson::dom::element_type;

// An element is a place on the tape and nothing else, and that is public.
using Place = simdjson::internal::tape_ref;
static_assert(sizeof(Place) == sizeof(Element) && std::is_trivially_copyable_v<Place> && std::is_trivially_copyable_v<Element>);

inline Place place_of(Element e) {
    Place out;
    std::memcpy(static_cast<void *>(&out), &e, sizeof out);
    return out;
}

inline Element element_at(Place place) {
    Element out;
    std::memcpy(static_cast<void *>(&out), &place, sizeof out);
    return out;
}

// The byte that says what stands at a place: `"`, `{`, `[`, `l`, `u`, `d`, `t`, `f` or `n`.
inline char kind_at(Place place) { return static_cast<char>(place.doc->tape[place.json_index] >> 56); }
inline char kind_of(Element e) { return kind_at(place_of(e)); }

// The text of an element; false when it is none. Borrowed from the document.
inline bool text_of(Element e, sv &out) {
    Place place = place_of(e);
    if (kind_at(place) != '"') return false;
    out = place.get_string_view();
    return true;
}

inline sv text_or_empty(Element e) {
    Place place = place_of(e);
    return kind_at(place) == '"' ? place.get_string_view() : sv();
}

// The members of an object, one after the other; none of what is no object. Borrows from the document.
class Walk {
  public:
    explicit Walk(Element e) : doc_(place_of(e).doc), tape_(doc_->tape.get()), strings_(reinterpret_cast<const char *>(doc_->string_buf.get())) {
        size_t at = place_of(e).json_index;
        next_ = end_ = at + 1;
        if (tape_[at] >> 56 == '{') end_ = static_cast<uint32_t>(tape_[at]) - 1;
    }

    // Goes to the next member; false behind the last.
    bool next() {
        if (next_ == end_) return false;
        key_ = strings_ + (tape_[next_] & VALUE);
        at_ = next_ + 1;
        uint64_t word = tape_[at_];
        kind_ = static_cast<char>(word >> 56);
        if (kind_ == '"') next_ = at_ + 1;
        else if (kind_ == '{' || kind_ == '[') next_ = static_cast<uint32_t>(word);
        else next_ = at_ + (kind_ == 'l' || kind_ == 'u' || kind_ == 'd' ? 2 : 1);
        return true;
    }

    sv key() const { return string_at(key_); }
    Element value() const { return element_at(Place(doc_, at_)); }

    // Of the value: the byte that says what it is, and its text, if it is one.
    char kind() const { return kind_; }
    sv text() const { return kind_ == '"' ? string_at(strings_ + (tape_[at_] & VALUE)) : sv(); }

  private:
    static constexpr uint64_t VALUE = (uint64_t{1} << 56) - 1;

    // The length of a string stands before it.
    static sv string_at(const char *p) {
        uint32_t size;
        std::memcpy(&size, p, sizeof size);
        return sv(p + sizeof size, size);
    }

    const simdjson::dom::document *doc_;
    const uint64_t *tape_;
    const char *strings_, *key_ = nullptr;
    size_t at_ = 0, next_, end_;
    char kind_ = 0;
};

// ---------------------------------------------------------------- members

// The last member of that name, as JSON readers agree; false when there is none.
inline bool member(Element e, sv name, Element &out) {
    bool found = false;
    for (Walk walk(e); walk.next();)
        if (same(walk.key(), name)) out = walk.value(), found = true;
    return found;
}

// What an array stands for, its first element, however deep; false for an empty one.
inline bool first_of(Element &e) {
    Place place = place_of(e);
    if (kind_at(place) != '[') return true;
    while (kind_at(place) == '[') place.json_index++;
    e = element_at(place);
    return kind_at(place) != ']';
}

// Follows a member path; an array on the way or at the end stands for its first element.
inline bool follow(Element root, const std::vector<std::string> &path, Element &out) {
    Element e = root;
    for (const auto &name : path)
        if (!first_of(e) || !member(e, name, e)) return false;
    if (!first_of(e)) return false;
    out = e;
    return true;
}

// The members of an object, kept so that looking up many names does not walk the document many times. Borrows from it.
class Members {
  public:
    static constexpr size_t MOST = 64;

    // Reads e (what an array stands for is its first element); false when that is no object, or has more members than are kept.
    bool read(Element e) {
        size_ = 0;
        if (!first_of(e) || kind_of(e) != '{') return false;
        for (Walk walk(e); walk.next(); size_++) {
            if (size_ == MOST) return false;
            keys_[size_] = walk.key(), values_[size_] = walk.value();
        }
        return true;
    }

    // The last member of that name; false when there is none.
    bool find(sv name, Element &out) const {
        for (size_t i = size_; i-- > 0;)
            if (same(keys_[i], name)) {
                out = values_[i];
                return true;
            }
        return false;
    }

  private:
    sv keys_[MOST];
    Element values_[MOST];
    size_t size_ = 0;
};

// Members in order of first appearance, each with its last value.
inline std::vector<std::pair<sv, Element>> members_of(Element e) {
    std::vector<std::pair<sv, Element>> out;
    Object o;
    if (e.get(o)) return out;
    std::unordered_map<sv, size_t> seen;
    size_t size = o.size();
    bool many = size > 16;
    out.reserve(std::min<size_t>(size, 64));
    for (Walk walk(e); walk.next();) {
        sv key = walk.key();
        size_t at = out.size();
        if (many) at = seen.emplace(key, at).first->second;
        else
            for (size_t i = 0; i < out.size(); i++)
                if (same(out[i].first, key)) at = i;
        if (at < out.size()) out[at].second = walk.value();
        else out.emplace_back(key, walk.value());
    }
    return out;
}

} // namespace moocdb
