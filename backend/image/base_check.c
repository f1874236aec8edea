// SPDX-License-Identifier: MIT
// Is the base image there, for our architecture? Asked by the plan, before anything is made.
#include "backend/image/image.h"

#include "backend/base/mem.h"
#include "backend/image/base.h"
#include "backend/image/reference.h"
#include "backend/image/registry.h"

enum { TRIES = 2 }; // a plan is looked at by somebody; the copy itself tries longer

static void judge(const char *base_image, struct err *err)
{
    if (err_is(err, "MANIFEST_UNKNOWN") || err_is(err, "NAME_UNKNOWN")) {
        err_set(err, ERR_INPUT, "there is no image %s", base_image);
        err_remedy(err, "Correct backend.base_image: registry/repository:tag.");
    } else if (err->kind == ERR_NOT_FOUND) { // nothing for this architecture: says so itself
        err->kind = ERR_INPUT;
    } else if (err->kind == ERR_NET && !err->remedy) {
        err_remedy(err, "Its registry must be reachable from here: correct backend.base_image, or "
                        "look at the network and HTTPS_PROXY.");
    }
}

bool image_base_check(struct http_client *http, const char *base_image, enum cpu_arch arch,
                      struct cancel *cancel, struct err *err)
{
    REFERENCE_AUTO reference = {0};
    if (!reference_parse(base_image, &reference, err))
        return err_wrap(err, "base image");
    struct registry registry;
    registry_init(&registry, http, reference.url, reference.repository, NULL, cancel);
    registry.tries = TRIES;
    struct base_image base = {0};
    ERR_AUTO e = {0};
    bool ok = base_resolve(&registry, reference_version(&reference), arch, &base, &e);
    base_image_clear(&base);
    registry_clear(&registry);
    if (ok)
        return true;
    judge(base_image, &e);
    err_move(err, &e);
    return false;
}
