// What a scan leaves behind: the columns of a shard.
#pragma once
#include "dict.hpp"

namespace moocdb {

enum Reject : uint8_t { BAD_JSON, CUT, TOO_LONG, TOO_DEEP, NOT_AN_EVENT, NO_TIME_GIVEN, BAD_TIME, REJECTS };
enum Filter : uint8_t { F_BLANK, F_MACHINE, F_STUDIO, F_BACKGROUND, F_ANONYMOUS, F_COURSE, F_ECHO, FILTERS };
enum Flag : uint8_t { EXTRA = 1, CLOSE = 2, STILL = 4, REQUEST = 8, RECORDS = 16, NOBODY = 64, FRAME = 128 };

constexpr size_t NAME_POINTS = 255;  // of types, keys and names of questions

constexpr uint8_t NO_ECHO = 7;  // code of a record that is neither a submission nor a post

constexpr uint8_t NO_MODE = 255;  // of a type that no candidate has

// Columns of candidates and page_close lines; codes are -1 where there is nothing.
struct EventColumns {
    std::vector<int64_t> offset, time;
    std::vector<uint64_t> hash;
    std::vector<int32_t> user, course, type, base, panel, dest, module, agent, ip, attempts;
    std::vector<uint8_t> kind, flags, submit;  // submit, of records: act | trust << 2 | code << 5
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

// Posts, and (type 0) the keys of submissions.
struct PostColumns {
    std::vector<int32_t> row, key, about;
    std::vector<uint8_t> type;
    TextColumn content;
};

struct ReplyColumns {
    std::vector<int32_t> row, question;
    TextColumn answer;
};

// Marks for submissions of other events; `target` is the user code that the mark is about.
struct VerdictColumns {
    std::vector<int32_t> row, key, target;
    std::vector<uint8_t> grader, keyed;
    std::vector<double> grade, max_grade;
    TextColumn feedback;
};

struct FactColumns {
    std::vector<int32_t> row, target;
    std::vector<uint8_t> what;
    TextColumn value;
};

struct RejectRow {
    int64_t line, offset;
    uint8_t reason;
    std::string start;
};

struct PageCode {
    int32_t base = -1, panel = -1, course = -1, request = -1;
    int level = 0;
    bool frame = false;
};

} // namespace moocdb
