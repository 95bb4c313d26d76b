// Dictionaries: strings to dense codes in order of first appearance.
#pragma once
#include <algorithm>
#include <vector>

#include "text.hpp"

namespace moocdb {

inline uint64_t mix(uint64_t a, uint64_t b) {
    __uint128_t r = static_cast<__uint128_t>(a) * b;
    return static_cast<uint64_t>(r) ^ static_cast<uint64_t>(r >> 64);
}

// 64-bit hash of n bytes at p, 16 bytes a step; the same on every machine of this byte order.
inline uint64_t hash_bytes(const char *p, size_t n) {
    constexpr uint64_t k0 = 0xa0761d6478bd642fULL, k1 = 0xe7037ed1a0b428dbULL, k2 = 0x8ebc6af09c88c6e3ULL;
    uint64_t h = k0 ^ n, a, b;
    while (n > 16) {
        std::memcpy(&a, p, 8), std::memcpy(&b, p + 8, 8);
        h = mix(a ^ k1, b ^ h);
        p += 16, n -= 16;
    }
    a = b = 0;
    if (n >= 8) std::memcpy(&a, p, 8), std::memcpy(&b, p + n - 8, 8);
    else if (n >= 4) {
        uint32_t x, y;
        std::memcpy(&x, p, 4), std::memcpy(&y, p + n - 4, 4);
        a = x, b = y;
    } else if (n) a = (static_cast<uint64_t>(static_cast<unsigned char>(p[0])) << 16) | (static_cast<uint64_t>(static_cast<unsigned char>(p[n >> 1])) << 8) | static_cast<unsigned char>(p[n - 1]);
    return mix(k2 ^ n, mix(a ^ k1, b ^ h));
}

// 64-bit hash of a text of this process: no two machines need agree on it. Words that overlap, as in `differ`, and products that need not wait for
// each other.
inline uint64_t hash_text(const char *p, size_t n) {
    constexpr uint64_t k0 = 0xa0761d6478bd642fULL, k1 = 0xe7037ed1a0b428dbULL, k2 = 0x8ebc6af09c88c6e3ULL, k3 = 0x589965cc75374cc3ULL;
    auto two = [&](size_t i, uint64_t a, uint64_t b) { return mix(word_at(p + i) ^ a, word_at(p + i + 8) ^ b); };
    if (n <= 16) return hash_bytes(p, n);
    if (n <= 32) return mix(two(0, k0, k1) ^ n, two(n - 16, k2, k3));
    uint64_t a = k0 ^ n, b = k1, c = k2, d = k3;
    auto block = [&](size_t i, size_t j) { a = two(i, k1, a), b = two(i + 16, k2, b), c = two(j, k3, c), d = two(j + 16, k0, d); };
    for (; n > 128; p += 64, n -= 64) block(0, 32);
    if (n > 64) block(0, 32), block(n - 64, n - 32);
    else block(0, n - 32);
    return mix(mix(a, b), mix(c, d ^ k0));
}

// 64-bit hash of a whole line. It is kept in shards and compared across them: to change it takes another SHARD_FORMAT. Four sums at once: a
// multiplication need not wait for the one before (half the time of hash_bytes).
inline uint64_t hash_line(const char *p, size_t n) {
    constexpr uint64_t keys[4] = {0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL, 0x8ebc6af09c88c6e3ULL, 0x589965cc75374cc3ULL};
    uint64_t sums[4] = {n, keys[1], keys[2], keys[3]};
    for (; n >= 64; p += 64, n -= 64)
        for (int i = 0; i < 4; i++)
            sums[i] = mix(word_at(p + 16 * i) ^ keys[i], word_at(p + 16 * i + 8) ^ sums[i]);
    return mix(mix(sums[0] ^ keys[1], sums[1]), mix(sums[2] ^ keys[0], sums[3])) ^ hash_bytes(p, n);
}

// Owns copies of its strings. Codes count from 0. Memory is bounded by the distinct strings.
class StringDict {
  public:
    StringDict() : slots_(64), ends_(1, 0) {}

    // The code of s, given now if s is new. May raise bad_alloc.
    int32_t intern(sv s) {
        if (last_ >= 0 && same(last_text_, s)) return last_;  // logs repeat themselves line by line
        return intern(s, hash_text(s.data(), s.size()));
    }

    // The same of what was asked for.
    int32_t intern(sv s, uint64_t h) {
        size_t i;
        if (look(h, i, [&](sv held) { return same(held, s); })) return remember(slots_[i].code());
        bytes_.insert(bytes_.end(), s.begin(), s.end());
        return add(h, i);
    }

    // Asks for s: what the look-up reads first comes from memory meanwhile. Returns the hash to look it up with.
    uint64_t ask(sv s) const {
        uint64_t h = hash_text(s.data(), s.size());
        fetch(h);
        return h;
    }

    // Asks for the string of a code, if it is one.
    void ask_string(int32_t code) const {
        if (code < 0) return;
        const char *p = bytes_.data() + ends_[code];
        __builtin_prefetch(p), __builtin_prefetch(p + 64);
    }

    // The code of s, or -1.
    int32_t find(sv s) const {
        size_t i;
        return look(hash_text(s.data(), s.size()), i, [&](sv held) { return same(held, s); }) ? slots_[i].code() : -1;
    }

