// SPDX-License-Identifier: MIT
#include "backend/image/ignore.h"

#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { PATTERNS_MAX = 2000 };

void ignore_add(struct ignore *rules, const char *line)
{
    while (*line == ' ' || *line == '\t')
        line++;
    bool keeps = *line == '!';
    if (keeps)
        line++;
    while (*line == ' ' || *line == '/' || (line[0] == '.' && line[1] == '/'))
        line++;
    size_t length = strcspn(line, "\r\n");
    while (length > 0 && strchr(" \t/", line[length - 1]))
        length--;
    if (length == 0 || (*line == '#' && !keeps) || rules->count >= PATTERNS_MAX)
        return;
    rules->patterns = mem_realloc(rules->patterns, rules->count + 1, sizeof *rules->patterns);
    rules->keeps = mem_realloc(rules->keeps, rules->count + 1, sizeof *rules->keeps);
    rules->patterns[rules->count] = mem_strndup(line, length);
    rules->keeps[rules->count++] = keeps;
    rules->any_keeps |= keeps;
}

bool ignore_load(struct ignore *rules, const char *folder, struct err *err)
{
    *rules = (struct ignore){0};
    AUTO_FREE char *path = fs_join(folder, ".dockerignore");
    if (!fs_exists(path))
        return true;
    STR_AUTO text;
    str_init(&text, STR_FILE);
    if (!fs_read(path, &text, err))
        return false;
    for (const char *line = text.data; *line;) {
        ignore_add(rules, line);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return true;
}

void ignore_clear(struct ignore *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        mem_free(rules->patterns[i]);
    mem_free(rules->patterns);
    mem_free(rules->keeps);
    *rules = (struct ignore){0};
}

// '[...]' at *p against c; moves *p behind it. An unclosed one fits nothing.
static bool class_fits(const char **p, char c)
{
    const char *s = *p + 1;
    bool negated = *s == '^', fits = false;
    s += negated;
    for (bool first = true; *s && (*s != ']' || first); first = false) {
        if (*s == '\\' && s[1])
            s++;
        char low = *s++, high = low;
        if (*s == '-' && s[1] && s[1] != ']') {
            high = s[1];
            s += 2;
        }
        fits |= c >= low && c <= high;
    }
    *p = *s ? s + 1 : s;
    return *s && fits != negated;
}

static bool fits(const char *p, const char *s, int depth)
{
    if (depth > 64) // a pattern of that many stars is no pattern
        return false;
    for (; *p; s++) {
        if (p[0] == '*' && p[1] == '*') {
            p += 2;
            if (*p == '/') { // "**/x" fits x at any level, also the first
                for (const char *t = s;; t++) {
                    if ((t == s || t[-1] == '/') && fits(p + 1, t, depth + 1))
                        return true;
                    if (!*t)
                        return false;
                }
            }
            for (;; s++) {
                if (fits(p, s, depth + 1))
                    return true;
                if (!*s)
                    return false;
            }
        }
        if (*p == '*') {
            for (p++;; s++) {
                if (fits(p, s, depth + 1))
                    return true;
                if (!*s || *s == '/')
                    return false;
            }
        }
        if (!*s)
            return false;
        if (*p == '[') {
            if (*s == '/' || !class_fits(&p, *s))
                return false;
            continue;
        }
        if (*p == '?' ? *s == '/' : (p[0] == '\\' && p[1] ? *++p : *p) != *s)
            return false;
        p++;
    }
    return !*s;
}

bool ignore_fits(const char *pattern, const char *path)
{
    return fits(pattern, path, 0);
}

static bool fits_path_or_parent(const char *pattern, const char *path)
{
    AUTO_FREE char *part = mem_strdup(path);
    for (;;) {
        if (ignore_fits(pattern, part))
            return true;
        char *slash = strrchr(part, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
}

bool ignore_excludes(const struct ignore *rules, const char *path)
{
    bool out = false;
    for (size_t i = 0; i < rules->count; i++)
        if (out == rules->keeps[i] && fits_path_or_parent(rules->patterns[i], path))
            out = !rules->keeps[i];
    return out;
}

bool ignore_is_secret(const char *path)
{
    static const char *const names[] = {".git", ".npmrc", ".aws", ".ssh"};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    if (str_starts(name, ".env") || str_ends(name, ".pem"))
        return true;
    return strcmp(path, "node_modules/.cache") == 0 || str_ends(path, "/node_modules/.cache");
}
