"""Several hundred JSON documents, good, odd and broken, put together from declared parts.

`DOCUMENTS` gives their bytes by name; none holds a newline. What stands in GOOD is JSON by RFC 8259, what stands in BROKEN is none.
judge.py has to agree, so each watches over the other.
"""

from __future__ import annotations

NUMBERS = (
    "0", "-0", "1", "-1", "10", "1234567890", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615",
    "18446744073709551616", "-9223372036854775809", "123456789012345678901234567890", "9" * 400, "0.0", "-0.0", "0.1", "1.5", "1e0", "1E0", "1e5",
    "1e+5", "1e-5", "1E+05", "0e0", "0e+1", "0E-1", "1.0e10", "-1.25E-7", "1e308", "1e309", "-1e400", "1e-400", "1e99999999999",
    "0." + "0" * 400 + "1", "1." + "3" * 400,
)  # fmt: skip
STRINGS = (
    "", " ", "a", "'", "/", "//", "\x7f", "\u0080", "\u00e9", "\u2028\u2029", "\ufeff", "\ufffe\uffff", "\U0001f600", "\U0010ffff", "e\u0301", "null",
    "{}", "[", "a" * 5000, '\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000", "\\u000a", "\\u001f", "\\u0022", "\\u005c", "\\u00e9",
    "\\uABCD", "\\uabcd", "\\ud83d\\ude00", "\\uD83D\\uDE00", "\\udbff\\udfff", "\\\\u0041", "\\\\\\\\", '\\\\\\"', "\\u2028", "\\uffff", "\\ufeff",
)  # fmt: skip
HALF_PAIRS = (
    "\\ud800", "\\udfff", "\\ud83d", "\\ude00\\ud83d", "\\ud83d\\ud83d\\ude00", "\\ud83d\\ude00\\ude00", "\\ud83dx\\ude00", "\\ud83d\\n",
    "\\ud83d\\u0041", "\\uD83D \\uDE00",
)  # fmt: skip
GOOD = (
    "null", "true", "false", "[]", "{}", "[[]]", "[{}]", '{"":0}', '{"a":{}}', '{"a":[]}', " [ ] ", "\t{\t}\t", "\r[\r1\r,\r2\r]\r",
    '{ "a" : 1 , "b" : [ 2 , { } ] }', "[1,2,3]", "[null,true,false]", '{"a":1,"a":2}', '{"a":{"b":1},"a":{"c":2}}', '{"\\u0061":1,"a":2}',
    '{"a":1,"b":2,"c":[3,4,{"d":5}]}', '{"event":"x"}', '{"event_type":["inner"],"time":1}', '{"\\u0000":1}', '{"\\"":1}', '{"a b":1}',
    "[" * 50 + "]" * 50, '{"a":' * 50 + "1" + "}" * 50, '[{"a":' * 50 + "[]" + "}]" * 50, "[" + "0," * 500 + "0]",
    "{" + ",".join(f'"k{i}":{i}' for i in range(300)) + "}", '["' + '","'.join("ab" for _ in range(70)) + '"]', '"' + "\\\\" * 64 + '"',
    '"' + "\\\\" * 63 + '\\""', '["' + "x" * 61 + '\\\\"]', '["' + "x" * 62 + '\\"",1]',
)  # fmt: skip
NO_NUMBERS = (
    "01", "-01", "00", "-", "+1", "+", "--1", "-+1", "1-", "1+2", ".5", "-.5", "1.", "-1.", "1.e5", "1..2", "1.2.3", "1e", "1e+", "1e-", "1E", "1ee5",
    "1e5.5", "1e5e5", "0x10", "0b1", "0o7", "1_000", "1,5x", "1f", "1L", "1 000", "NaN", "-NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "1/2",
    "1\x00", "1\x0b", "\x0c1", "\u0661", "\uff11", "1\u00a0", "\u22121", "0e", "012e3", "- 1", "1e1000x", "-a",
)  # fmt: skip
NO_WORDS = (
    "nul", "nulll", "tru", "truee", "fals", "falsee", "True", "False", "None", "NULL", "TRUE", "undefined", "n", "t", "f", "nu ll", "true false",
    "truefalse", "null1", "a", "abc", "@", "#", "*", "$", "`", "&", "%", "?", "nu\x00ll", "tru\u00e9", "\u2713", "\x00", "\x01", "\x7f", "\x1b[0m",
    "(1)", "<a>", "=1", ";", "\\", "\\n", "\\u0031", "/", "//", "/**/", "function(){}", "new Date(0)", "b'x'", "0.x",
)  # fmt: skip
NO_STRINGS = (
    '"', '"a', 'a"', '"a""', '"a"b', '"a" "b"', "'a'", "'a\"", "`a`", "\u201ca\u201d", '"\t"', '"\x00"', '"\x01"', '"\x0b"', '"\x1f"', '"a\rb"',
    '"\\"', '"\\\\\\"', '"\\a"', '"\\x41"', '"\\0"', '"\\v"', '"\\e"', '"\\\'"', '"\\ "', '"\\U0041"', '"\\u"', '"\\u1"', '"\\u12"', '"\\u123"',
    '"\\u123g"', '"\\u-123"', '"\\u+123"', '"\\u 123"', '"\\u00e"', '"\\uD83D\\u"', '"\\ud83d\\ude0"', '"\\u{41}"', '"\\\u00e9"', '"a\\\tb"', 'u"a"',
    'r"a"', '"a"u', '"\\N{DASH}"', '"C:\\path"',
)  # fmt: skip
NO_UTF8 = (
    b"\x80", b"\xbf", b"\xc0\xaf", b"\xc1\xbf", b"\xc3", b"\xc3(", b"\xc3\x28\xa9", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xe2\x82", b"\xe2(\xa1",
    b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf0\x80\x80\xaf", b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\x98", b"\xf0\x9f", b"\xf0",
    b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xfe", b"\xff", b"\xff\xfe", b"\xe9t\xe9",
    b"\x93a\x94",
)  # fmt: skip
BROKEN = (
    " ", "[", "]", "{", "}", "[]]", "[[]", "{}}", "{{}", "[}", "{]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]", '["a":1]',
    "[1;2]", "[1]2", "[1][2]", "1 2", "[1],", ",[1]", "[1]x", "x[1]", "[1]\x00", "\x00[1]", "[\x0b1]", "[1]\x0c", "[\u00a01]", "\ufeff[1]",
    "[\ufeff1]", "[1\u2060]", "[1]\u3000", "[//c\r1]", "[/**/1]", "[1]#c", "{,}", '{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}', '{"a":1,,"b":2}',
    '{"a":1 "b":2}', '{"a" 1}', '{"a"=1}', '{"a"=>1}', '{"a":1;"b":2}', '{"a"::1}', '{:1}', '{"a":1:2}', "{a:1}", "{'a':1}", "{1:2}", "{1e999:2}",
    '{"a":1,123456789012345678901234567890:2}', "{null:1}", "{[]:1}", "{{}:1}", '{"a":1}}', '{"a":1}{"b":2}', '{"a":1} x', '{"a":1},', '{"a":{"b":1}',
    '{"a":[1}', '{"a":[1}]', '{"a":1]', "[{]}", '["a",', '["a"', '["a', '{"a', '{"a"', '{"a":', '{"a":"b', '{"a":"b"', '{"a":"b",', '{"a":t',
    '{"a":1,"b', '{"a":-', '{"a":[', "[[[[[[", '{"a":{"a":{"a":{', "[true", "[tru]", '[1,"a]', '{"a\\":1}', '{"a":"b\\"}', "[1]]]]]", "{}[]",
    '[1,{"a":2},', "[\"a\x00b\"]", "{\"a\x01\":1}", "[1,\x1b2]", '{"x":"a"b"c"}', '{"a":1/*c*/}', '{"a":1//c}', "<!-- -->{}", '{"$":0x1}', "[-]",
    "[+1]", "callback({})", "{}\x1a", "[" * 20 + "]" * 19, "[" * 19 + "]" * 20,
)  # fmt: skip


def _in_containers(parts: tuple[str, ...]) -> list[bytes]:
    return [shape.format(part).encode() for part in parts for shape in ("{}", "[{}]", '{{"k": {}}}', '[1, {{"k": [0, {}]}}]')]


def _in_strings(parts: tuple[bytes, ...]) -> list[bytes]:
    return [shape % part for part in parts for shape in (b'"%s"', b'["%s"]', b'{"k": "a%sb"}', b'{"k%s": 1}', b"%s")]


def _quoted(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f'"{part}"' for part in parts)


_KEYS = [f'{{"{text}": 0}}'.encode() for text in STRINGS + HALF_PAIRS]
_GOOD = [text.encode() for text in GOOD] + _in_containers(NUMBERS) + _in_containers(_quoted(STRINGS)) + _in_containers(_quoted(HALF_PAIRS)) + _KEYS
_BROKEN = [text.encode() for text in BROKEN] + _in_containers(NO_NUMBERS + NO_WORDS + NO_STRINGS) + _in_strings(NO_UTF8)

DOCUMENTS: dict[str, bytes] = {
    f"{kind} {n}: {ascii(document[:40])[2:-1]}": document
    for kind, group in (("good", _GOOD), ("broken", _BROKEN))
    for n, document in enumerate(group)
}
