// SPDX-License-Identifier: MIT
// One unsigned exchange with a service that gives out credentials. Private to the room.
#ifndef FOREST_CREDENTIALS_ASK_H
#define FOREST_CREDENTIALS_ASK_H

#include "backend/codec/json.h"
#include "backend/credentials/chain.h"
#include "backend/net/http.h"

struct ask {
    const char *method, *url;
    const char *header[3][2]; // name, value; unused ones NULL
    const struct json *body;  // JSON, or
    const char *form;         // application/x-www-form-urlencoded
    long total_ms;
    bool metadata;
};

struct told {
    int status;
    char *text;        // the body; wiped by told_clear()
    struct json *json; // NULL when it is none
};

// True for any status. ERR_NET, ERR_CANCELLED.
bool ask(const struct credentials_options *options, const struct ask *ask, struct told *out,
         struct err *err);
void told_clear(struct told *told);
#define TOLD_AUTO __attribute__((cleanup(told_clear))) struct told

// Keys from an answer: {"AccessKeyId","SecretAccessKey",<token name>,"Expiration"}. `who` for the
// message. ERR_AUTH when they are not there.
bool credentials_of_json(const struct json *answer, const char *token_name, const char *provider,
                         const char *who, struct credentials *out, struct err *err);
// Keys from a program's answer, in the form of credential_process; `who` names it in messages. One
// program at a time. What a person had to be asked for is kept in memory until it is about to end,
// so that the many looks of a wizard ask once; credentials_forget_asked() when AWS refuses it.
bool credentials_run(struct chain *chain, char *const *words, const char *who, const char *provider,
                     struct credentials *out, struct err *err);
void credentials_forget_asked(void);
// A file that holds one token: its text without the line end. ERR_AUTH. Wiped by the caller.
bool credentials_read_token(const char *path, struct secret *out, struct err *err);

#endif
