// SPDX-License-Identifier: MIT
#include "backend/image/reference.h"

#include <ctype.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/image/digest.h"
#include "backend/net/http.h"

static const char lower_alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789";

bool reference_tag_valid(const char *tag)
{
    size_t length = strlen(tag);
    if (length == 0 || length > 128 || tag[0] == '.' || tag[0] == '-')
        return false;
    for (const char *p = tag; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
            return false;
    return true;
}

// One word of a path: alphanumerics with separators '.', '_', '__' or dashes between them.
static bool word_valid(const char *p, const char *end)
{
    while (p < end) {
        size_t n = strspn(p, lower_alnum);
        if (n == 0)
            return false;
        p += n;
        if (p >= end)
            return p == end;
        if (*p == '.')
            p++;
        else if (*p == '_')
            p += p[1] == '_' ? 2 : 1;
        else if (*p == '-')
            p += strspn(p, "-");
        else
            return false;
    }
    return false;
}

bool reference_repository_valid(const char *repository)
{
    if (strlen(repository) > 255)
        return false;
    const char *p = repository;
    for (;;) {
        const char *slash = strchr(p, '/');
        if (!word_valid(p, slash ? slash : p + strlen(p)))
            return false;
        if (!slash)
            return true;
        p = slash + 1;
    }
}

// Is the part before the first slash a registry?
static bool names_registry(const char *text, size_t length)
{
    return memchr(text, '.', length) || memchr(text, ':', length) ||
           (length == 9 && strncmp(text, "localhost", 9) == 0);
}

static bool registry_valid(const char *registry)
{
    size_t host =
        strspn(registry, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
    if (registry[0] == '[') // an IPv6 address
        host = strcspn(registry, "]") + (strchr(registry, ']') ? 1 : 0);
    if (host == 0)
        return false;
    if (registry[host] == '\0')
        return true;
    const char *port = registry + host + 1;
    size_t digits = strspn(port, "0123456789");
    return registry[host] == ':' && digits > 0 && digits <= 5 && port[digits] == '\0';
}

// Plain http only where it cannot be overheard; the HTTP client holds us to the same rule.
static char *url_of(const char *registry)
{
    if (strcmp(registry, "docker.io") == 0 || strcmp(registry, "index.docker.io") == 0)
        return mem_strdup("https://registry-1.docker.io");
    AUTO_FREE char *host = mem_strdup(registry);
    char *colon = strrchr(host, ':');
    if (colon && !strchr(colon, ']'))
        *colon = '\0';
    return mem_printf("%s://%s", http_host_is_loopback(host) ? "http" : "https", registry);
}

// Cuts ":tag" and "@digest" off the end of `rest`, which becomes the bare path.
static bool cut_version(char *rest, struct reference *out, const char *text, struct err *err)
{
    char *at = strchr(rest, '@');
    if (at) {
        *at = '\0';
        if (!digest_valid(at + 1))
            return err_set(err, ERR_INPUT, "\"%s\": after @ must stand sha256: and 64 hex digits",
                           text);
        out->digest = mem_strdup(at + 1);
    }
    char *colon = strrchr(rest, ':');
    if (colon) {
        *colon = '\0';
        if (!reference_tag_valid(colon + 1))
            return err_set(err, ERR_INPUT, "\"%s\": \"%s\" is not a tag", text, colon + 1);
        out->tag = mem_strdup(colon + 1);
    } else if (!at) {
        out->tag = mem_strdup("latest");
    }
    return true;
}

bool reference_parse(const char *text, struct reference *out, struct err *err)
{
    if (str_empty(text))
        return err_set(err, ERR_INPUT, "the name of the image is empty");
    const char *slash = strchr(text, '/');
    AUTO_FREE char *rest = NULL;
    if (slash && names_registry(text, (size_t)(slash - text))) {
        out->registry = mem_strndup(text, (size_t)(slash - text));
        rest = mem_strdup(slash + 1);
    } else {
        out->registry = mem_strdup("docker.io");
        rest = mem_strdup(text);
    }
    if (!registry_valid(out->registry))
        return err_set(err, ERR_INPUT, "\"%s\": \"%s\" is not a registry", text, out->registry);
    if (!cut_version(rest, out, text, err))
        return false;
    bool hub =
        strcmp(out->registry, "docker.io") == 0 || strcmp(out->registry, "index.docker.io") == 0;
    out->repository = hub && !strchr(rest, '/') ? mem_printf("library/%s", rest) : mem_strdup(rest);
    if (!reference_repository_valid(out->repository)) {
        err_set(err, ERR_INPUT, "\"%s\": \"%s\" is not the name of a repository", text, rest);
        return err_remedy(err, "write it as registry/repository:tag, in lower case");
    }
    out->url = url_of(out->registry);
    return true;
}

void reference_clear(struct reference *ref)
{
    mem_free(ref->registry);
    mem_free(ref->url);
    mem_free(ref->repository);
    mem_free(ref->tag);
    mem_free(ref->digest);
    *ref = (struct reference){0};
}

const char *reference_version(const struct reference *ref)
{
    return ref->digest ? ref->digest : ref->tag;
}
