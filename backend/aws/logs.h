// SPDX-License-Identifier: MIT
// CloudWatch Logs: one group, and reading the container's lines.
#ifndef FOREST_AWS_LOGS_H
#define FOREST_AWS_LOGS_H

#include "backend/aws/tags.h"

// *out_days 0: kept for ever. ERR_NOT_FOUND when absent. The ARN comes without the ":*" at its end.
bool logs_find_group(struct aws_client *c, const char *name, char **out_arn, unsigned *out_days,
                     struct err *err);
bool logs_tag(struct aws_client *c, const char *arn, const char *key, char **out, struct err *err);
// All tags, {"key":"value"}; the caller's. ERR_NOT_FOUND when there is no such group.
bool logs_tags(struct aws_client *c, const char *arn, struct json **out, struct err *err);
bool logs_put_tags(struct aws_client *c, const char *arn, const struct aws_tags *tags,
                   struct err *err);
// Every group whose name begins so.
bool logs_each_group(struct aws_client *c, const char *prefix,
                     void (*each)(void *context, const char *name, int64_t created_ms),
                     void *context, struct err *err);
bool logs_create_group(struct aws_client *c, const char *name, const char *kms_key_arn,
                       const struct aws_tags *tags, struct err *err);
bool logs_put_retention(struct aws_client *c, const char *name, unsigned days, struct err *err);
bool logs_delete_group(struct aws_client *c, const char *name, struct err *err);
// The last `limit` events of one stream, oldest first: {"events":[{"timestamp","message"}]};
// ERR_NOT_FOUND when absent.
bool logs_tail_stream(struct aws_client *c, const char *group, const char *stream, unsigned limit,
                      struct json **out, struct err *err);
// Events of the whole group from `since_ms`, oldest first, all pages; false from `each` stops.
bool logs_since(struct aws_client *c, const char *group, int64_t since_ms,
                bool (*each)(void *context, int64_t at_ms, const char *event_id,
                             const char *message),
                void *context, struct err *err);

// Which events were seen already, when the same stretch is read again and again. Zero-initialised.
struct logs_cursor {
    int64_t newest_ms;
    char *newest_ids; // owned; the events seen at that time, joined by commas
};
// Is this event new? Remembers it.
bool logs_cursor_new(struct logs_cursor *cursor, int64_t at_ms, const char *event_id);
void logs_cursor_clear(struct logs_cursor *cursor);

#endif
