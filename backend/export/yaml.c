// SPDX-License-Identifier: MIT
#include "backend/export/yaml.h"

#include <ctype.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { INDENT = 2 };

struct writer {
    struct str out;
    const struct yaml_note *notes;
    size_t note_count;
};

static void value(struct writer *w, const struct json *node, unsigned depth, bool in_list);

static void indent(struct writer *w, unsigned depth)
{
    for (unsigned i = 0; i < depth * INDENT; i++)
        str_addc(&w->out, ' ');
}

// ---- strings

// Words that one of the versions takes for something else than text.
static bool is_word_of_yaml(const char *text)
{
    static const char *const words[] = {"y",    "n",     "yes",  "no",  "on", "off",
                                        "true", "false", "null", "nan", "inf"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

// A letter first, so that it is no number, date or sign of YAML's; then only what has no meaning.
static bool is_plain(const char *text)
{
    if (!isalpha((unsigned char)text[0]) || is_word_of_yaml(text))
        return false;
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("_-./@ ", text[i]))
            return false;
    return text[n - 1] != ' ';
}

// Lines of printable ASCII that each begin with something else than a space, and end in one line
// end.
static bool is_block(const char *text)
{
    const char *end = text + strlen(text);
    if (end == text || end[-1] != '\n' || end - text < 2 || end[-2] == '\n' || text[0] == ' ' ||
        text[0] == '\n')
        return false;
    for (const char *p = text; *p; p++)
        if ((*p < ' ' && *p != '\n') || *p > '~' || (*p == ' ' && p[1] == '\n'))
            return false;
    return true;
}

static void block(struct writer *w, const char *text, unsigned depth)
{
    str_add(&w->out, "|\n");
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "\n");
        if (n)
            indent(w, depth);
        str_addn(&w->out, p, n);
        str_addc(&w->out, '\n');
        p += n + 1;
    }
}

// The code point at `p` and its length in bytes; U+FFFD for what is not UTF-8.
static unsigned decode(const unsigned char *p, size_t *length)
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    *length = 1;
    if (p[0] < 0x80)
        return p[0];
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
    if (n == 0 || p[0] > 0xf4)
        return 0xfffd;
    unsigned code = (unsigned)(p[0] & ~lead[n]);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0xfffd;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0xfffd;
    *length = n;
    return code;
}

static void quoted(struct writer *w, const char *text)
{
    str_addc(&w->out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        size_t n = 0;
        unsigned code = decode(p, &n);
        if (code == '"' || code == '\\')
            str_addf(&w->out, "\\%c", (int)code);
        else if (code == '\n')
            str_add(&w->out, "\\n");
        else if (code >= ' ' && code <= '~')
            str_addc(&w->out, (char)code);
        else if (code < 0x100)
            str_addf(&w->out, "\\x%02x", code);
        else if (code < 0x10000)
            str_addf(&w->out, "\\u%04x", code);
        else
            str_addf(&w->out, "\\U%08x", code);
        p += n;
    }
    str_addc(&w->out, '"');
}

static void one_line(struct writer *w, const char *text)
{
    if (is_plain(text))
        str_add(&w->out, text);
    else
        quoted(w, text);
}

static void string(struct writer *w, const char *text, unsigned depth)
{
    if (is_block(text)) {
        block(w, text, depth);
        return;
    }
    one_line(w, text);
    for (size_t i = 0; i < w->note_count; i++)
        if (str_eq(w->notes[i].value, text))
            str_addf(&w->out, " # %s", w->notes[i].comment);
    str_addc(&w->out, '\n');
}

// ---- the tree

static void object(struct writer *w, const struct json *node, unsigned depth, bool in_list)
{
    bool first = true;
    for (const struct json *c = json_first(node); c; c = json_next(c)) {
        if (!(first && in_list)) // behind the dash
            indent(w, depth);
        first = false;
        one_line(w, json_key(c));
        str_addc(&w->out, ':');
        bool nested = (json_type(c) == JSON_OBJECT || json_type(c) == JSON_ARRAY) && json_first(c);
        str_addc(&w->out, nested ? '\n' : ' ');
        value(w, c, depth + 1, false);
    }
}

static void array(struct writer *w, const struct json *node, unsigned depth)
{
    for (const struct json *c = json_first(node); c; c = json_next(c)) {
        indent(w, depth);
        str_add(&w->out, "- ");
        value(w, c, depth + 1, true);
    }
}

static void value(struct writer *w, const struct json *node, unsigned depth, bool in_list)
{
    AUTO_FREE char *text = NULL;
    switch (json_type(node)) {
    case JSON_STRING: string(w, json_text(node), depth); return;
    case JSON_OBJECT:
        if (json_first(node)) {
            object(w, node, depth, in_list);
            return;
        }
        break;
    case JSON_ARRAY:
        if (json_first(node) && in_list)
            str_addc(&w->out, '\n');
        if (json_first(node)) {
            array(w, node, depth);
            return;
        }
        break;
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_ABSENT: break;
    }
    text = json_print(node); // null, true, 12, {} and [] are the same in YAML
    str_addf(&w->out, "%s\n", text);
}

char *yaml_print(const struct json *tree, const char *head, const struct yaml_note *notes,
                 size_t note_count)
{
    struct writer w = {.notes = notes, .note_count = note_count};
    str_init(&w.out, STR_FILE);
    if (head)
        str_add(&w.out, head);
    value(&w, tree, 0, false);
    return str_take(&w.out);
}
