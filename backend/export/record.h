// SPDX-License-Identifier: MIT
// The description of the stack that the generators work from: the requests themselves.
//
// record_stack() runs the apply() of every step that the answers want against a client that answers
// in the place of AWS (struct aws_instead) and keeps each request. So nothing about a resource is
// written down a second time, and what a generator does not know of a request is found out (see
// model.h), not forgotten.
//
// What only AWS knows (ids, ARNs) is a reference in these requests: the key of a fact between two
// marks, "<U+E000>vpc.id<U+E001>", also within longer texts. Answers with such characters are
// refused.
#ifndef FOREST_EXPORT_RECORD_H
#define FOREST_EXPORT_RECORD_H

#include "backend/export/export.h"

#define REFERENCE_BEGIN "\xEE\x80\x80"
#define REFERENCE_END   "\xEE\x80\x81"

struct record_call {
    const char *step; // its id
    char *part;       // of a step that makes several: the fact that holds its id ("link_out"); NULL
    char *action;     // "CreateVpc"
    struct json *request; // members as AWS names them; lists of the query protocols are arrays
};
struct record {
    struct record_call *calls; // in an order in which they could be sent
    size_t count;
};

// One rule of a security group is one call here: its permission's members beside GroupId.
// Needs names (export_need_names()). Without tokens and secret values. ERR_INTERNAL names the step
// that could not be run.
bool record_stack(const struct export_input *in, struct record *out, struct err *err);
void record_clear(struct record *record);
// That step's (and part's) call, or NULL.
const struct json *record_request(const struct record *record, const char *step, const char *part,
                                  const char *action);
// "<mark>key<mark>"; the caller's.
char *record_reference(const char *key);

#endif
