// SPDX-License-Identifier: MIT
// The two secrets, judged without asking anyone. A wrong paste is told by what it looks like; the
// value itself is never part of a message.
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/forest/forest.h"

enum {
    ENV_CHARS = 64,  // options-validator of @forestadmin/agent: /^[0-9a-f]{64}$/
    AUTH_CHARS = 48, // what Forest's own tools make: 24 random bytes
    AUTH_LEAST = 32,
    AUTH_LEAST_DISTINCT = 8,
    AWS_ID_CHARS = 20,
    UUID_CHARS = 36,
};

#define HEX_LOWER "0123456789abcdef"
#define HEX       HEX_LOWER "ABCDEF"
#define SPACES    " \t\r\n\v\f"
#define WHERE                                                                                      \
    "Forest: Settings > Environments > your environment > copy the secret. It has 64 characters, " \
    "all 0-9 a-f."

static bool all_of(const char *text, const char *set)
{
    return text[strspn(text, set)] == '\0';
}

// Characters as a person counts them.
static size_t count_chars(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

// ---- what a paste can be instead

// The places where a paste takes something along. NULL when there is none.
static const char *wrapped(const char *text)
{
    size_t n = strlen(text);
    if (strchr("\r\n", text[n - 1]))
        return "there is a line break at its end";
    if (strchr(SPACES, text[0]) || strchr(SPACES, text[n - 1]))
        return "there is white space around it";
    if (strchr("\"'`", text[0]) || strchr("\"'`", text[n - 1]))
        return "there are quotes around it";
    if (strncasecmp(text, "FOREST_", 7) == 0 || strncasecmp(text, "export ", 7) == 0)
        return "it begins with the name of a variable; only what is behind the = is the secret";
    return NULL;
}

// Dots, stars or bullets: what a page shows in place of a secret.
static bool is_mask(const char *text)
{
    static const char *const dots[] = {"*", "\xE2\x80\xA2", "\xE2\x97\x8F", "\xC2\xB7", "."};
    for (size_t i = 0; i < ARRAY_LEN(dots); i++) {
        const char *p = text;
        while (str_starts(p, dots[i]))
            p += strlen(dots[i]);
        if (*p == '\0')
            return true;
    }
    return false;
}

static bool is_token(const char *text)
{
    const char *dot = strchr(text, '.');
    return str_starts(text, "eyJ") && dot && strchr(dot + 1, '.');
}

static bool is_uuid(const char *text)
{
    return strlen(text) == UUID_CHARS && all_of(text, HEX "-") && text[8] == '-' &&
           text[13] == '-' && text[18] == '-' && text[23] == '-';
}

static const char *other_thing(const char *text)
{
    if (is_mask(text))
        return "these are the dots that hide a secret, not the secret";
    if (strncasecmp(text, "postgres", 8) == 0 && strstr(text, "://"))
        return "this looks like a database URL";
    if (strstr(text, "://"))
        return "this looks like a URL";
    if (is_token(text))
        return "this looks like a login token (JWT)";
    if (strlen(text) == AWS_ID_CHARS && (str_starts(text, "AKIA") || str_starts(text, "ASIA")))
        return "this looks like an AWS access key";
    return NULL;
}

static bool has_invisible(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < ' ' || *p >= 0x7F)
            return true;
    return false;
}

// ---- the environment secret

static const char *hex_trouble(const char *text, size_t chars)
{
    if (chars == AUTH_CHARS && all_of(text, HEX))
        return "this looks like an auth secret";
    if (chars == (size_t)2 * ENV_CHARS && memcmp(text, text + ENV_CHARS, ENV_CHARS) == 0)
        return "the secret is in it twice";
    if (chars == ENV_CHARS && all_of(text, HEX))
        return "some are capital letters";
    if (chars < ENV_CHARS && all_of(text, HEX))
        return "a part is missing";
    if (chars > ENV_CHARS && all_of(text, HEX))
        return "there are too many";
    if (chars == ENV_CHARS)
        return "some are not 0-9 a-f";
    return "this is something else";
}

static const char *env_trouble(const char *text, size_t chars)
{
    const char *why = wrapped(text);
    if (!why)
        why = other_thing(text);
    if (!why && is_uuid(text))
        why = "this looks like an id (UUID)";
    if (!why && strpbrk(text, SPACES))
        why = "there is white space in it";
    if (!why && has_invisible(text))
        why = "some cannot be seen or are not plain letters";
    return why ? why : hex_trouble(text, chars);
}

bool forest_env_secret_check(const struct secret *secret, struct err *err)
{
    if (secret_empty(secret)) {
        err_set(err, ERR_INPUT, "the environment secret is empty");
        err_code(err, "env-secret-missing");
        return err_remedy(err, WHERE);
    }
    const char *text = secret_reveal(secret);
    size_t chars = count_chars(text);
    if (strlen(text) == ENV_CHARS && all_of(text, HEX_LOWER))
        return true;
    err_set(err, ERR_INPUT, "%zu character%s: %s. The environment secret has 64, all 0-9 a-f.",
            chars, chars == 1 ? "" : "s", env_trouble(text, chars));
    err_code(err, "env-secret-invalid");
    return err_remedy(err, WHERE);
}

// ---- the auth secret

static size_t count_distinct(const char *text)
{
    bool seen[256] = {false};
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        n += !seen[*p];
        seen[*p] = true;
    }
    return n;
}

static const char *auth_trouble(const char *text, size_t chars)
{
    const char *why = wrapped(text);
    if (!why)
        why = other_thing(text);
    if (why)
        return why;
    if (chars < AUTH_LEAST)
        return "too few";
    return count_distinct(text) < AUTH_LEAST_DISTINCT ? "too much of the same" : NULL;
}

bool forest_auth_secret_check(const struct secret *secret, struct err *err)
{
    if (secret_empty(secret)) {
        err_set(err, ERR_INPUT, "the auth secret is empty");
        err_code(err, "auth-secret-missing");
        return err_remedy(err, "Let forest-setup make one, or paste the one of Forest's setup.");
    }
    const char *text = secret_reveal(secret);
    size_t chars = count_chars(text);
    const char *why = auth_trouble(text, chars);
    if (!why)
        return true;
    err_set(err, ERR_INPUT, "%zu character%s: %s. The auth secret is a random text of 32 or more.",
            chars, chars == 1 ? "" : "s", why);
    err_code(err, "auth-secret-invalid");
    return err_remedy(err, "Let forest-setup make one, or paste the one of Forest's setup.");
}
