// SPDX-License-Identifier: MIT
#include "backend/export/hcl.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

enum { LIST_MAX_COLUMNS = 88 };

void hcl_init(struct hcl *h, const struct hcl_references *references)
{
    *h = (struct hcl){.references = references};
}

static void line(struct hcl *h, char *lead, char *assign)
{
    h->lines = mem_realloc(h->lines, h->count + 1, sizeof *h->lines);
    h->lines[h->count++] = (struct hcl_line){h->depth, lead, assign};
}

// ---- text

static const struct hcl_reference *reference_at(const struct hcl_references *all, const char *p)
{
    const struct hcl_reference *best = NULL;
    for (size_t i = 0; all && i < all->count; i++) {
        const struct hcl_reference *r = &all->items[i];
        size_t n = strlen(r->text);
        if (n && strncmp(p, r->text, n) == 0 && (!best || n > strlen(best->text)))
            best = r;
    }
    return best;
}

// U+2028 and the like are fine in HCL; what cannot be shown or ends a line is not.
// A "$" before "${" would join its escape, so there it is told by its number.
static void add_escaped(struct str *out, const char **p)
{
    unsigned char c = (unsigned char)**p;
    bool template = (c == '$' || c == '%') && (*p)[1] == '{';
    if (template && out->len > 1 && out->data[out->len - 1] == (char)c)
        str_addf(out, "\\u%04x{", c);
    else if (template)
        str_addf(out, "%c%c{", c, c);
    else if (c == '"' || c == '\\')
        str_addf(out, "\\%c", c);
    else if (c == '\n')
        str_add(out, "\\n");
    else if (c == '\t')
        str_add(out, "\\t");
    else if (c == '\r')
        str_add(out, "\\r");
    else if (c < 0x20 || c == 0x7f)
        str_addf(out, "\\u%04x", c);
    else
        str_addc(out, (char)c);
    *p += template ? 2 : 1;
}

char *hcl_quote(const struct hcl_references *references, const char *text)
{
    const struct hcl_reference *whole = reference_at(references, text);
    if (whole && str_eq(whole->text, text))
        return mem_strdup(whole->code);
    struct str out;
    str_init(&out, STR_BODY);
    str_addc(&out, '"');
    for (const char *p = text; *p;) {
        const struct hcl_reference *r = reference_at(references, p);
        if (r) {
            str_addf(&out, "${%s}", r->code);
            p += strlen(r->text);
        } else {
            add_escaped(&out, &p);
        }
    }
    str_addc(&out, '"');
    return str_take(&out);
}

static bool is_identifier(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    return *text && strchr(letters, *text) &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-") ==
               strlen(text);
}

// A key is a text, never code: references in it stay what they are.
static char *key_text(const char *key)
{
    return is_identifier(key) ? mem_strdup(key) : hcl_quote(NULL, key);
}

// ---- values

static bool is_scalar(const struct json *v)
{
    return json_type(v) != JSON_ARRAY && json_type(v) != JSON_OBJECT;
}

static char *scalar(const struct hcl *h, const struct json *v)
{
    const char *text = json_text(v);
    return text ? hcl_quote(h->references, text) : json_print(v);
}

// What fits one line: scalars, empty ones, short lists of scalars. NULL else.
static char *inline_value(const struct hcl *h, const struct json *v)
{
    if (is_scalar(v))
        return scalar(h, v);
    bool list = json_type(v) == JSON_ARRAY;
    if (json_count(v) == 0)
        return mem_strdup(list ? "[]" : "{}");
    if (!list)
        return NULL;
    struct str out;
    str_init(&out, STR_BODY);
    for (const struct json *n = json_first(v); n; n = json_next(n)) {
        if (!is_scalar(n)) {
            str_clear(&out);
            return NULL;
        }
        AUTO_FREE char *one = scalar(h, n);
        str_addf(&out, "%s%s", out.len ? ", " : "[", one);
    }
    str_addc(&out, ']');
    bool fits = out.len <= LIST_MAX_COLUMNS;
    char *text = str_take(&out);
    if (!fits && json_count(v) > 1) {
        mem_free(text);
        return NULL;
    }
    return text;
}

static void members(struct hcl *h, const struct json *v);

static void element(struct hcl *h, const struct json *v)
{
    AUTO_FREE char *one = inline_value(h, v);
    if (one) {
        line(h, mem_printf("%s,", one), NULL);
        return;
    }
    bool list = json_type(v) == JSON_ARRAY;
    line(h, mem_strdup(list ? "[" : "{"), NULL);
    members(h, v);
    line(h, mem_strdup(list ? "]," : "},"), NULL);
}

