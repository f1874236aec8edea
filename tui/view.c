// SPDX-License-Identifier: MIT
// Frames, what is kept between them, and where the focus is.
#include "tui/view_private.h"

#include <stdalign.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"

enum { BLOCK_BYTES = 16 * 1024 };

struct view *view_new(void)
{
    struct view *view = mem_calloc(1, sizeof *view);
    view->focus = VIEW_NONE;
    return view;
}

// The first block stays for the next frame; a frame seldom needs a second.
static void empty_blocks(struct view *view, bool all)
{
    struct block *block = view->blocks;
    while (block != NULL && (all || block->next != NULL)) {
        struct block *next = block->next;
        secret_wipe(block->bytes, block->used);
        mem_free(block);
        block = next;
    }
    if (block != NULL) {
        secret_wipe(block->bytes, block->used);
        block->used = 0;
    }
    view->blocks = block;
}

static void kept_free(struct kept *kept)
{
    mem_free(kept->screen);
    mem_free(kept->id);
    mem_free(kept->row);
    mem_free(kept->now);
    edit_clear(&kept->filter);
    mem_free(kept);
}

void view_free(struct view *view)
{
    if (view == NULL)
        return;
    empty_blocks(view, true);
    for (size_t i = 0; i < view->kept_count; i++)
        kept_free(view->kept[i]);
    mem_free(view->kept);
    mem_free(view->items);
    mem_free(view->keys);
    mem_free(view->steps);
    mem_free(view->want);
    mem_free(view->want_row);
    mem_free(view->question_id);
    mem_free(view);
}

void *view_room(struct view *view, size_t bytes)
{
    size_t room = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct block *block = view->blocks;
    if (block == NULL || block->size - block->used < room) {
        size_t size = room > BLOCK_BYTES ? room : BLOCK_BYTES;
        block = mem_alloc(sizeof *block + size);
        *block = (struct block){.next = view->blocks, .size = size};
        view->blocks = block;
    }
    void *at = block->bytes + block->used;
    block->used += room;
    memset(at, 0, room);
    return at;
}

const char *view_copy(struct view *view, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t length = strlen(text);
    char *copy = view_room(view, length + 1);
    memcpy(copy, text, length);
    return copy;
}

static struct kept *kept_find(const struct view *view, const char *screen, const char *id)
{
    for (size_t i = 0; i < view->kept_count; i++) {
        if (str_eq(view->kept[i]->screen, screen) && str_eq(view->kept[i]->id, id))
            return view->kept[i];
    }
    return NULL;
}

struct kept *view_kept(struct view *view, const char *id)
{
    struct kept *kept = kept_find(view, view->screen, id);
    if (kept != NULL)
        return kept;
    kept = mem_calloc(1, sizeof *kept);
    kept->screen = mem_strdup(view->screen);
    kept->id = mem_strdup(id);
    view->kept = mem_realloc(view->kept, view->kept_count + 1, sizeof *view->kept);
    view->kept[view->kept_count++] = kept;
    return kept;
}

void view_forget(struct view *view, const char *screen_id)
{
    // A frame that has been built still points to what is kept: it ends here.
    view->built = false;
    view->count = 0;
    view->focus = VIEW_NONE;
    size_t left = 0;
    for (size_t i = 0; i < view->kept_count; i++) {
        if (str_eq(view->kept[i]->screen, screen_id))
            kept_free(view->kept[i]);
        else
            view->kept[left++] = view->kept[i];
    }
    view->kept_count = left;
}

// Who comes back to a screen sees all rows again, with the focus where it was.
static void drop_filters(struct view *view)
{
    for (size_t i = 0; i < view->kept_count; i++) {
        struct kept *kept = view->kept[i];
        if (kept->filter.text != NULL && str_eq(kept->screen, view->screen))
            edit_set(&kept->filter, "");
    }
}

void view_begin(struct view *view, const char *screen_id, int64_t now_ms)
{
    AUTO_FREE char *screen = mem_strdup(screen_id);
    bool other = !str_eq(view->screen, screen);
    empty_blocks(view, false);
    view->screen = view_copy(view, screen);
    view->count = view->key_count = view->step_count = 0;
    view->left = view->right = view->help = view->enter_does = view->esc_does = NULL;
    view->enter_set = view->esc_set = view->built = false;
    view->flash = (struct view_status){0};
    view->question = (struct view_question){0};
    view->now_ms = now_ms;
    view->page = view_kept(view, "");
    if (other) {
        view->help_open = view->scrolled = false;
        view->focus = VIEW_NONE;
        drop_filters(view);
    }
}

struct item *view_focused_item(const struct view *view)
{
    bool none = view->focus < 0 || (size_t)view->focus >= view->count;
    return none ? NULL : &view->items[view->focus];
}

