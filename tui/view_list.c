// SPDX-License-Identifier: MIT
// Rows to choose from: the filter, the row with the focus, and the keys of both.
#include "tui/view_private.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

const char *list_filter(const struct item *item)
{
    return item->kept->filter.text != NULL ? edit_text(&item->kept->filter) : "";
}

size_t list_index(const struct item *item, size_t shown)
{
    return item->matched != NULL ? item->matched[shown] : shown;
}

void list_row(const struct item *item, size_t shown, struct view_list_row *out)
{
    *out = (struct view_list_row){.sign = SIGNS};
    item->list.row(item->list.context, list_index(item, shown), out);
    if (out->key == NULL)
        out->key = "";
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool holds(const char *text, const char *word, size_t length)
{
    for (; text != NULL && *text != '\0'; text++) {
        size_t i = 0;
        while (i < length && lower(text[i]) == lower(word[i]))
            i++;
        if (i == length)
            return true;
    }
    return false;
}

static bool row_holds(const struct view_list_row *row, const char *word, size_t length)
{
    bool found = holds(row->key, word, length) || holds(row->status.text, word, length) ||
                 holds(row->below, word, length);
    for (size_t i = 0; i < VIEW_COLUMNS && !found; i++)
        found = holds(row->columns[i], word, length);
    return found;
}

bool list_matches(const struct view_list_row *row, const char *filter)
{
    while (*filter != '\0') {
        size_t length = strcspn(filter, " ");
        if (length > 0 && !row_holds(row, filter, length))
            return false;
        filter += length;
        filter += strspn(filter, " ");
    }
    return true;
}

static void apply_filter(struct view *view, struct item *item)
{
    const char *filter = list_filter(item);
    item->matched = NULL;
    item->shown = item->list.count;
    if (*filter == '\0')
        return;
    size_t *matched = view_room(view, (item->list.count + 1) * sizeof *matched);
    size_t count = 0;
    for (size_t i = 0; i < item->list.count; i++) {
        struct view_list_row row = {.sign = SIGNS};
        item->list.row(item->list.context, i, &row);
        if (!row.heading && list_matches(&row, filter))
            matched[count++] = i;
    }
    item->matched = matched;
    item->shown = count;
}

static bool is_key(const struct item *item, size_t shown, const char *key)
{
    struct view_list_row row;
    if (shown >= item->shown)
        return false;
    list_row(item, shown, &row);
    return !row.heading && str_eq(row.key, key);
}

// Where the row with this key is; most often where it was.
static bool find_row(const struct item *item, const char *key, size_t *out)
{
    *out = item->kept->index;
    if (is_key(item, *out, key))
        return true;
    for (*out = 0; *out < item->shown; ++*out) {
        if (is_key(item, *out, key))
            return true;
    }
    return false;
}

static bool can_reach(const struct item *item, size_t shown, bool enabled)
{
    struct view_list_row row;
    list_row(item, shown, &row);
    return !row.heading && (!enabled || row.disabled == NULL);
}

bool list_has_rows(const struct item *item)
{
    bool heading = true;
    for (size_t i = 0; i < item->list.count && heading; i++) {
        struct view_list_row row = {.sign = SIGNS};
        item->list.row(item->list.context, i, &row);
        heading = row.heading;
    }
    return !heading;
}

// The nearest row at or after `from`, else before it.
static bool nearest(const struct item *item, size_t from, bool enabled, size_t *out)
{
    for (*out = from; *out < item->shown; ++*out) {
        if (can_reach(item, *out, enabled))
            return true;
    }
    for (*out = from < item->shown ? from : item->shown; (*out)-- > 0;) {
        if (can_reach(item, *out, enabled))
            return true;
    }
    *out = 0;
    return false;
}

void list_keep(struct item *item)
{
    struct view_list_row row;
    item->kept->index = item->at;
    if (item->at >= item->shown)
        return;
    list_row(item, item->at, &row);
    str_replace(&item->kept->row, row.heading ? NULL : row.key);
    str_replace(&item->kept->now, row.heading ? NULL : row.key);
}

void list_resolve(struct view *view, struct item *item)
{
    struct kept *kept = item->kept;
    apply_filter(view, item);
    item->at = 0;
    if (item->shown == 0)
        return;
    // Until the user moves, the focus is where the answer is; then it stays with its row.
    const char *key = kept->moved ? kept->row : item->list.chosen;
    if (key != NULL && find_row(item, key, &item->at)) {
        list_keep(item);
        return;
    }
    size_t from = kept->moved && *list_filter(item) == '\0' ? kept->index : 0;
    from = from < item->shown ? from : item->shown - 1;
    if (!nearest(item, from, !kept->moved || from == 0, &item->at))
        nearest(item, from, false, &item->at);
    // The row may come back (a list asked for anew, a filter taken back): its key is not forgotten.
    struct view_list_row row;
    list_row(item, item->at, &row);
    str_replace(&kept->now, row.heading ? NULL : row.key);
}

bool list_move(struct item *item, long by)
{
    long step = by < 0 ? -1 : 1, best = -1;
    long last = (long)item->shown - 1;
    long target = (long)item->at + by;
    if (item->shown == 0)
        return false;
    target = target < 0 ? 0 : target > last ? last : target;
    for (long i = target; i >= 0 && i <= last && best < 0; i += step)
        best = can_reach(item, (size_t)i, false) ? i : -1;
    for (long i = target; i != (long)item->at && best < 0; i -= step)
        best = can_reach(item, (size_t)i, false) ? i : -1;
    if (best < 0 || best == (long)item->at)
        return false;
    item->at = (size_t)best;
    item->kept->moved = true;
    list_keep(item);
    return true;
}

static void refilter(struct view *view, struct item *item, struct view_act *out)
{
    item->kept->moved = true;
    item->kept->top = 0;
    list_resolve(view, item);
    if (item->shown > 0)
        act_row(out, ACT_FOCUS, item);
}

static bool filter_key(struct view *view, struct item *item, const struct key *key,
                       struct view_act *out)
{
    struct edit *filter = &item->kept->filter;
    bool empty = *list_filter(item) == '\0';
    bool adds = (key->code == K_CHAR && !(empty && key->ch == ' ')) || key->code == K_PASTE;
    bool takes = !empty && (key->code == K_BACKSPACE ||
                            (key->code == K_CTRL && (key->ch == 'u' || key->ch == 'w')));
    if (!item->list.filter || !(adds || takes) ||
        (key->code == K_CHAR && item->list.tick && key->ch == ' '))
        return false;
    if (filter->text == NULL)
        edit_init(filter, VIEW_FILTER_BYTES, false);
    bool taken = edit_key(filter, key);
    if (taken && edit_settle(filter))
        refilter(view, item, out);
    return taken;
}

static bool rows_key(struct item *item, const struct key *key)
{
    long page = item->kept->page > 1 ? item->kept->page - 1 : 1;
    switch ((unsigned)key->code) {
    case K_UP: return list_move(item, -1);
    case K_DOWN: return list_move(item, 1);
    case K_PAGE_UP: return list_move(item, -page);
    case K_PAGE_DOWN: return list_move(item, page);
    case K_HOME: return list_move(item, -(long)item->shown);
    case K_END: return list_move(item, (long)item->shown);
    default: return false;
    }
}

static bool row_enter(struct item *item, struct view_act *out)
{
    struct view_list_row row;
    if (item->shown == 0 || item->list.tick) {
        act_set(out, ACT_SUBMIT, item->id);
        return true;
    }
    list_row(item, item->at, &row);
    if (row.disabled == NULL && !row.heading) {
        list_keep(item);
        act_row(out, ACT_CHOSEN, item);
    }
    return true;
}

bool list_key(struct view *view, struct item *item, const struct key *key, struct view_act *out)
{
    if (filter_key(view, item, key, out))
        return true;
    if (rows_key(item, key)) {
        act_row(out, ACT_FOCUS, item);
        return true;
    }
    if (key->code == K_ENTER)
        return row_enter(item, out);
    if (key->code == K_CHAR && key->ch == ' ' && item->list.tick && item->shown > 0) {
        struct view_list_row row;
        list_row(item, item->at, &row);
        if (row.disabled == NULL && !row.heading)
            act_row(out, ACT_TOGGLED, item);
        return true;
    }
    if (key->code == K_ESC && *list_filter(item) != '\0') {
        edit_set(&item->kept->filter, "");
        edit_settle(&item->kept->filter);
        refilter(view, item, out);
        return true;
    }
    return false;
}
