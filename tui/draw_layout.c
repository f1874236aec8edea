// SPDX-License-Identifier: MIT
// Who gets the lines. In this order: every item what it cannot do without, rows that a list asks
// for, some rows of every list, empty lines between parts, the other rows, empty lines between
// answers. When the first of these is too much, help texts go; then the page scrolls.
#include "tui/draw_private.h"

#include "backend/base/mem.h"

enum { LIST_LEAST = 3, LIST_FAIR = 6, OTHERS = 2 };

struct layout {
    struct item *items;
    size_t count;
    int *lines;
    int left;
};

// Gives lines that are left, one by one in turn, to those that want more of them.
static void share(struct layout *l, const int *want)
{
    for (bool grown = true; grown && l->left > 0;) {
        grown = false;
        for (size_t i = 0; i < l->count && l->left > 0; i++) {
            if (l->lines[i] < want[i]) {
                l->lines[i]++;
                l->left--;
                grown = true;
            }
        }
    }
}

static int list_want(struct canvas *c, struct item *item, int most, bool roomy)
{
    c->roomy = roomy;
    int want = draw_item(c, item, 0, most);
    c->roomy = false;
    return want;
}

static void share_rows(struct canvas *c, struct layout *l, int most, bool fair_only)
{
    AUTO_FREE int *want = mem_calloc(l->count + 1, sizeof *want);
    for (size_t i = 0; i < l->count; i++) {
        struct item *item = &l->items[i];
        if (!draw_is_flexible(item))
            continue;
        want[i] = list_want(c, item, most, false);
        if (fair_only && item->rows == 0 && want[i] > LIST_FAIR)
            want[i] = LIST_FAIR;
    }
    share(l, want);
}

// Lists that asked for few rows have more all the same when nobody else wants the room.
static void share_rest(struct canvas *c, struct layout *l, int most)
{
    AUTO_FREE int *want = mem_calloc(l->count + 1, sizeof *want);
    for (size_t i = 0; i < l->count; i++) {
        if (draw_is_flexible(&l->items[i]))
            want[i] = list_want(c, &l->items[i], most, true);
    }
    share(l, want);
}

static void share_gaps(struct layout *l)
{
    for (size_t i = 0; i < l->count && l->left > 0; i++) {
        if (l->items[i].kind == ITEM_GAP) {
            l->lines[i] = 1;
            l->left--;
        }
    }
}

static void share_air(const struct canvas *c, struct layout *l)
{
    int wanted = 0;
    for (size_t i = 0; i < l->count; i++)
        wanted += draw_wants_air(c->view, &l->items[i]);
    // All or none: unequal distances would mean something.
    for (size_t i = 0; i < l->count && wanted <= l->left; i++) {
        l->items[i].air = draw_wants_air(c->view, &l->items[i]);
        l->lines[i] += l->items[i].air;
    }
}

// What a list cannot do without: some rows; with the focus, all that is said about its row, as long
// as that does not fill the page.
static int list_least(struct canvas *c, struct item *item, int want, int most)
{
    int least = LIST_LEAST;
    if (item == view_focused_item(c->view) && item->kind == ITEM_LIST) {
        int row = draw_list_focus_lines(c, item);
        least = row > least ? row : least;
        least = least > most - OTHERS && most - OTHERS > LIST_LEAST ? most - OTHERS : least;
    }
    return want < least ? want : least;
}

static int least_lines(struct canvas *c, struct layout *l, int most)
{
    int total = 0;
    for (size_t i = 0; i < l->count; i++) {
        struct item *item = &l->items[i];
        item->air = 0;
        l->lines[i] = draw_item(c, item, 0, most);
        if (draw_is_flexible(item))
            l->lines[i] = list_least(c, item, l->lines[i], most);
        total += l->lines[i];
    }
    return total;
}

int draw_layout(struct canvas *c, int *lines, int room)
{
    struct layout l = {.items = c->view->items, .count = c->view->count, .lines = lines};
    int most = room > LIST_LEAST ? room : LIST_LEAST, total = 0;
    c->squeeze = SQUEEZE_NOTHING;
    total = least_lines(c, &l, most);
    if (total > room) {
        c->squeeze = SQUEEZE_HELP;
        total = least_lines(c, &l, most);
    }
    l.left = room > total ? room - total : 0;
    share_rows(c, &l, most, true);
    share_gaps(&l);
    share_rows(c, &l, most, false);
    share_rest(c, &l, most);
    share_air(c, &l);
    total = 0;
    for (size_t i = 0; i < l.count; i++)
        total += lines[i];
    return total;
}
