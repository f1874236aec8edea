// SPDX-License-Identifier: MIT
// cJSON 1.7 accepts 33 texts that RFC 8259 refuses, takes the first of two equal keys and ends a
// string at \u0000. So the text is walked once here, by the grammar, before it is given to the
// library.
#include "backend/codec/json_strict.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { MAX_DEPTH = 64, MAX_KEY = 512 };

struct walk {
    const char *start, *p, *end;
    unsigned line;
    const char *line_start;
    int depth;
    struct str path;
    struct json_places *places;
    struct err *err;
};

static bool bad(struct walk *w, const char *what)
{
    return err_set(w->err, ERR_INPUT, "line %u, column %u: %s", w->line,
                   (unsigned)(w->p - w->line_start) + 1, what);
}

static void spaces(struct walk *w)
{
    for (; w->p < w->end; w->p++) {
        if (*w->p == '\n') {
            w->line++;
            w->line_start = w->p + 1;
        } else if (*w->p != ' ' && *w->p != '\t' && *w->p != '\r') {
            return;
        }
    }
}

static int hex4(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef";
        const char *d =
            p[i] ? strchr(digits, p[i] | (p[i] >= 'A' && p[i] <= 'F' ? 0x20 : 0)) : NULL;
        if (!d)
            return -1;
        v = v * 16 + (int)(d - digits);
    }
    return v;
}

static bool unicode_escape(struct walk *w)
{
    if (w->end - w->p < 6)
        return bad(w, "a \\u escape is cut short");
    int unit = hex4(w->p + 2);
    if (unit < 0)
        return bad(w, "a \\u escape needs four hexadecimal digits");
    if (unit == 0)
        return bad(w, "\\u0000 is not accepted in a string");
    if (unit >= 0xDC00 && unit <= 0xDFFF)
        return bad(w, "a low surrogate stands alone");
    w->p += 6;
    if (unit < 0xD800 || unit > 0xDBFF)
        return true;
    int low = w->end - w->p >= 6 && w->p[0] == '\\' && w->p[1] == 'u' ? hex4(w->p + 2) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
        return bad(w, "a high surrogate stands alone");
    w->p += 6;
    return true;
}

// The length of the UTF-8 sequence at p, 0 when it is none.
static size_t utf8(const unsigned char *p, const unsigned char *end)
{
    size_t n = p[0] < 0x80                    ? 1
               : p[0] >= 0xC2 && p[0] <= 0xDF ? 2
               : (p[0] & 0xF0) == 0xE0        ? 3
               : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
                                              : 0;
    if (n == 0 || (size_t)(end - p) < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

static bool string(struct walk *w)
{
    w->p++; // the opening quote
    while (w->p < w->end) {
        unsigned char c = (unsigned char)*w->p;
        if (c == '"') {
            w->p++;
            return true;
        }
        if (c < 0x20)
            return bad(w, "a control character in a string must be written as an escape");
        if (c == '\\') {
            if (w->end - w->p < 2)
                break;
            if (w->p[1] == 'u') {
                if (!unicode_escape(w))
                    return false;
                continue;
            }
            if (!memchr("\"\\/bfnrt", w->p[1], 8))
                return bad(w, "an unknown escape");
            w->p += 2;
            continue;
        }
        size_t n = utf8((const unsigned char *)w->p, (const unsigned char *)w->end);
        if (n == 0)
            return bad(w, "this is not UTF-8");
        w->p += n;
    }
    return bad(w, "a string is not closed");
}

static bool digits(struct walk *w)
{
    const char *from = w->p;
    while (w->p < w->end && *w->p >= '0' && *w->p <= '9')
        w->p++;
    return w->p > from;
}

static bool number(struct walk *w)
{
    const char *from = w->p;
    if (*w->p == '-')
        w->p++;
    if (w->p < w->end && *w->p == '0')
        w->p++;
    else if (!digits(w))
        return bad(w, "this is not a number");
    if (w->p < w->end && *w->p == '.') {
        w->p++;
        if (!digits(w))
            return bad(w, "digits are missing after the decimal point");
    }
    if (w->p < w->end && (*w->p == 'e' || *w->p == 'E')) {
        w->p++;
        if (w->p < w->end && (*w->p == '+' || *w->p == '-'))
            w->p++;
        if (!digits(w))
            return bad(w, "digits are missing in the exponent");
    }
    AUTO_FREE char *text = mem_strndup(from, (size_t)(w->p - from));
    double v = strtod(text, NULL);
    if (v > 1.7e308 || v < -1.7e308)
        return bad(w, "this number is too large");
    return true;
}

static bool word(struct walk *w, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(w->end - w->p) < n || memcmp(w->p, text, n) != 0)
        return bad(w, "a value was expected here");
    w->p += n;
    return true;
}

static void note_place(struct walk *w)
{
    struct json_places *s = w->places;
    if (!s)
        return;
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 32;
        s->items = mem_realloc(s->items, s->cap, sizeof *s->items);
    }
    s->items[s->count++] = (struct json_place){.path = mem_strdup(w->path.data), .line = w->line};
}

