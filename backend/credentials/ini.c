// SPDX-License-Identifier: MIT
#include "backend/credentials/ini.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/credentials/words.h"

enum { SECTIONS_MAX = 10000, VALUES_MAX = 1000, VALUE_MAX_BYTES = 64 * 1024 };

struct reader {
    struct aws_config *config;
    const char *path;
    bool credentials;
    unsigned line;
    struct profile *section; // NULL before the first header
    char *key;               // of the line above, for continuations
    size_t indent;           // of that line
    struct err *err;
};

static bool fail(const struct reader *r, const char *why)
{
    AUTO_FREE char *path = text_safe(r->path, 300);
    // The line is not quoted: it may hold a key.
    return err_set(r->err, ERR_INPUT, "%s:%u: %s", path, r->line, why);
}

void ini_section_clear(struct profile *s)
{
    for (size_t i = 0; i < s->count; i++) {
        mem_free(s->values[i].key);
        mem_free(s->values[i].sub);
        secret_free(s->values[i].text);
        secret_free(s->values[i].hidden);
    }
    mem_free(s->values);
    mem_free(s->name);
    *s = (struct profile){0};
}

// FNV-1a
static unsigned hash_of(const char *text)
{
    uint32_t h = 2166136261U;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619U;
    return h;
}

static struct profile *find(const struct aws_config *config, enum ini_kind kind, const char *name,
                            const bool *prefixed)
{
    unsigned hash = name ? hash_of(name) : 0;
    struct profile *s = name ? config->buckets[hash % INI_BUCKETS] : NULL;
    while (s && (s->hash != hash || s->kind != kind || !str_eq(s->name, name) ||
                 (prefixed && s->prefixed != *prefixed)))
        s = s->same_bucket;
    return s;
}

const struct profile *ini_section_find(const struct aws_config *config, enum ini_kind kind,
                                       const char *name)
{
    return find(config, kind, name, NULL);
}

static struct profile *section_new(struct aws_config *config, enum ini_kind kind, const char *name,
                                   bool prefixed)
{
    struct profile *s = mem_calloc(1, sizeof *s);
    *s = (struct profile){.config = config,
                          .kind = kind,
                          .name = mem_strdup(name),
                          .hash = hash_of(name),
                          .prefixed = prefixed};
    config->items = mem_realloc(config->items, config->count + 1, sizeof *config->items);
    config->items[config->count++] = s;
    struct profile **at = &config->buckets[s->hash % INI_BUCKETS];
    while (*at) // the first one of a name is found first
        at = &(*at)->same_bucket;
    *at = s;
    return s;
}

static char *trimmed(const char *text, size_t length)
{
    while (length && isspace((unsigned char)*text)) {
        text++;
        length--;
    }
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    return mem_strndup(text, length);
}

struct header {
    enum ini_kind kind;
    char *name;
    bool prefixed;
};

// "profile 'my team'" split as a shell would: the second of exactly two words, the caller's; NULL
// for anything else.
static char *second_word(const char *inside)
{
    char **words = NULL;
    char *name = NULL;
    if (words_split(inside, &words, NULL) && words[0] && words[1] && !words[2])
        name = mem_strdup(words[1]);
    words_free(words);
    return name;
}

static void read_header(const struct reader *r, const char *inside, struct header *out)
{
    static const struct {
        const char *word;
        enum ini_kind kind;
    } kinds[] = {
        {"profile", INI_PROFILE}, {"services", INI_SERVICES}, {"sso-session", INI_SSO_SESSION}};
    out->kind = INI_PROFILE;
    if (r->credentials || strcmp(inside, "default") == 0) {
        out->name = mem_strdup(inside);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds) && !out->name; i++) {
        if (!str_starts(inside, kinds[i].word))
            continue;
        out->kind = kinds[i].kind;
        out->prefixed = true;
        out->name = second_word(inside);
    }
    if (out->name)
        return;
    // "[plugins]", "[profile in valid]": of nobody, and not a mistake.
    *out = (struct header){.kind = INI_OTHER, .name = mem_strdup(inside)};
}

static bool take_header(struct reader *r, const char *line)
{
    const char *close = strchr(line, ']');
    if (!close)
        return fail(r, "the section header does not end with ]");
    AUTO_FREE char *inside = trimmed(line + 1, (size_t)(close - line - 1));
    if (!*inside)
        return fail(r, "the section has no name");
    if (r->config->count >= SECTIONS_MAX)
        return fail(r, "too many sections");
    struct header h = {0};
    read_header(r, inside, &h);
    // Keys of the credentials file join the profile of the config file, however that is spelled
    // there.
    r->section = find(r->config, h.kind, h.name, r->credentials ? NULL : &h.prefixed);
    if (!r->section)
        r->section = section_new(r->config, h.kind, h.name, h.prefixed);
    mem_free(h.name);
    mem_free(r->key);
    r->key = NULL;
    return true;
}