    // Borrowed until the next intern.
    sv at(int32_t code) const { return sv(bytes_.data() + ends_[code], static_cast<size_t>(ends_[code + 1] - ends_[code])); }
    int32_t size() const { return static_cast<int32_t>(hashes_.size()); }
    const std::vector<int64_t> &offsets() const { return ends_; }
    const std::vector<char> &bytes() const { return bytes_; }

  protected:
    static constexpr uint64_t LONG = (1 << 24) - 1;

    // All that a look-up wants to know but the string itself: each vector more would be one more miss of the cache.
    struct Slot {
        uint32_t tag = 0, used = 0;  // upper half of the hash; code + 1, 0 is free
        uint64_t start : 40, length : 24;  // in bytes_; LONG: that or more
        int32_t code() const { return static_cast<int32_t>(used - 1); }
    };

    void fetch(uint64_t h) const { __builtin_prefetch(&slots_[h & (slots_.size() - 1)]); }

    int32_t remember(int32_t code) {
        last_text_ = at(code);
        return last_ = code;
    }

    // Whether there is a string of that hash that is the one, and in which slot; else i is a free slot.
    template <class IsIt>
    bool look(uint64_t h, size_t &i, IsIt is_it) const {
        size_t mask = slots_.size() - 1;
        for (i = h & mask; slots_[i].used; i = (i + 1) & mask) {
            const Slot &slot = slots_[i];
            if (slot.tag == tag_of(h) && is_it(slot.length < LONG ? sv(bytes_.data() + slot.start, slot.length) : at(slot.code()))) return true;
        }
        return false;
    }

    // Takes in what stands at the end of the bytes, whose free slot is i.
    int32_t add(uint64_t h, size_t i) {
        int32_t code = size();
        hashes_.push_back(h);
        ends_.push_back(static_cast<int64_t>(bytes_.size()));
        slots_[i] = slot_of(code);
        if (hashes_.size() * 2 > slots_.size()) grow();
        return remember(code);
    }

    static uint32_t tag_of(uint64_t h) { return static_cast<uint32_t>(h >> 32); }

    Slot slot_of(int32_t code) const {
        Slot slot{tag_of(hashes_[code]), static_cast<uint32_t>(code) + 1, 0, 0};
        slot.start = static_cast<uint64_t>(ends_[code]), slot.length = std::min<uint64_t>(at(code).size(), LONG);
        return slot;
    }

    void grow() {
        std::vector<Slot> slots(slots_.size() * 2);
        size_t mask = slots.size() - 1;
        for (size_t code = 0; code < hashes_.size(); code++) {
            size_t i = hashes_[code] & mask;
            while (slots[i].used) i = (i + 1) & mask;
            slots[i] = slot_of(static_cast<int32_t>(code));
        }
        slots_.swap(slots);
    }

    std::vector<Slot> slots_;
    std::vector<uint64_t> hashes_;  // by code
    std::vector<int64_t> ends_;     // Arrow-style offsets into bytes_
    std::vector<char> bytes_;
    int32_t last_ = -1;  // what was asked for last
    sv last_text_;       // its string, in bytes_
};

// Strings, each under a number: the same string under another number is another one. The number stands before the string, so nothing is put together
// to be looked up.
class NumberedDict : private StringDict {
  public:
    using StringDict::size, StringDict::bytes;

    // The code of s under that number, given now if it is new. May raise bad_alloc.
    int32_t intern(uint64_t number, sv s) {
        auto is_it = [&](sv held) { return held.size() == s.size() + 8 && word_at(held.data()) == number && same(held.substr(8), s); };
        if (last_ >= 0 && is_it(last_text_)) return last_;
        return intern(number, s, hash(number, s));
    }

    // Asks for s, as a dictionary of strings does.
    uint64_t ask(uint64_t number, sv s) const {
        uint64_t h = hash(number, s);
        fetch(h);
        return h;
    }

    // Asks for the text that is most likely the one, when what was asked for is there.
    void ask_text(uint64_t h) const { __builtin_prefetch(bytes_.data() + slots_[h & (slots_.size() - 1)].start); }

    // The code of what was asked for.
    int32_t intern(uint64_t number, sv s, uint64_t h) {
        auto is_it = [&](sv held) { return held.size() == s.size() + 8 && word_at(held.data()) == number && same(held.substr(8), s); };
        size_t i;
        if (look(h, i, is_it)) return remember(slots_[i].code());
        const char *bytes = reinterpret_cast<const char *>(&number);
        bytes_.insert(bytes_.end(), bytes, bytes + sizeof number);
        bytes_.insert(bytes_.end(), s.begin(), s.end());
        return add(h, i);
    }

  private:
    static uint64_t hash(uint64_t number, sv s) { return mix(hash_text(s.data(), s.size()) ^ number, 0x9e3779b97f4a7c15ULL); }
};

// A column of strings, some of them null, laid out as Arrow wants it.
struct TextColumn {
    std::vector<int64_t> offsets{0};
    std::vector<char> bytes;
    std::vector<uint8_t> valid;

    void add(sv s) {
        bytes.insert(bytes.end(), s.begin(), s.end());
        offsets.push_back(static_cast<int64_t>(bytes.size()));
        valid.push_back(1);
    }
    void add_null() {
        offsets.push_back(static_cast<int64_t>(bytes.size()));
        valid.push_back(0);
    }
};

} // namespace moocdb
