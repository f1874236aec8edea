// SPDX-License-Identifier: MIT
#include "backend/aws/sigv4.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/clock.h"
#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/codec/hash.h"

enum { CANONICAL_MAX_BYTES = 1024 * 1024 };

static const char algorithm[] = "AWS4-HMAC-SHA256";

void sigv4_date(int64_t wall_ms, char out[SIGV4_DATE_CHARS + 1])
{
    struct tm t;
    clock_utc((time_t)(wall_ms / 1000), &t);
    AUTO_FREE char *text = mem_printf("%04d%02d%02dT%02d%02d%02dZ", t.tm_year + 1900, t.tm_mon + 1,
                                      t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
    memcpy(out, text, SIGV4_DATE_CHARS);
    out[SIGV4_DATE_CHARS] = '\0';
}

// "/a//b/../c/" -> "/a/c/": AWS resolves dot segments and drops empty ones before it signs.
static void resolve_segments(const char *path, struct str *out)
{
    size_t length = strlen(path);
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        bool up = n == 2 && memcmp(p, "..", 2) == 0;
        bool here = n == 0 || (n == 1 && *p == '.');
        if (up) {
            while (out->len && out->data[out->len - 1] != '/')
                out->len--;
            out->len -= out->len > 0;
            out->data[out->len] = '\0';
        } else if (!here) {
            str_addc(out, '/');
            str_addn(out, p, n);
        }
        p += n + (p[n] == '/');
    }
    if (out->len == 0 || (length && path[length - 1] == '/'))
        str_addc(out, '/');
}

char *sigv4_canonical_path(const char *path)
{
    STR_AUTO plain;
    str_init(&plain, CANONICAL_MAX_BYTES);
    resolve_segments(path, &plain);
    return encode_uri(plain.data, plain.len, true);
}

struct pair {
    char *key;
    char *value;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : strcmp(x->value, y->value);
}

// "%2b" and ":" mean the same to the server as "%2B" and "%3A", and it signs the latter.
static char *encode_once(const char *text, size_t length)
{
    AUTO_FREE char *plain = decode_uri(text, length);
    return plain ? encode_uri(plain, strlen(plain), false) : mem_strndup(text, length);
}

static size_t split_query(const char *query, struct pair **out)
{
    size_t count = 0;
    for (const char *p = query; *p;) {
        size_t length = strcspn(p, "&");
        const char *equals = memchr(p, '=', length);
        size_t key_length = equals ? (size_t)(equals - p) : length;
        if (length) {
            *out = mem_realloc(*out, count + 1, sizeof **out);
            (*out)[count].key = encode_once(p, key_length);
            (*out)[count].value =
                equals ? encode_once(equals + 1, length - key_length - 1) : mem_strdup("");
            count++;
        }
        p += length + (p[length] == '&');
    }
    return count;
}

char *sigv4_canonical_query(const char *query)
{
    struct pair *pairs = NULL;
    size_t count = query ? split_query(query, &pairs) : 0;
    if (count)
        qsort(pairs, count, sizeof *pairs, compare_pairs);
    struct str out;
    str_init(&out, CANONICAL_MAX_BYTES);
    for (size_t i = 0; i < count; i++) {
        str_addf(&out, "%s%s=%s", i ? "&" : "", pairs[i].key, pairs[i].value);
        mem_free(pairs[i].key);
        mem_free(pairs[i].value);
    }
    mem_free(pairs);
    return str_take(&out);
}

static bool is_signed(const char *name)
{
    return strcasecmp(name, "host") == 0 || strcasecmp(name, "content-type") == 0 ||
           strncasecmp(name, "x-amz-", 6) == 0;
}

static char *lower(const char *text)
{
    char *out = mem_strdup(text);
    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return out;
}

static int compare_texts(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;
    return strcmp(*x, *y);
}

// The signed names: lower case, sorted, each once. The caller frees them one by one.
static size_t signed_names(const struct http_headers *headers, char ***out)
{
    size_t count = 0;
    *out = mem_calloc(headers->count + 1, sizeof **out);
    for (size_t i = 0; i < headers->count; i++)
        if (is_signed(headers->items[i].name))
            (*out)[count++] = lower(headers->items[i].name);
    qsort(*out, count, sizeof **out, compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept && str_eq((*out)[kept - 1], (*out)[i]))
            mem_free((*out)[i]);
        else
            (*out)[kept++] = (*out)[i];
    }
    return kept;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free(names[i]);
    mem_free(names);
}

char *sigv4_signed_headers(const struct http_headers *headers)
{
    char **names = NULL;
    size_t count = signed_names(headers, &names);
    struct str out;
    str_init(&out, CANONICAL_MAX_BYTES);
    for (size_t i = 0; i < count; i++)
        str_addf(&out, "%s%s", i ? ";" : "", names[i]);
    free_names(names, count);
    return str_take(&out);
}

