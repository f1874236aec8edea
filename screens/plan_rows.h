// SPDX-License-Identifier: MIT
// A plan (backend/core/core.h, CORE_PLAN) as rows in the user's words, one a group. Shared by the
// review and the teardown. Pure.
#ifndef FOREST_SCREENS_PLAN_ROWS_H
#define FOREST_SCREENS_PLAN_ROWS_H

#include "backend/codec/json.h"
#include "tui/view.h"

// "load balancer, VPC link": the titles of the items with this action (and group, NULL: any);
// *out_count how many. The caller's.
char *plan_titles(const struct json *items, const char *action, const char *group,
                  size_t *out_count);
// A row a group that has items with this action. Checks are never among them. `billed`: tell which
// of them cost money as long as they exist. Returns how many items.
size_t plan_group_rows(struct view *view, const struct json *items, const char *action,
                       enum sign sign, bool billed);
// A row an item with this action: title, and the item's text or its error.
size_t plan_item_rows(struct view *view, const struct json *items, const char *action,
                      enum sign sign, enum style style);

#endif
