// SPDX-License-Identifier: MIT
#include "tests/unit/forest/stand_in.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

// Written before the answer leaves and read after it arrived: the socket orders the two.
static void serve(struct server_connection *c, void *context)
{
    struct stand_in *s = context;
    struct server_request r;
    while (server_read(c, &r)) {
        str_replace(&s->method, r.method);
        str_replace(&s->target, r.target);
        str_replace(&s->head, r.head);
        str_replace(&s->asked_body, r.body);
        server_request_clear(&r);
        if (s->status == 0)
            return;
        if (s->status < 0)
            server_hang(c);
        else
            server_reply(c, s->status, s->headers ? s->headers : JSON_TYPE, s->body ? s->body : "");
    }
    server_request_clear(&r);
}

void stand_in_start(struct stand_in *s)
{
    s->server = server_start(serve, s);
}

void stand_in_stop(struct stand_in *s)
{
    server_stop(s->server);
    mem_free(s->method);
    mem_free(s->target);
    mem_free(s->head);
    mem_free(s->asked_body);
}
