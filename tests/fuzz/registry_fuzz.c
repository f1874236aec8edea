// SPDX-License-Identifier: MIT
// Claim: no answer of a registry makes its readers crash or read behind its end: the challenge of a
// 401, an index, a manifest, a Location. What they accept is complete: digests are digests, sizes
// are not negative, an address is one; what they refuse has a reason.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/image/challenge.h"
#include "backend/image/digest.h"
#include "backend/image/index.h"
#include "backend/net/http.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void challenge(const char *text)
{
    struct challenge c = {0};
    if (challenge_parse(text, &c))
        must(c.realm && strlen(c.realm) <= 4096);
    else
        must(!c.realm && !c.service && !c.scope);
    challenge_clear(&c);
}

static void location(const char *text)
{
    static const char base[] = "https://registry.example:5000/v2/x/blobs/uploads/?a=b";
    AUTO_FREE char *url = registry_resolve(base, text);
    must(!url || strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0);
    // An absolute path stays with the registry, whatever is in it; what is no URL is sent nowhere.
    struct http_url parsed = {0};
    ERR_AUTO err = {0};
    if (text[0] == '/' && text[1] != '/' && http_url_parse(url, &parsed, &err))
        must(registry_same_origin(base, url));
    http_url_clear(&parsed);
}

static void index_of(const struct str *body)
{
    static const enum cpu_arch ARCHES[] = {ARCH_X86_64, ARCH_ARM64};
    for (size_t i = 0; i < ARRAY_LEN(ARCHES); i++) {
        ERR_AUTO err = {0};
        AUTO_FREE char *digest = index_choose(body, ARCHES[i], &err);
        must(digest ? digest_valid(digest) : err.kind != ERR_NONE && err.message);
    }
}

static void manifest(const char *type, const struct str *body)
{
    AUTO_FREE char *owned = mem_strdup(type);
    const struct registry_manifest m = {.type = owned, .body = *body};
    struct image_parts parts = {0};
    ERR_AUTO err = {0};
    if (index_read_manifest(&m, &parts, &err)) {
        must(digest_valid(parts.config.digest) && parts.config.size >= 0);
        for (size_t i = 0; i < parts.layer_count; i++)
            must(digest_valid(parts.layers[i].digest) && parts.layers[i].size >= 0);
    } else {
        must(err.kind != ERR_NONE && err.message);
    }
    image_parts_clear(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    STR_AUTO body;
    str_init(&body, size + 1);
    str_addn(&body, (const char *)data, size);
    challenge(text);
    location(text);
    index_of(&body);
    manifest("application/vnd.oci.image.manifest.v1+json", &body);
    manifest("application/vnd.docker.distribution.manifest.v2+json", &body);
    return 0;
}
