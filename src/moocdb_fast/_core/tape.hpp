// A JSON document as it was read: words on a tape, in simdjson's format but for one kind of word more. Read in place.
#pragma once
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "text.hpp"

namespace moocdb {

// The words of a document: one for each string, literal, start and end of an array or object, two for each number. The upper byte says what it is:
// `"`, `{`, `[`, `}`, `]`, `l` (a whole number), `u` (one beyond that), `d` (another number), `t`, `f` or `n`. A start says which word is behind
// its end. A string without a backslash stands in the text that was read (BARE); another one in `strings`, its length before it.
struct Tape {
    static constexpr uint64_t BARE = uint64_t{1} << 55, VALUE = BARE - 1;
    static constexpr int LENGTH_BITS = 27;  // the lower ones of a bare string's word; above them is where it begins
    static constexpr size_t MOST = size_t{1} << LENGTH_BITS;  // bytes of a text that bare strings can be told of

    const uint64_t *words = nullptr;
    const char *strings = nullptr, *text = nullptr;

    static uint64_t bare(size_t from, size_t to) { return uint64_t{'"'} << 56 | BARE | uint64_t{from} << LENGTH_BITS | (to - from); }

    [[gnu::always_inline]] sv string_of(uint64_t word) const {
        if (word & BARE) return sv(text + ((word & VALUE) >> LENGTH_BITS), word & (MOST - 1));
        const char *p = strings + (word & VALUE);
        uint32_t size;
        std::memcpy(&size, p, sizeof size);
        return sv(p + sizeof size, size);
    }
};

// A place on a tape. 64 bytes behind each of its texts are readable.
class Element {
  public:
    Element() = default;
    Element(const Tape *tape, size_t at) : tape_(tape), at_(at) {}

    const Tape *tape() const { return tape_; }
    size_t at() const { return at_; }
    uint64_t word() const { return tape_->words[at_]; }
    char kind() const { return static_cast<char>(word() >> 56); }
    bool is_number() const { return kind() == 'l' || kind() == 'u' || kind() == 'd'; }
    bool is_null() const { return kind() == 'n'; }

    // The value of a number of the kind.
    template <class Number>
    Number number() const {
        Number value;
        static_assert(sizeof value == sizeof(uint64_t));
        std::memcpy(&value, tape_->words + at_ + 1, sizeof value);
        return value;
    }

    // Where what comes behind this one is.
    size_t behind() const {
        switch (kind()) {
        case '{':
        case '[': return static_cast<uint32_t>(word());
        case 'l':
        case 'u':
        case 'd': return at_ + 2;
        default: return at_ + 1;
        }
    }

  private:
    const Tape *tape_ = nullptr;
    size_t at_ = 0;
};

static_assert(std::is_trivially_copyable_v<Element>);

// The text of an element; false when it is none. Borrowed from the document.
inline bool text_of(Element e, sv &out) {
    uint64_t word = e.word();
    if (word >> 56 != '"') return false;
    out = e.tape()->string_of(word);
    return true;
}

inline sv text_or_empty(Element e) {
    sv out;
    text_of(e, out);
    return out;
}

// Likewise a whole number that 64 bits with a sign hold, any number, and a truth.
inline bool integer_of(Element e, int64_t &out) {
    if (e.kind() != 'l') return false;
    out = e.number<int64_t>();
    return true;
}

inline bool double_of(Element e, double &out) {
    switch (e.kind()) {
    case 'l': out = static_cast<double>(e.number<int64_t>()); return true;
    case 'u': out = static_cast<double>(e.number<uint64_t>()); return true;
    case 'd': out = e.number<double>(); return true;
    default: return false;
    }
}

inline bool truth_of(Element e, bool &out) {
    out = e.kind() == 't';
    return out || e.kind() == 'f';
}

// The elements of an array, in order.
class Elements {
  public:
    // Reads e; false when it is no array.
    bool read(Element e) {
        if (e.kind() != '[') return false;
        first_ = Element(e.tape(), e.at() + 1), end_ = e.behind() - 1;
        return true;
    }

    class Iterator {
      public:
        explicit Iterator(Element e) : e_(e) {}
        Element operator*() const { return e_; }
        Iterator &operator++() {
            e_ = Element(e_.tape(), e_.behind());
            return *this;
        }
        bool operator!=(const Iterator &other) const { return e_.at() != other.e_.at(); }

      private:
        Element e_;
    };

    Iterator begin() const { return Iterator(first_); }
    Iterator end() const { return Iterator(Element(first_.tape(), end_)); }
    Element first() const { return first_; }
    bool single() const { return first_.at() != end_ && first_.behind() == end_; }

  private:
    Element first_;
    size_t end_ = 0;
};

// The members of an object, one after the other; none of what is no object. Borrows from the document.
class Walk {
  public:
    explicit Walk(Element e) : from_(e.tape()), tape_(*e.tape()) {
        size_t at = e.at();
        next_ = end_ = at + 1;
        if (tape_.words[at] >> 56 == '{') end_ = static_cast<uint32_t>(tape_.words[at]) - 1;
    }

    // Goes to the next member; false behind the last.
    bool next() {
        if (next_ == end_) return false;
        key_ = tape_.words[next_];
        at_ = next_ + 1;
        word_ = tape_.words[at_];
        const char kind = this->kind();
        if (kind == '"') next_ = at_ + 1;
        else if (kind == '{' || kind == '[') next_ = static_cast<uint32_t>(word_);
        else next_ = at_ + (kind == 'l' || kind == 'u' || kind == 'd' ? 2 : 1);
        return true;
    }

    [[gnu::always_inline]] sv key() const { return tape_.string_of(key_); }
    Element value() const { return Element(from_, at_); }

    // Of the value: the byte that says what it is, and its text, if it is one.
    char kind() const { return static_cast<char>(word_ >> 56); }
    [[gnu::always_inline]] sv text() const { return kind() == '"' ? tape_.string_of(word_) : sv(); }

  private:
    const Tape *from_;
    const Tape tape_;
    uint64_t key_ = 0, word_ = 0;
    size_t at_ = 0, next_, end_;
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
    if (e.kind() != '[') return true;
    while (e.kind() == '[') e = Element(e.tape(), e.at() + 1);
    return e.kind() != ']';
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
        if (!first_of(e) || e.kind() != '{') return false;
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
    constexpr size_t few = 16;  // so many are looked through one by one
    std::vector<std::pair<sv, Element>> out;
    std::unordered_map<sv, size_t> seen;
    if (e.kind() == '{') out.reserve(std::min<size_t>((e.behind() - e.at()) / 2, 64));
    for (Walk walk(e); walk.next();) {
        sv key = walk.key();
        size_t at = 0;
        if (out.size() < few)
            while (at < out.size() && !same(out[at].first, key)) at++;
        else {
            if (seen.empty())
                for (size_t i = 0; i < out.size(); i++) seen.emplace(out[i].first, i);
            at = seen.emplace(key, out.size()).first->second;
        }
        if (at < out.size()) out[at].second = walk.value();
        else out.emplace_back(key, walk.value());
    }
    return out;
}

} // namespace moocdb