static bool value(struct walk *w);

struct keys {
    const char **starts;
    size_t *lengths;
    size_t count, cap;
};

static bool key_is_new(struct keys *k, const char *start, size_t length)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->lengths[i] == length && memcmp(k->starts[i], start, length) == 0)
            return false;
    if (k->count == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 8;
        k->starts = mem_realloc(k->starts, k->cap, sizeof *k->starts);
        k->lengths = mem_realloc(k->lengths, k->cap, sizeof *k->lengths);
    }
    k->starts[k->count] = start;
    k->lengths[k->count++] = length;
    return true;
}

static void path_cut(struct walk *w, size_t length)
{
    w->path.len = length;
    w->path.data[length] = '\0';
}

// "key": value
static bool member(struct walk *w, struct keys *keys)
{
    if (w->p >= w->end || *w->p != '"')
        return bad(w, "a name in quotes was expected here");
    const char *start = w->p + 1;
    if (!string(w))
        return false;
    size_t length = (size_t)(w->p - 1 - start);
    if (!key_is_new(keys, start, length)) {
        w->p = start;
        AUTO_FREE char *name = mem_strndup(start, length > MAX_KEY ? MAX_KEY : length);
        AUTO_FREE char *what = mem_printf("\"%s\" stands here twice", name);
        return bad(w, what);
    }
    spaces(w);
    if (w->p >= w->end || *w->p != ':')
        return bad(w, "a colon was expected here");
    w->p++;
    spaces(w);
    size_t mark = w->path.len;
    if (mark)
        str_addc(&w->path, '.');
    str_addn(&w->path, start, length);
    bool ok = value(w);
    path_cut(w, mark);
    return ok;
}

static bool object_members(struct walk *w, struct keys *keys)
{
    for (;;) {
        spaces(w);
        if (!member(w, keys))
            return false;
        spaces(w);
        if (w->p < w->end && *w->p == '}') {
            w->p++;
            return true;
        }
        if (w->p >= w->end || *w->p != ',')
            return bad(w, "a comma or } was expected here");
        w->p++;
    }
}

static bool object(struct walk *w)
{
    w->p++;
    spaces(w);
    if (w->p < w->end && *w->p == '}') {
        w->p++;
        return true;
    }
    struct keys keys = {0};
    bool ok = object_members(w, &keys);
    mem_free(keys.starts);
    mem_free(keys.lengths);
    return ok;
}

static bool array(struct walk *w)
{
    w->p++;
    spaces(w);
    if (w->p < w->end && *w->p == ']') {
        w->p++;
        return true;
    }
    for (unsigned i = 0;; i++) {
        size_t mark = w->path.len;
        str_addf(&w->path, "[%u]", i);
        spaces(w);
        bool ok = value(w);
        path_cut(w, mark);
        if (!ok)
            return false;
        spaces(w);
        if (w->p < w->end && *w->p == ']') {
            w->p++;
            return true;
        }
        if (w->p >= w->end || *w->p != ',')
            return bad(w, "a comma or ] was expected here");
        w->p++;
    }
}

static bool value(struct walk *w)
{
    if (w->p >= w->end)
        return bad(w, "the text ends too early");
    note_place(w);
    switch (*w->p) {
    case '"': return string(w);
    case 't': return word(w, "true");
    case 'f': return word(w, "false");
    case 'n': return word(w, "null");
    case '{':
    case '[':
        if (++w->depth > MAX_DEPTH)
            return bad(w, "nested too deeply");
        if (!(*w->p == '{' ? object(w) : array(w)))
            return false;
        w->depth--;
        return true;
    default: return number(w);
    }
}

bool json_strict_check(const char *text, size_t length, struct json_places *places, struct err *err)
{
    struct walk w = {
        .start = text, .p = text, .end = text + length, .line = 1, .places = places, .err = err};
    w.line_start = text;
    str_init(&w.path, STR_LINE);
    spaces(&w);
    bool ok = value(&w);
    if (ok) {
        spaces(&w);
        ok = w.p == w.end || bad(&w, "something stands after the end");
    }
    str_clear(&w.path);
    return ok;
}
