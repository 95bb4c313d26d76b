// The envelope of a line (rules, sections 3 and 4).
#pragma once
#include "payload.hpp"

namespace moocdb {

// The envelope of one event, borrowed from the parsed line.
struct Envelope {
    sv type, source, name, host, agent, ip, page, browser_url, course, context_path, usage_key, title;
    bool has_time = false, has_payload = false;
    Element time, payload;
    Digits user_id, number_name;
};

inline sv text_or_empty(Element e) {
    sv s;
    return text_of(e, s) ? s : sv();
}

inline void read_name(Element e, Envelope &v) {
    if (v.number_name.of_integer(e)) {
        v.name = v.number_name.text();
        return;
    }
    v.name = strip(text_or_empty(e));
    if (v.name == "anonymous") v.name = {};
}

// Members that lines have in `context` when they come before they were given their later shape.
struct Inner {
    sv page, host, agent, ip, source;
    Element name;
    bool named = false;
};

// Whether a `username` says anything, be it that there is none.
inline bool is_name(Element e) { return e.is_string() || e.type() == element_type::INT64 || e.type() == element_type::UINT64; }

inline void read_context(Element e, Envelope &v, Inner &inner) {
    v.course = v.context_path = v.usage_key = v.title = v.browser_url = sv();
    inner = Inner();
    v.user_id.size = 0;
    Object o;
    if (e.get(o)) return;
    for (auto f : o) {
        sv k = f.key;
        switch (k.size()) {
        case 2: if (k == "ip") inner.ip = text_or_empty(f.value); break;
        case 4:
            if (k == "path") v.context_path = text_or_empty(f.value);
            else if (k == "page") inner.page = text_or_empty(f.value);
            else if (k == "host") inner.host = text_or_empty(f.value);
            break;
        case 5: if (k == "agent") inner.agent = strip(text_or_empty(f.value)); break;
        case 6:
            if (k == "module") {
                Element m;
                v.usage_key = member(f.value, "usage_key", m) ? text_or_empty(m) : sv();
                v.title = member(f.value, "display_name", m) ? text_or_empty(m) : sv();
            }
            break;
        case 7:
            if (k == "user_id" && !user_id_of(f.value, v.user_id)) v.user_id.size = 0;
            break;
        case 8: if (k == "username") inner.name = f.value, inner.named = is_name(f.value); break;
        case 9: if (k == "course_id") v.course = text_or_empty(f.value); break;
        case 12: if (k == "event_source") inner.source = text_or_empty(f.value); break;
        case 19: if (k == "open_in_browser_url") v.browser_url = text_or_empty(f.value); break;
        default: break;
        }
    }
}

// Reads the members we use; false when e is no object or has no type.
inline bool read_envelope(Element e, Envelope &v) {
    Object o;
    if (e.get(o)) return false;
    sv event_type, name;
    bool has_event = false, null_time = true;
    Element data, stamp;
    bool has_data = false, has_stamp = false;
    Inner inner;
    Element named;
    bool has_name = false;
    for (auto f : o) {
        sv k = f.key;
        switch (k.size()) {
        case 2: if (k == "ip") v.ip = text_or_empty(f.value); break;
        case 4:
            if (k == "time") v.time = f.value, null_time = f.value.is_null();
            else if (k == "page") v.page = text_or_empty(f.value);
            else if (k == "host") v.host = text_or_empty(f.value);
            else if (k == "name") name = strip(text_or_empty(f.value));
            else if (k == "data") data = f.value, has_data = true;
            break;
        case 5:
            if (k == "event") v.payload = f.value, has_event = true;
            else if (k == "agent") v.agent = strip(text_or_empty(f.value));
            break;
        case 7: if (k == "context") read_context(f.value, v, inner); break;
        case 8: if (k == "username") named = f.value, has_name = is_name(f.value); break;
        case 9: if (k == "timestamp") stamp = f.value, has_stamp = !f.value.is_null(); break;
        case 10: if (k == "event_type") event_type = strip(text_or_empty(f.value)); break;
        case 12: if (k == "event_source") v.source = text_or_empty(f.value); break;
        default: break;
        }
    }
    if (has_name) read_name(named, v);
    else if (inner.named) read_name(inner.name, v);
    auto first = [](sv here, sv there) { return here.data() ? here : there; };
    v.page = first(v.page, inner.page), v.host = first(v.host, inner.host), v.agent = first(v.agent, inner.agent);
    v.ip = first(v.ip, inner.ip), v.source = first(v.source, inner.source);
    v.has_payload = has_event || has_data;
    if (!has_event && has_data) v.payload = data;
    v.has_time = !null_time || has_stamp;
    if (null_time && has_stamp) v.time = stamp;
    v.type = !event_type.empty() ? event_type : name;
    return !v.type.empty();
}

// Microseconds of the time of a line, or NO_TIME (rules, section 4).
inline int64_t time_of(Element e, Day &day) {
    constexpr int64_t MILLIS_FROM = 100000000000;
    auto number = [](Element x, bool millis_only) -> int64_t {
        int64_t v;
        double d;
        if (x.type() == element_type::INT64 && !x.get(v))
            return time_of_units(v, millis_only || v >= MILLIS_FROM || v <= -MILLIS_FROM ? 1000 : 1000000);
        if (x.type() == element_type::DOUBLE && !x.get(d))
            return time_of_double(d, millis_only || std::fabs(d) >= static_cast<double>(MILLIS_FROM) ? 1000 : 1000000);
        return NO_TIME;
    };
    sv s;
    if (text_of(e, s)) return time_of_text(s, day);
    if (e.is_number()) return number(e, false);
    Element date, digits;
    if (!member(e, "$date", date)) return NO_TIME;
    if (text_of(date, s)) return time_of_text(s, day);
    if (date.is_number()) return number(date, true);
    if (!member(date, "$numberLong", digits) || !text_of(digits, s) || !all_digits(s) || s.size() > 18) return NO_TIME;
    int64_t v = 0;
    std::from_chars(s.data(), s.data() + s.size(), v);
    return time_of_units(v, 1000);
}

} // namespace moocdb
