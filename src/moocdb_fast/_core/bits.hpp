// Bits by number, 64 to a word.
#pragma once
#include <cstdint>

namespace moocdb {

// Sets a bit; whether it was set before. The word of the bit must be there.
inline uint8_t set_bit(uint64_t *words, int64_t at) {
    uint64_t &word = words[at >> 6], bit = uint64_t{1} << (at & 63);
    uint8_t was = (word & bit) != 0;
    word |= bit;
    return was;
}

// How many bits are set before one, from what is known of its word.
inline int64_t bits_before(const uint64_t *words, const int64_t *before, int64_t at) {
    uint64_t below = (uint64_t{1} << (at & 63)) - 1;
    return before[at >> 6] + __builtin_popcountll(words[at >> 6] & below);
}

} // namespace moocdb
