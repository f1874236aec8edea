// SPDX-License-Identifier: MIT
#include "backend/base/secret.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"

// The registry holds pointers to the live values themselves, never copies.
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static const char **registry;
static size_t registry_count;
static size_t registry_cap;

enum { SCRUB_MIN_BYTES = 6 }; // shorter values would blank half of every message

static void registry_add(const char *value)
{
    pthread_mutex_lock(&registry_lock);
    if (registry_count == registry_cap) {
        registry_cap = registry_cap ? registry_cap * 2 : 16;
        registry = mem_realloc(registry, registry_cap, sizeof *registry);
    }
    registry[registry_count++] = value;
    pthread_mutex_unlock(&registry_lock);
}

static void registry_remove(const char *value)
{
    pthread_mutex_lock(&registry_lock);
    for (size_t i = 0; i < registry_count; i++) {
        if (registry[i] != value)
            continue;
        registry[i] = registry[--registry_count];
        break;
    }
    if (registry_count == 0) {
        mem_free(registry);
        registry = NULL;
        registry_cap = 0;
    }
    pthread_mutex_unlock(&registry_lock);
}

void secret_wipe(void *bytes, size_t length)
{
    if (!bytes)
        return;
    volatile unsigned char *p = bytes;
    while (length--)
        *p++ = 0;
}

void secret_free(char *text)
{
    if (text)
        secret_wipe(text, strlen(text));
    mem_free(text);
}

bool secret_set(struct secret *s, const char *bytes, size_t length, struct err *err)
{
    if (length > SECRET_MAX_BYTES)
        return err_set(err, ERR_INPUT,
                       "a secret of %zu bytes is longer than the %d that can be stored", length,
                       SECRET_MAX_BYTES);
    if (length && memchr(bytes, '\0', length))
        return err_set(err, ERR_INPUT, "a secret must not contain a zero byte");
    char *copy = mem_alloc(length + 1);
    (void)mlock(copy, length + 1); // best effort: RLIMIT_MEMLOCK may be tiny
    if (length)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    secret_clear(s);
    s->data = copy;
    s->len = length;
    registry_add(copy);
    return true;
}

void secret_copy(struct secret *dst, const struct secret *src)
{
    if (secret_empty(src)) {
        secret_clear(dst);
        return;
    }
    secret_set(dst, src->data, src->len, NULL); // cannot fail: it was accepted once
}

void secret_clear(struct secret *s)
{
    if (!s || !s->data)
        return;
    registry_remove(s->data);
    secret_wipe(s->data, s->len);
    (void)munlock(s->data, s->len + 1);
    mem_free(s->data);
    *s = (struct secret){0};
}

bool secret_empty(const struct secret *s)
{
    return !s || !s->data || s->len == 0;
}

const char *secret_reveal(const struct secret *s)
{
    return s && s->data ? s->data : "";
}

static char *replace_all(char *text, const char *needle)
{
    size_t n = strlen(needle);
    if (n < SCRUB_MIN_BYTES || !strstr(text, needle))
        return text;
    struct str out;
    str_init(&out, strlen(text) + 1);
    const char *from = text;
    for (const char *hit = strstr(from, needle); hit; hit = strstr(from, needle)) {
        str_addn(&out, from, (size_t)(hit - from));
        str_add(&out, "***"); // never longer than what it replaces
        from = hit + n;
    }
    str_add(&out, from);
    secret_free(text);
    return str_take(&out);
}

static char *scrub_one(char *text, const char *value)
{
    text = replace_all(text, value);
    char *forms[] = {encode_uri(value, strlen(value), false), encode_json(value),
                     encode_base64(value, strlen(value))};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        text = replace_all(text, forms[i]);
        secret_free(forms[i]);
    }
    return text;
}

char *secret_scrub(const char *text)
{
    char *out = mem_strdup(text);
    pthread_mutex_lock(&registry_lock);
    for (size_t i = 0; i < registry_count; i++)
        out = scrub_one(out, registry[i]);
    pthread_mutex_unlock(&registry_lock);
    return out;
}

void secret_protect_process(void)
{
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__) && !defined(FOREST_TEST_DUMPABLE)
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    unsetenv("SSLKEYLOGFILE"); // libcurl would write the TLS keys there
}
