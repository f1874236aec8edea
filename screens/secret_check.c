// SPDX-License-Identifier: MIT
#include "screens/secret_check.h"

#include <stdio.h>
#include <string.h>

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_upper_hex(char c)
{
    return c >= 'A' && c <= 'F';
}

// Characters, not bytes: what people count.
static size_t chars(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static size_t hex_prefix(const char *text)
{
    size_t n = 0;
    while (is_hex(text[n]))
        n++;
    return n;
}

static void say(struct secret_verdict *out, enum view_state state, const char *remedy)
{
    out->state = state;
    out->remedy = remedy;
}

// What a text that is no environment secret looks like instead, told from its form alone.
static const char *looks_like(const char *text, size_t n)
{
    if (strncmp(text, "postgres", 8) == 0)
        return "this looks like a database URL";
    if (strncmp(text, "AKIA", 4) == 0 || strncmp(text, "ASIA", 4) == 0)
        return "this looks like an AWS access key id";
    if (strncmp(text, "eyJ", 3) == 0)
        return "this looks like a token of a Forest login";
    if (strncmp(text, "http", 4) == 0)
        return "this looks like an address";
    return n == 48 && hex_prefix(text) == n ? "this looks like an auth secret" : NULL;
}

static const char where_env[] = "The environment secret has 64, all 0-9 a-f.";

void env_secret_check(const char *text, struct secret_verdict *out)
{
    *out = (struct secret_verdict){0};
    size_t n = chars(text), good = hex_prefix(text);
    const char *other = looks_like(text, n);
    if (n == 0)
        return;
    if (n == ENV_SECRET_CHARS && good == n) {
        snprintf(out->text, sizeof out->text, "it has the form of an environment secret");
        say(out, VIEW_GOOD, NULL);
    } else if (other) {
        snprintf(out->text, sizeof out->text, "%zu characters: %s.", n, other);
        say(out, VIEW_BAD, where_env);
    } else if (good == ENV_SECRET_CHARS) {
        snprintf(out->text, sizeof out->text, "%zu characters: %zu too many at the end.", n,
                 n - good);
        say(out, VIEW_BAD, where_env);
    } else if (is_upper_hex(text[good])) {
        snprintf(out->text, sizeof out->text, "character %zu is a capital letter.", good + 1);
        say(out, VIEW_BAD, "Copy it from Forest as it stands there: all 0-9 a-f.");
    } else if (text[good]) {
        snprintf(out->text, sizeof out->text, "character %zu is not one of 0-9 a-f.", good + 1);
        say(out, VIEW_BAD, where_env);
    } else if (n > ENV_SECRET_CHARS) {
        snprintf(out->text, sizeof out->text, "%zu characters: %zu too many.", n,
                 n - ENV_SECRET_CHARS);
        say(out, VIEW_BAD, where_env);
    } else {
        snprintf(out->text, sizeof out->text, "%zu of %d characters", n, ENV_SECRET_CHARS);
        say(out, VIEW_QUIET, NULL);
    }
}

void auth_secret_check(const char *text, const char *env_secret, struct secret_verdict *out)
{
    *out = (struct secret_verdict){0};
    size_t n = chars(text);
    if (n == 0)
        return;
    if (*env_secret && strcmp(text, env_secret) == 0) {
        snprintf(out->text, sizeof out->text, "this is the environment secret again.");
        say(out, VIEW_BAD, "Forest shows two secrets; this field wants FOREST_AUTH_SECRET.");
    } else if (n < AUTH_SECRET_MIN) {
        snprintf(out->text, sizeof out->text, "%zu of at least %d characters", n, AUTH_SECRET_MIN);
        say(out, VIEW_QUIET, NULL);
    } else if (looks_like(text, 0)) {
        snprintf(out->text, sizeof out->text, "%zu characters: %s.", n, looks_like(text, 0));
        say(out, VIEW_BAD, "This field wants FOREST_AUTH_SECRET from Forest's setup.");
    } else {
        snprintf(out->text, sizeof out->text, "long enough to sign sessions");
        say(out, VIEW_GOOD, NULL);
    }
}

// A name as shells have it, followed by '='; the bytes to skip, 0 when there is none.
static size_t assignment(const char *text)
{
    size_t n = strncmp(text, "export ", 7) == 0 ? 7 : 0, start = n;
    while ((text[n] >= 'A' && text[n] <= 'Z') || text[n] == '_')
        n++;
    return n > start && text[n] == '=' ? n + 1 : 0;
}

const char *secret_core(const char *text, size_t *out_length)
{
    text += assignment(text);
    size_t n = strlen(text);
    bool quoted = n >= 2 && (*text == '"' || *text == '\'') && text[n - 1] == *text;
    *out_length = quoted ? n - 2 : n;
    return text + quoted;
}