// Trimmed, runs of blanks folded to one space.
static void add_value(struct str *out, const char *value)
{
    bool first = true;
    for (const char *p = value; *p;) {
        p += strspn(p, " \t");
        size_t n = strcspn(p, " \t");
        if (n && !first)
            str_addc(out, ' ');
        str_addn(out, p, n);
        first = first && n == 0;
        p += n;
    }
}

static void add_header(struct str *out, const struct http_headers *headers, const char *name)
{
    bool first = true;
    str_addf(out, "%s:", name);
    for (size_t i = 0; i < headers->count; i++) {
        if (strcasecmp(headers->items[i].name, name) != 0)
            continue;
        if (!first)
            str_addc(out, ',');
        add_value(out, headers->items[i].value);
        first = false;
    }
    str_addc(out, '\n');
}

char *sigv4_canonical_request(const struct sigv4_request *request)
{
    AUTO_FREE char *path = sigv4_canonical_path(request->path);
    AUTO_FREE char *query = sigv4_canonical_query(request->query);
    AUTO_FREE char *names_joined = sigv4_signed_headers(request->headers);
    AUTO_FREE char *hash = sha256_hex(request->body, request->body_length);
    char **names = NULL;
    size_t count = signed_names(request->headers, &names);
    struct str out;
    str_init(&out, CANONICAL_MAX_BYTES);
    str_addf(&out, "%s\n%s\n%s\n", request->method, path, query);
    for (size_t i = 0; i < count; i++)
        add_header(&out, request->headers, names[i]);
    str_addf(&out, "\n%s\n%s", names_joined, hash);
    free_names(names, count);
    return str_take(&out);
}

static char *scope_text(const struct sigv4_scope *scope)
{
    return mem_printf("%.8s/%s/%s/aws4_request", scope->date, scope->region, scope->service);
}

char *sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical_request)
{
    AUTO_FREE char *hash = sha256_hex(canonical_request, strlen(canonical_request));
    AUTO_FREE char *text = scope_text(scope);
    return mem_printf("%s\n%s\n%s\n%s", algorithm, scope->date, text, hash);
}

void sigv4_signing_key(const struct secret *secret_access_key, const struct sigv4_scope *scope,
                       unsigned char out[SIGV4_KEY_BYTES])
{
    const char *secret = secret_reveal(secret_access_key);
    size_t length = strlen(secret);
    char *first = mem_alloc(length + 4);
    memcpy(first, "AWS4", 4);
    memcpy(first + 4, secret, length);
    unsigned char day[SIGV4_KEY_BYTES];
    unsigned char region[SIGV4_KEY_BYTES];
    unsigned char service[SIGV4_KEY_BYTES];
    hmac_sha256(first, length + 4, scope->date, 8, day);
    hmac_sha256(day, sizeof day, scope->region, strlen(scope->region), region);
    hmac_sha256(region, sizeof region, scope->service, strlen(scope->service), service);
    hmac_sha256(service, sizeof service, "aws4_request", 12, out);
    secret_wipe(first, length + 4);
    secret_wipe(day, sizeof day);
    secret_wipe(region, sizeof region);
    secret_wipe(service, sizeof service);
    mem_free(first);
}

char *sigv4_signature(const unsigned char key[SIGV4_KEY_BYTES], const char *string_to_sign)
{
    unsigned char mac[SIGV4_KEY_BYTES];
    hmac_sha256(key, SIGV4_KEY_BYTES, string_to_sign, strlen(string_to_sign), mac);
    return encode_hex(mac, sizeof mac);
}

char *sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
                          const char *access_key_id, const struct secret *secret_access_key)
{
    unsigned char key[SIGV4_KEY_BYTES];
    char *canonical = sigv4_canonical_request(request); // holds the session token
    AUTO_FREE char *to_sign = sigv4_string_to_sign(scope, canonical);
    secret_free(canonical);
    sigv4_signing_key(secret_access_key, scope, key);
    AUTO_FREE char *signature = sigv4_signature(key, to_sign);
    secret_wipe(key, sizeof key);
    AUTO_FREE char *names = sigv4_signed_headers(request->headers);
    AUTO_FREE char *text = scope_text(scope);
    return mem_printf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", algorithm,
                      access_key_id, text, names, signature);
}

void sigv4_sign(const struct sigv4_request *request, const struct sigv4_scope *scope,
                const char *access_key_id, const struct secret *secret_access_key,
                const struct secret *token)
{
    http_headers_add(request->headers, "X-Amz-Date", scope->date);
    if (!secret_empty(token))
        http_headers_add(request->headers, "X-Amz-Security-Token", secret_reveal(token));
    AUTO_FREE char *authorization =
        sigv4_authorization(request, scope, access_key_id, secret_access_key);
    http_headers_add(request->headers, "Authorization", authorization);
}
