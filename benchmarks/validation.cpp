// How lines are read by ways of simdjson that look at more or less of them, and by the kernel's reader. Compiled and run by validation.py:
//     validation WAY FILE    prints the CPU seconds of one pass over the lines and how many were taken
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>

#include "reader.hpp"

using namespace simdjson;

// Visits every value of a document, so that every fault is met. Raises simdjson_error.
static void walk(ondemand::value v) {
    switch (v.type()) {
    case ondemand::json_type::object:
        for (auto field : v.get_object()) {
            (void)std::string_view(field.unescaped_key());
            walk(field.value());
        }
        break;
    case ondemand::json_type::array:
        for (auto element : v.get_array()) walk(element.value());
        break;
    case ondemand::json_type::string: (void)std::string_view(v.get_string()); break;
    case ondemand::json_type::number: (void)ondemand::number(v.get_number()); break;
    case ondemand::json_type::boolean: (void)bool(v.get_bool()); break;
    case ondemand::json_type::null:
        if (!v.is_null()) throw simdjson_error(N_ATOM_ERROR);
        break;
    }
}

static bool dom_parse(dom::parser &parser, const char *p, size_t n) {
    dom::element e;
    return !parser.parse(p, n, false).get(e) && e.is_object();
}

// WAY: 1 three members, 2 all top-level names, 3 everything.
static bool on_demand(ondemand::parser &parser, const char *p, size_t n, int way) {
    try {
        ondemand::document document = parser.iterate(p, n, n + SIMDJSON_PADDING);
        ondemand::object object = document.get_object();
        if (way == 1) {
            std::string_view text;
            for (const char *name : {"username", "event_type", "time"})
                if (object[name].get_string().get(text)) return false;
            return true;
        }
        for (auto field : object) {
            (void)std::string_view(field.unescaped_key());
            if (way == 3) walk(field.value());
        }
        return document.at_end();
    } catch (const simdjson_error &) {
        return false;
    }
}

// One line after the other by the kernel's reader, many at a time as the scan does. Returns how many objects there are.
static size_t kernel_reads(const char *p, size_t n) {
    moocdb::Lines lines;
    moocdb::Json json;
    size_t taken = 0;
    for (size_t at = 0; at < n;) {
        std::vector<size_t> ends;
        const size_t begin = at;
        while (at < n && at - begin < lines.size()) {
            const void *hit = std::memchr(p + at, '\n', n - at);
            if (!hit) return taken;
            ends.push_back(static_cast<size_t>(static_cast<const char *>(hit) - p)), at = ends.back() + 1;
        }
        lines.begin(p + begin, at - begin);
        size_t from = begin;
        for (size_t end : ends) {
            moocdb::Element e;
            if (lines.read(p + from, end - from, e) || !json.parse_padded(p + from, end - from, e)) taken += e.kind() == '{';
            from = end + 1;
        }
    }
    return taken;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    const std::string way = argv[1];
    const int number = way == "dom" ? 0 : way == "members" ? 1 : way == "names" ? 2 : way == "walk" ? 3 : way == "kernel" ? 4 : -1;
    padded_string data;
    if (number < 0 || padded_string::load(argv[2]).get(data)) return 2;
    dom::parser dom_parser;
    ondemand::parser parser;
    if (dom_parser.allocate(1 << 20) || parser.allocate(1 << 20)) return 2;
    size_t taken = 0;
    const char *end = data.data() + data.size();
    const clock_t start = clock();
    if (number == 4) taken = kernel_reads(data.data(), data.size());
    for (const char *p = data.data(); number < 4 && p < end;) {
        const void *hit = std::memchr(p, '\n', static_cast<size_t>(end - p));
        const char *stop = hit ? static_cast<const char *>(hit) : end;
        const size_t n = static_cast<size_t>(stop - p);
        taken += number ? on_demand(parser, p, n, number) : dom_parse(dom_parser, p, n);
        p = stop + 1;
    }
    std::printf("%f %zu %s\n", static_cast<double>(clock() - start) / CLOCKS_PER_SEC, taken, get_active_implementation()->name().c_str());
}