// `lead` before and `tail` after the value; a map of more lines when it does not fit one.
static void assignment(struct hcl *h, const char *name, const char *lead, const char *tail,
                       const struct json *v)
{
    AUTO_FREE char *one = inline_value(h, v);
    if (one) {
        line(h, mem_strdup(name), mem_printf("= %s%s%s", lead, one, tail));
        return;
    }
    bool list = json_type(v) == JSON_ARRAY;
    line(h, mem_printf("%s = %s%c", name, lead, list ? '[' : '{'), NULL);
    members(h, v);
    line(h, mem_printf("%c%s", list ? ']' : '}', tail), NULL);
}

static void members(struct hcl *h, const struct json *v)
{
    h->depth++;
    for (const struct json *n = json_first(v); n; n = json_next(n)) {
        if (json_type(v) == JSON_ARRAY) {
            element(h, n);
        } else {
            AUTO_FREE char *key = key_text(json_key(n));
            assignment(h, key, "", "", n);
        }
    }
    h->depth--;
}

// ---- the body

void hcl_empty(struct hcl *h)
{
    const struct hcl_line *last = h->count ? &h->lines[h->count - 1] : NULL;
    if (last && *last->lead && !(str_ends(last->lead, "{") && !last->assign))
        line(h, mem_strdup(""), NULL);
}

void hcl_comment(struct hcl *h, const char *text)
{
    char *lead = mem_printf("# %s", text);
    for (char *p = lead; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    line(h, lead, NULL);
}

void hcl_begin(struct hcl *h, const char *kind, const char *label1, const char *label2)
{
    AUTO_FREE char *one = label1 ? hcl_quote(NULL, label1) : NULL;
    AUTO_FREE char *two = label2 ? hcl_quote(NULL, label2) : NULL;
    line(h,
         mem_printf("%s%s%s%s%s {", kind, one ? " " : "", one ? one : "", two ? " " : "",
                    two ? two : ""),
         NULL);
    h->depth++;
}

void hcl_end(struct hcl *h)
{
    h->depth--;
    line(h, mem_strdup("}"), NULL);
}

void hcl_value(struct hcl *h, const char *name, const struct json *value)
{
    assignment(h, name, "", "", value);
}

void hcl_text(struct hcl *h, const char *name, const char *text)
{
    AUTO_FREE char *quoted = hcl_quote(h->references, text);
    hcl_code(h, name, quoted);
}

void hcl_code(struct hcl *h, const char *name, const char *expression)
{
    line(h, mem_strdup(name), mem_printf("= %s", expression));
}

void hcl_addresses(struct hcl *h, const char *name, const char *list)
{
    line(h, mem_printf("%s = [", name), NULL);
    h->depth++;
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ",");
        line(h, mem_printf("%.*s,", (int)n, p), NULL);
        p += p[n] ? n + 1 : n;
    }
    h->depth--;
    line(h, mem_strdup("]"), NULL);
}

void hcl_document(struct hcl *h, const char *name, const struct json *value)
{
    assignment(h, name, "jsonencode(", ")", value);
}

void hcl_call(struct hcl *h, const char *name, const char *function, const char *first,
              const struct json *value)
{
    AUTO_FREE char *lead = mem_printf("%s(%s, ", function, first);
    assignment(h, name, lead, ")", value);
}

// ---- layout: "=" stand below each other in neighbouring lines

static size_t columns(const char *text)
{
    size_t n = 0;
    for (const char *p = text; *p; p++)
        n += ((unsigned char)*p & 0xC0) != 0x80;
    return n;
}

char *hcl_take(struct hcl *h)
{
    struct str out;
    str_init(&out, STR_BODY);
    size_t width = 0;
    for (size_t i = 0; i < h->count; i++) {
        const struct hcl_line *l = &h->lines[i];
        if (l->assign && (i == 0 || !h->lines[i - 1].assign))
            for (size_t n = width = 0; i + n < h->count && h->lines[i + n].assign; n++)
                width =
                    columns(h->lines[i + n].lead) > width ? columns(h->lines[i + n].lead) : width;
        if (*l->lead)
            str_addf(&out, "%*s%s", (int)(2 * l->depth), "", l->lead);
        if (l->assign)
            str_addf(&out, "%*s %s", (int)(width - columns(l->lead)), "", l->assign);
        str_addc(&out, '\n');
    }
    for (size_t i = 0; i < h->count; i++) {
        mem_free(h->lines[i].lead);
        mem_free(h->lines[i].assign);
    }
    mem_free(h->lines);
    *h = (struct hcl){.references = h->references};
    return str_take(&out);
}