static bool store(const struct reader *r, const char *key, const char *sub, const char *text)
{
    struct profile *s = r->section;
    for (size_t i = 0; i < s->count; i++) {
        struct ini_value *v = &s->values[i];
        if (!str_eq(v->key, key) || !str_eq(v->sub, sub))
            continue;
        if (r->credentials && !v->from_credentials)
            v->hidden = v->text;
        else
            secret_free(v->text);
        v->text = mem_strdup(text);
        v->from_credentials = r->credentials;
        return true;
    }
    if (s->count >= VALUES_MAX)
        return fail(r, "too many keys in this section");
    s->values = mem_realloc(s->values, s->count + 1, sizeof *s->values);
    s->values[s->count++] = (struct ini_value){.key = mem_strdup(key),
                                               .sub = sub ? mem_strdup(sub) : NULL,
                                               .text = mem_strdup(text),
                                               .from_credentials = r->credentials};
    return true;
}

// "key = value" into a trimmed key and value; false when there is no delimiter or no key.
static bool split(const char *line, const char *delimiters, char **key, char **value)
{
    size_t n = strcspn(line, delimiters);
    if (!line[n])
        return false;
    *key = trimmed(line, n);
    *value = trimmed(line + n + 1, strlen(line + n + 1));
    return **key != '\0';
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

// " # why" and " ; why" are no part of a value.
static void cut_comment(const char *key, char *value)
{
    if (strcmp(key, "credential_process") == 0)
        return;
    for (char *p = value; *p; p++) {
        if ((*p != '#' && *p != ';') || p == value || !isspace((unsigned char)p[-1]))
            continue;
        while (p > value && isspace((unsigned char)p[-1]))
            p--;
        *p = '\0';
        return;
    }
}

static const char *current_text(const struct reader *r)
{
    return profile_get(r->section, r->key);
}

static bool take_continuation(struct reader *r, const char *line)
{
    const char *above = current_text(r);
    if (!str_empty(above)) {
        char *joined = mem_printf("%s\n%s", above, line);
        bool ok = strlen(joined) <= VALUE_MAX_BYTES || fail(r, "the value is too long");
        ok = ok && store(r, r->key, NULL, joined);
        secret_free(joined);
        return ok;
    }
    AUTO_FREE char *sub = NULL;
    char *value = NULL;
    bool ok = split(line, "=", &sub, &value) ||
              fail(r, "expected \"name = value\" below the indented block's key");
    ok = ok && store(r, r->key, sub, value);
    secret_free(value);
    return ok;
}

static bool take_pair(struct reader *r, const char *line)
{
    if (!r->section)
        return fail(r, "expected a [section] before the first key");
    AUTO_FREE char *key = NULL;
    char *value = NULL;
    bool ok = split(line, "=:", &key, &value) || fail(r, "expected \"key = value\" or a [section]");
    if (ok) {
        lower(key);
        cut_comment(key, value);
    }
    ok = ok && store(r, key, NULL, value);
    secret_free(value);
    if (!ok)
        return false;
    str_replace(&r->key, key);
    return true;
}

static bool take_line(struct reader *r, const char *raw, size_t length)
{
    char *line = trimmed(raw, length);
    size_t indent = 0;
    while (indent < length && isspace((unsigned char)raw[indent]))
        indent++;
    bool ok = true;
    if (!*line || *line == '#' || *line == ';') {
        secret_free(line);
        return true;
    }
    bool deeper = r->section && r->key && indent > r->indent;
    if (!deeper)
        r->indent = indent;
    if (deeper)
        ok = take_continuation(r, line);
    else if (*line == '[')
        ok = take_header(r, line);
    else
        ok = take_pair(r, line);
    secret_free(line);
    return ok;
}

bool ini_parse(struct aws_config *config, const char *text, size_t length, const char *path,
               bool credentials, struct err *err)
{
    struct reader r = {.config = config, .path = path, .credentials = credentials, .err = err};
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3; // the byte order mark that Windows editors leave
        length -= 3;
    }
    bool ok = true;
    for (size_t at = 0; at < length && ok;) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', length - at);
        size_t n = end ? (size_t)(end - line) : length - at;
        r.line++;
        ok = memchr(line, '\0', n) ? fail(&r, "the file has a zero byte") : take_line(&r, line, n);
        at += n + 1;
    }
    mem_free(r.key);
    return ok;
}

// "[profile default]" makes "[default]" of the config file void, as in the SDKs.
static void settle_default(struct aws_config *config)
{
    static const bool yes = true;
    static const bool no = false;
    struct profile *wins = find(config, INI_PROFILE, "default", &yes);
    struct profile *loses = find(config, INI_PROFILE, "default", &no);
    if (!wins || !loses)
        return;
    for (size_t i = 0; i < loses->count; i++) {
        const struct ini_value *v = &loses->values[i];
        const struct reader r = {.config = config, .credentials = true, .section = wins};
        if (v->from_credentials)
            store(&r, v->key, v->sub, v->text);
    }
    size_t at = 0;
    while (config->items[at] != loses)
        at++;
    struct profile **link = &config->buckets[loses->hash % INI_BUCKETS];
    while (*link != loses)
        link = &(*link)->same_bucket;
    *link = loses->same_bucket;
    ini_section_clear(loses);
    mem_free(loses);
    config->count--;
    memmove(config->items + at, config->items + at + 1,
            (config->count - at) * sizeof *config->items);
}

void ini_finish(struct aws_config *config)
{
    settle_default(config);
    config->profiles = mem_calloc(config->count + 1, sizeof(struct profile *));
    for (size_t i = 0; i < config->count; i++)
        if (config->items[i]->kind == INI_PROFILE)
            config->profiles[config->profile_count++] = config->items[i];
}
