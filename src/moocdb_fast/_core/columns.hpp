// What a scan leaves behind: the columns of a shard.
#pragma once
#include "dict.hpp"

namespace moocdb {

enum Reject : uint8_t { BAD_JSON, CUT, TOO_LONG, TOO_DEEP, NOT_AN_EVENT, NO_TIME_GIVEN, BAD_TIME, REJECTS };
enum Filter : uint8_t { F_BLANK, F_MACHINE, F_STUDIO, F_BACKGROUND, F_ANONYMOUS, F_COURSE, F_ECHO, FILTERS };
enum Flag : uint8_t { EXTRA = 1, CLOSE = 2, STILL = 4, REQUEST = 8, SUBMITS = 16, JOINS = 32, NOBODY = 64, FRAME = 128 };

constexpr uint8_t NO_MODE = 255;  // of a type that no candidate has

// Columns of candidates and page_close lines; codes are -1 where there is nothing.
struct EventColumns {
    std::vector<int64_t> offset, time;
    std::vector<uint64_t> hash;
    std::vector<int32_t> user, course, type, base, panel, dest, module, agent, ip, attempts;
    std::vector<uint8_t> kind, flags, submit;  // submit: act | trust << 2 | code << 4
};

struct PartColumns {
    std::vector<int32_t> row, module, numbers, format;
    TextColumn answer, feedback;
    std::vector<uint8_t> marked;
    std::vector<double> grade, max_grade;
};

struct ClickColumns {
    std::vector<int32_t> row, code;
    std::vector<double> number[5];
};

struct RejectRow {
    int64_t line, offset;
    uint8_t reason;
    std::string start;
};

struct PageCode {
    int32_t base = -1, panel = -1, course = -1;
    int level = 0;
    bool frame = false;
};

} // namespace moocdb
