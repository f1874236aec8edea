// SPDX-License-Identifier: MIT
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/net/http.h"

enum { URL_MAX_BYTES = 16 * 1024 };

// Strict dotted quad: "127.1" and "0x7f.1" mean loopback to some resolvers and not to others.
static bool dotted_quad_loopback(const char *host)
{
    unsigned parts[4];
    const char *p = host;
    for (int i = 0; i < 4; i++) {
        if (*p < '0' || *p > '9' || (*p == '0' && p[1] >= '0' && p[1] <= '9'))
            return false;
        unsigned value = 0;
        for (; *p >= '0' && *p <= '9'; p++) {
            value = value * 10 + (unsigned)(*p - '0');
            if (value > 255)
                return false;
        }
        parts[i] = value;
        if (*p != (i < 3 ? '.' : '\0'))
            return false;
        p++;
    }
    return parts[0] == 127;
}

bool http_host_is_loopback(const char *host)
{
    size_t n = host ? strlen(host) : 0;
    if (n == 0)
        return false;
    static const char name[] = "localhost";
    size_t m = sizeof name - 1;
    if (n >= m && strcasecmp(host + n - m, name) == 0 && (n == m || host[n - m - 1] == '.'))
        return true;
    return strcmp(host, "::1") == 0 || strcmp(host, "[::1]") == 0 || dotted_quad_loopback(host);
}

static bool bad_url(struct http_url *out, struct err *err, const char *why)
{
    http_url_clear(out);
    // The URL itself may carry a password: only the reason is told.
    return err_set(err, ERR_INPUT, "not a usable URL: %s", why);
}

static bool parse_port(const char *text, size_t length, long *out)
{
    long port = 0;
    if (length == 0 || length > 5)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (text[i] - '0');
    }
    *out = port;
    return port >= 1 && port <= 65535;
}

static bool host_chars_ok(const char *host, bool bracketed)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    return *host && strspn(host, bracketed ? "0123456789abcdefABCDEF:." : letters) == strlen(host);
}

// host[:port] or [v6][:port]
static const char *parse_authority(const char *text, size_t length, struct http_url *out)
{
    if (memchr(text, '@', length))
        return "user names and passwords do not belong into it";
    const char *end = text + length;
    bool bracketed = length && *text == '[';
    const char *host_end = memchr(text, bracketed ? ']' : ':', length);
    if (bracketed && !host_end)
        return "the bracket of its IPv6 address does not close";
    if (!host_end)
        host_end = end;
    const char *host = bracketed ? text + 1 : text;
    out->host = mem_strndup(host, (size_t)(host_end - host));
    if (!host_chars_ok(out->host, bracketed))
        return "its host name is empty or has characters that host names do not have";
    const char *rest = bracketed ? host_end + 1 : host_end;
    if (rest == end)
        return NULL;
    if (*rest != ':' || !parse_port(rest + 1, (size_t)(end - rest - 1), &out->port))
        return "its port is not a number from 1 to 65535";
    return NULL;
}

bool http_url_parse(const char *url, struct http_url *out, struct err *err)
{
    *out = (struct http_url){0};
    if (!url || strlen(url) > URL_MAX_BYTES)
        return bad_url(out, err, url ? "it is too long" : "it is empty");
    for (const unsigned char *p = (const unsigned char *)url; *p; p++)
        if (*p <= ' ' || *p >= 0x7F || *p == '\\')
            return bad_url(out, err, "it has spaces, control or non-ASCII characters");
    bool secure = strncasecmp(url, "https://", 8) == 0;
    if (!secure && strncasecmp(url, "http://", 7) != 0)
        return bad_url(out, err, "it does not start with https://");
    if (strchr(url, '#'))
        return bad_url(out, err, "it has a fragment (#)");
    out->scheme = mem_strdup(secure ? "https" : "http");
    const char *authority = url + (secure ? 8 : 7);
    size_t length = strcspn(authority, "/?");
    const char *why = parse_authority(authority, length, out);
    if (why)
        return bad_url(out, err, why);
    const char *path = authority + length;
    size_t path_length = strcspn(path, "?");
    out->path = path_length ? mem_strndup(path, path_length) : mem_strdup("/");
    if (path[path_length] == '?')
        out->query = mem_strdup(path + path_length + 1);
    return true;
}

char *http_url_host_header(const struct http_url *url)
{
    bool v6 = strchr(url->host, ':') != NULL;
    long usual = strcmp(url->scheme, "https") == 0 ? 443 : 80;
    const char *open = v6 ? "[" : "";
    const char *shut = v6 ? "]" : "";
    if (url->port == 0 || url->port == usual)
        return mem_printf("%s%s%s", open, url->host, shut);
    return mem_printf("%s%s%s:%ld", open, url->host, shut, url->port);
}

void http_url_clear(struct http_url *url)
{
    if (!url)
        return;
    mem_free(url->scheme);
    mem_free(url->host);
    mem_free(url->path);
    mem_free(url->query);
    *url = (struct http_url){0};
}
