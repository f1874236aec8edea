// SPDX-License-Identifier: MIT
// Credentials of the container this runs in: ECS, EKS Pod Identity, CloudShell (facts 9.8).
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/credentials/ask.h"

#define ECS_HOST "http://169.254.170.2"

enum { ASK_MS = 2000, ATTEMPTS = 3, PAUSE_MS = 1000 };

static char *address(void)
{
    const char *relative = chain_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = chain_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    return relative ? mem_printf(ECS_HOST "%s", relative) : full ? mem_strdup(full) : NULL;
}

// The file wins and is read each time: EKS replaces it.
static bool authorization(struct secret *out, struct err *err)
{
    const char *file = chain_env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *text = chain_env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (file)
        return credentials_read_token(file, out, err);
    if (text && strpbrk(text, "\r\n"))
        return err_set(err, ERR_AUTH, "AWS_CONTAINER_AUTHORIZATION_TOKEN has line ends in it");
    return !text || secret_set(out, text, strlen(text), err);
}

static bool may_pass(const struct told *told)
{
    return told->status == 429 || told->status >= 500;
}

static bool container_applies(const struct chain *chain)
{
    (void)chain;
    return chain_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
           chain_env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

static bool container_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    AUTO_FREE char *url = address();
    SECRET_AUTO token = {0};
    if (!url)
        return err_set(err, ERR_AUTH, "this does not run in a container that gives credentials");
    if (!authorization(&token, err))
        return false;
    struct ask question = {.method = "GET", .url = url, .total_ms = ASK_MS, .metadata = true};
    if (!secret_empty(&token)) {
        question.header[0][0] = "Authorization";
        question.header[0][1] = secret_reveal(&token);
    }
    for (int attempt = 1;; attempt++) {
        TOLD_AUTO told = {0};
        ERR_AUTO e = {0};
        bool ok = ask(chain->options, &question, &told, &e);
        if (ok && told.status == 200)
            return credentials_of_json(told.json, "Token", "container",
                                       "the container's credential service", out, err);
        bool again = ok ? may_pass(&told) : e.kind == ERR_NET;
        if (!again || attempt == ATTEMPTS) {
            if (ok)
                err_set(&e, ERR_AUTH, "the container's credential service answers with status %d",
                        told.status);
            if (e.kind == ERR_INPUT) // the address itself will not do
                err_wrap(&e, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
            err_move(err, &e);
            return false;
        }
        if (!cancel_sleep(chain->options->cancel, PAUSE_MS))
            return err_set(err, ERR_CANCELLED, "cancelled");
    }
}

const struct provider container_provider = {"container", container_applies, NULL, container_fetch};
