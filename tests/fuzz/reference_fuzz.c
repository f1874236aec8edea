// SPDX-License-Identifier: MIT
// Claim: no name of an image makes the reader crash or read behind its end; what it accepts is
// complete and, written out in full, is read as the same; what it refuses has a reason.
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/image/reference.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void same_again(const struct reference *r)
{
    AUTO_FREE char *full =
        mem_printf("%s/%s%s%s%s%s", r->registry, r->repository, r->tag ? ":" : "",
                   r->tag ? r->tag : "", r->digest ? "@" : "", r->digest ? r->digest : "");
    REFERENCE_AUTO again = {0};
    must(reference_parse(full, &again, NULL));
    must(str_eq(again.registry, r->registry) && str_eq(again.url, r->url) &&
         str_eq(again.repository, r->repository) && str_eq(again.tag, r->tag) &&
         str_eq(again.digest, r->digest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    REFERENCE_AUTO r = {0};
    ERR_AUTO err = {0};
    if (reference_parse(text, &r, &err)) {
        must(r.registry && r.url && reference_repository_valid(r.repository));
        must(!r.tag || reference_tag_valid(r.tag));
        must(!str_empty(reference_version(&r)));
        same_again(&r);
    } else {
        must(err.kind == ERR_INPUT && err.message);
    }
    return 0;
}
