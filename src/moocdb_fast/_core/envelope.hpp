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

inline void read_name(Element e, Envelope &v) {
    if (v.number_name.of_integer(e)) {
        v.name = v.number_name.text();
        return;
    }
    v.name = strip(text_or_empty(e));
    if (is(v.name, "anonymous")) v.name = {};
}

// Members that lines have in `context` when they come before they were given their later shape.
struct Inner {
    sv page, host, agent, ip, source;
    Element name;
    bool named = false;
};

// Whether a `username` says anything, be it that there is none.
inline bool is_name(char kind) { return kind == '"' || kind == 'l' || kind == 'u'; }

inline void read_context(Element e, Envelope &v, Inner &inner) {
    v.course = v.context_path = v.usage_key = v.title = v.browser_url = sv();
    inner = Inner();
    v.user_id.clear();
    for (Walk walk(e); walk.next();) {
        const sv k = walk.key();
        switch (k.size()) {
        case 2: if (is(k, "ip")) inner.ip = walk.text(); break;
        case 4:
            if (is(k, "path")) v.context_path = walk.text();
            else if (is(k, "page")) inner.page = walk.text();
            else if (is(k, "host")) inner.host = walk.text();
            break;
        case 5: if (is(k, "agent")) inner.agent = strip(walk.text()); break;
        case 6:
            if (is(k, "module")) {
                Element m;
                v.usage_key = member(walk.value(), "usage_key", m) ? text_or_empty(m) : sv();
                v.title = member(walk.value(), "display_name", m) ? text_or_empty(m) : sv();
            }
            break;
        case 7:
            if (is(k, "user_id") && !user_id_of(walk.value(), v.user_id)) v.user_id.clear();
            break;
        case 8: if (is(k, "username")) inner.name = walk.value(), inner.named = is_name(walk.kind()); break;
        case 9: if (is(k, "course_id")) v.course = walk.text(); break;
        case 12: if (is(k, "event_source")) inner.source = walk.text(); break;
        case 19: if (is(k, "open_in_browser_url")) v.browser_url = walk.text(); break;
        default: break;
        }
    }
}

// Reads the members we use; false when e is no object or has no type.
inline bool read_envelope(Element e, Envelope &v) {
    if (e.kind() != '{') return false;
    sv event_type, name;
    bool has_event = false, null_time = true;
    Element data, stamp;
    bool has_data = false, has_stamp = false;
    Inner inner;
    Element named;
    bool has_name = false;
    for (Walk walk(e); walk.next();) {
        const sv k = walk.key();
        switch (k.size()) {
        case 2: if (is(k, "ip")) v.ip = walk.text(); break;
        case 4:
            if (is(k, "time")) v.time = walk.value(), null_time = walk.kind() == 'n';
            else if (is(k, "page")) v.page = walk.text();
            else if (is(k, "host")) v.host = walk.text();
            else if (is(k, "name")) name = strip(walk.text());
            else if (is(k, "data")) data = walk.value(), has_data = true;
            break;
        case 5:
            if (is(k, "event")) v.payload = walk.value(), has_event = true;
            else if (is(k, "agent")) v.agent = strip(walk.text());
            break;
        case 7: if (is(k, "context")) read_context(walk.value(), v, inner); break;
        case 8: if (is(k, "username")) named = walk.value(), has_name = is_name(walk.kind()); break;
        case 9: if (is(k, "timestamp")) stamp = walk.value(), has_stamp = walk.kind() != 'n'; break;
        case 10: if (is(k, "event_type")) event_type = strip(walk.text()); break;
        case 12: if (is(k, "event_source")) v.source = walk.text(); break;
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
        if (integer_of(x, v))
            return time_of_units(v, millis_only || v >= MILLIS_FROM || v <= -MILLIS_FROM ? 1000 : 1000000);
        if (x.kind() == 'd' && double_of(x, d))
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
