// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "screens/database.h"
#include "screens/network.h"

const struct json *database_vpc(struct wizard *w)
{
    return network_answered(w, lookup_peek(w, CORE_NETWORKS, NULL).value);
}

static const struct json *instance_with(struct wizard *w, const char *member, const char *value)
{
    const struct json *all = lookup_peek(w, CORE_DATABASES, NULL).value;
    for (const struct json *d = json_first(all); d; d = json_next(d))
        if (value && str_eq(json_str(d, member), value))
            return d;
    return NULL;
}

const struct json *database_instance(struct wizard *w, const char *id)
{
    return instance_with(w, "id", id);
}

bool database_is_here(struct wizard *w, const struct json *instance)
{
    const struct json *vpc = database_vpc(w);
    return vpc && str_eq(json_str(vpc, "id"), json_str(instance, "vpc"));
}

// The address before the prefix, as a number.
static bool read_address(const char *text, uint32_t *out)
{
    char address[INET_ADDRSTRLEN];
    struct in_addr parsed;
    size_t n = strcspn(text, "/");
    if (n >= sizeof address)
        return false;
    memcpy(address, text, n);
    address[n] = '\0';
    if (inet_pton(AF_INET, address, &parsed) != 1)
        return false;
    *out = ntohl(parsed.s_addr);
    return true;
}

bool cidr_has(const char *cidr, const char *address)
{
    uint32_t net = 0, host = 0;
    const char *slash = cidr ? strchr(cidr, '/') : NULL;
    unsigned bits = 0;
    if (!slash || !address || !read_address(cidr, &net) || !read_address(address, &host))
        return true;
    for (const char *p = slash + 1; *p >= '0' && *p <= '9' && bits < 100; p++)
        bits = bits * 10 + (unsigned)(*p - '0');
    if (bits == 0 || bits > 32)
        return true;
    return (net ^ host) >> (32 - bits) == 0;
}

struct database_known database_known(struct wizard *w, const struct postgres_url *url)
{
    struct database_known k = {.instance = instance_with(w, "host", url->host),
                               .vpc = database_vpc(w)};
    bool placed = k.vpc || w->answers.network.new_vpc;
    k.elsewhere = k.instance && placed && !database_is_here(w, k.instance);
    const char *cidr = k.vpc                        ? json_str(k.vpc, "cidr")
                       : w->answers.network.new_vpc ? w->answers.network.cidr
                                                    : NULL;
    k.outside = url->place == POSTGRES_ADDRESS && cidr && !cidr_has(cidr, url->host);
    return k;
}

char *database_compose(const char *user, const char *password, const char *host, unsigned port,
                       const char *database)
{
    AUTO_FREE char *u = encode_uri(user, strlen(user), false);
    AUTO_FREE char *d = encode_uri(database, strlen(database), false);
    char *p = encode_uri(password, strlen(password), false);
    char *url = mem_printf("postgres://%s%s%s@%s:%u/%s", u, *p ? ":" : "", p, host, port, d);
    secret_free(p);
    return url;
}
