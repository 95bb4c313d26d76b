// Times: text, epochs and dates to microseconds since 1970 UTC (rules, section 4).
#pragma once
#include "text.hpp"

namespace moocdb {

constexpr int64_t NO_TIME = INT64_MIN;
constexpr int64_t FIRST_TIME = -62135596800LL * 1000000;         // 0001-01-01
constexpr int64_t LAST_TIME = 253402300800LL * 1000000 - 1;      // 9999-12-31T23:59:59.999999

inline int64_t days_from_civil(int y, int m, int d) {
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int yoe = static_cast<int>(y - era * 400);
    int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

inline int days_in_month(int y, int m) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)) ? 29 : days[m - 1];
}

inline int64_t in_range(int64_t t) { return t >= FIRST_TIME && t <= LAST_TIME ? t : NO_TIME; }

// Reads n digits at p; -1 when one is missing.
inline int digits_at(const char *p, int n) {
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (!is_digit(p[i])) return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "times are read a word at a time");

// Whether all eight bytes of a word are digits.
inline bool eight_digits(uint64_t word) {
    constexpr uint64_t high = 0xF0F0F0F0F0F0F0F0, threes = 0x3333333333333333;
    return ((word & high) | (((word + 0x0606060606060606) & high) >> 4)) == threes;
}

// Each byte of a word of digits with the one behind it as a number of two digits; every other byte of the result is one.
inline uint64_t pairs_of_digits(uint64_t word) {
    word -= 0x3030303030303030;
    return word * 10 + (word >> 8);
}

// Reads `HH:MM:SS` at p, whose colons are there, as seconds; -1 when that is no time of a day. A word at once: a tenth of the instructions of digit by digit.
inline int seconds_at(const char *p) {
    constexpr uint64_t colons = uint64_t{':' ^ '0'} << 16 | uint64_t{':' ^ '0'} << 40;
    uint64_t word;
    std::memcpy(&word, p, 8);
    if (!eight_digits(word ^= colons)) return -1;
    word = pairs_of_digits(word);
    int h = word & 0xFF, m = word >> 24 & 0xFF, s = word >> 48 & 0xFF;
    return h > 23 || m > 59 || s > 59 ? -1 : h * 3600 + m * 60 + s;
}

// Reads six digits at p + 2 (two bytes before them are readable); -1 when one is missing. A word at once, likewise.
inline int six_digits_behind(const char *p) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    word = (word & ~uint64_t{0xFFFF}) | 0x3030;
    if (!eight_digits(word)) return -1;
    word = pairs_of_digits(word);
    return static_cast<int>((word >> 16 & 0xFF) * 10000 + (word >> 32 & 0xFF) * 100 + (word >> 48 & 0xFF));
}

// Seconds east of UTC written in s (empty: 0); false when s is no offset.
inline bool read_offset(sv s, int &seconds) {
    seconds = 0;
    if (s.empty() || s == "+00:00" || s == "Z" || s == "z" || s == "UTC" || s == " UTC") return true;
    if (s[0] != '+' && s[0] != '-') return false;
    int h, m = 0;
    if (s.size() == 6 && s[3] == ':') h = digits_at(s.data() + 1, 2), m = digits_at(s.data() + 4, 2);
    else if (s.size() == 5) h = digits_at(s.data() + 1, 2), m = digits_at(s.data() + 3, 2);
    else if (s.size() == 3) h = digits_at(s.data() + 1, 2);
    else return false;
    if (h < 0 || m < 0 || h > 23 || m > 59) return false;
    seconds = (h * 60 + m) * (s[0] == '-' ? -60 : 60);
    return true;
}

// The day of the last time that was read: a log tells the same one again and again.
struct Day {
    char text[11] = "1970-01-01";
    int64_t number = 0;

    // Reads `YYYY-MM-DD` at p; false when that is no day.
    bool read(const char *p) {
        if (!std::memcmp(p, text, 10)) return true;
        int y = digits_at(p, 4), mo = digits_at(p + 5, 2), d = digits_at(p + 8, 2);
        if (p[4] != '-' || p[7] != '-' || y < 1 || mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo)) return false;
        std::memcpy(text, p, 10);
        number = days_from_civil(y, mo, d);
        return true;
    }
};

// Microseconds of a time as text, or NO_TIME. Never raises.
inline int64_t time_of_text(sv s, Day &day) {
    s = strip(s);
    if (s.size() < 19 || s[13] != ':' || s[16] != ':') return NO_TIME;
    if (s[10] != 'T' && s[10] != 't' && s[10] != ' ') return NO_TIME;
    const char *p = s.data();
    if (!day.read(p)) return NO_TIME;
    const int second = seconds_at(p + 11);
    if (second < 0) return NO_TIME;
    s.remove_prefix(19);
    int64_t micro = 0;
    int six;
    if (s.size() >= 7 && s[0] == '.' && (s.size() == 7 || !is_digit(s[7])) && (six = six_digits_behind(s.data() - 1)) >= 0) {
        micro = six;
        s.remove_prefix(7);
    } else if (!s.empty() && (s[0] == '.' || s[0] == ',')) {
        size_t n = 1;
        int64_t scale = 100000;
        while (n < s.size() && is_digit(s[n])) micro += (s[n++] - '0') * scale, scale /= 10;
        if (n == 1) return NO_TIME;
        s.remove_prefix(n);
    }
    int offset;
    if (!read_offset(s, offset)) return NO_TIME;
    return in_range((day.number * 86400 + second - offset) * 1000000 + micro);
}

// Microseconds of a whole number of milliseconds or seconds, or NO_TIME.
inline int64_t time_of_units(int64_t v, int64_t unit) {
    if (v > LAST_TIME / unit || v < FIRST_TIME / unit - 1) return NO_TIME;
    return in_range(v * unit);
}

// Microseconds of v units of `unit` microseconds, or NO_TIME; ties to even. The whole part is exact, so the product is not rounded twice.
inline int64_t time_of_double(double v, int64_t unit) {
    double whole;
    double part = std::modf(v, &whole);
    if (!(std::fabs(whole) < 1e15)) return NO_TIME;
    int64_t base = time_of_units(static_cast<int64_t>(whole), unit);
    return base == NO_TIME ? NO_TIME : in_range(base + static_cast<int64_t>(nearbyintl(static_cast<long double>(part) * static_cast<long double>(unit))));
}

// Writes `YYYY-MM-DD HH:MM:SS.ffffff` (26 bytes) at p; returns the end.
inline char *put_time(char *p, int64_t t) {
    int64_t days = t / 86400000000LL, rest = t % 86400000000LL;
    if (rest < 0) rest += 86400000000LL, days--;
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    int doe = static_cast<int>(z - era * 146097);
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
    int y = static_cast<int>(yoe + era * 400) + (m <= 2);
    auto two = [](char *q, int v) { q[0] = '0' + v / 10, q[1] = '0' + v % 10; };
    int sec = static_cast<int>(rest / 1000000), micro = static_cast<int>(rest % 1000000);
    two(p, y / 100), two(p + 2, y % 100), p[4] = '-', two(p + 5, m), p[7] = '-', two(p + 8, d), p[10] = ' ';
    two(p + 11, sec / 3600), p[13] = ':', two(p + 14, sec / 60 % 60), p[16] = ':', two(p + 17, sec % 60), p[19] = '.';
    two(p + 20, micro / 10000), two(p + 22, micro / 100 % 100), two(p + 24, micro % 100);
    return p + 26;
}

} // namespace moocdb