void view_set_focus(struct view *view, int index)
{
    view->focus = index;
    if (index < 0)
        return;
    view->page->index = (size_t)index;
    str_replace(&view->page->row, view->items[index].id);
}

static int find_item(const struct view *view, const char *id)
{
    for (size_t i = 0; id != NULL && i < view->count; i++) {
        if (view->items[i].focusable && str_eq(view->items[i].id, id))
            return (int)i;
    }
    return VIEW_NONE;
}

static int first_item(const struct view *view)
{
    int first = VIEW_NONE;
    for (size_t i = 0; i < view->count; i++) {
        const struct item *item = &view->items[i];
        if (item->focusable && item->first)
            return (int)i;
        if (item->focusable && first == VIEW_NONE)
            first = (int)i;
    }
    return first;
}

// The item that had the focus has gone: the next one from where it was, else the one before.
static int nearest_item(const struct view *view, size_t index)
{
    for (size_t i = index; i < view->count; i++) {
        if (view->items[i].focusable)
            return (int)i;
    }
    for (size_t i = index < view->count ? index : view->count; i-- > 0;) {
        if (view->items[i].focusable)
            return (int)i;
    }
    return VIEW_NONE;
}

static void take_wish(struct view *view)
{
    int index = find_item(view, view->want);
    if (index != VIEW_NONE) {
        view_set_focus(view, index);
        view->scrolled = false;
    }
    if (index != VIEW_NONE && view->want_row != NULL && view->items[index].kind == ITEM_LIST) {
        struct kept *kept = view->items[index].kept;
        str_replace(&kept->row, view->want_row);
        kept->moved = true;
    }
    str_replace(&view->want, NULL);
    str_replace(&view->want_row, NULL);
}

// Labels of fields and choices share one column; so do neighbouring rows.
static void align_labels(struct view *view)
{
    enum { LABEL_MAX = 26 };
    int form = 0;
    for (size_t i = 0; i < view->count; i++) {
        const struct item *item = &view->items[i];
        if (item->kind == ITEM_FIELD || item->kind == ITEM_CHOICE) {
            int cols = text_cols(item->label, true);
            form = cols > form ? cols : form;
        }
    }
    form = form < LABEL_MAX ? form : LABEL_MAX;
    for (size_t i = 0, end; i < view->count; i = end) {
        int cols = 0;
        for (end = i; end < view->count && view->items[end].kind == ITEM_ROW; end++) {
            int own = text_cols(view->items[end].label, true);
            cols = own > cols ? own : cols;
        }
        for (size_t k = i; k < end; k++)
            view->items[k].label_cols = cols < LABEL_MAX ? cols : LABEL_MAX;
        if (end == i)
            view->items[end++].label_cols = form;
    }
}

void view_end(struct view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->items[i].kind == ITEM_LIST)
            view->items[i].focusable = list_has_rows(&view->items[i]);
    }
    align_labels(view);
    if (view->want_first)
        str_replace(&view->page->row, NULL);
    view->want_first = false;
    // What went away gets the focus back when it comes again; meanwhile its neighbour has it.
    if (view->page->row == NULL)
        view->focus = first_item(view);
    else
        view->focus = find_item(view, view->page->row);
    if (view->focus == VIEW_NONE)
        view->focus = nearest_item(view, view->page->index);
    take_wish(view);
    for (size_t i = 0; i < view->count; i++) {
        if (view->items[i].kind == ITEM_LIST)
            list_resolve(view, &view->items[i]);
    }
    question_resolve(view);
    view->built = true;
}

void view_focus(struct view *view, const char *id)
{
    str_replace(&view->want, id);
    str_replace(&view->want_row, NULL);
    view->want_first = id == NULL;
}

void view_focus_row(struct view *view, const char *id, const char *key)
{
    str_replace(&view->want, id);
    str_replace(&view->want_row, key);
}

const char *view_focused(const struct view *view)
{
    const struct item *item = view_focused_item(view);
    return item != NULL ? item->id : NULL;
}

const char *view_focused_row(const struct view *view)
{
    const struct item *item = view_focused_item(view);
    return item != NULL && item->kind == ITEM_LIST && item->shown > 0 ? item->kept->now : NULL;
}

bool view_help_open(const struct view *view)
{
    return view->help_open;
}

// A sign that turns shows that the program lives; nothing else asks for frames.
int64_t view_next_ms(const struct view *view)
{
    bool busy = view->flash.state == VIEW_BUSY;
    for (size_t i = 0; i < view->count && !busy; i++) {
        const struct item *item = &view->items[i];
        busy = item->kind == ITEM_BUSY || item->status.state == VIEW_BUSY || item->spins;
    }
    return busy ? VIEW_TURN_MS - view->now_ms % VIEW_TURN_MS : -1;
}
