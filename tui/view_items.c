// SPDX-License-Identifier: MIT
// The items of a frame: everything a build function says is copied here.
#include "tui/view_private.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"

static struct item *add(struct view *view, enum item_kind kind)
{
    if (view->count == view->capacity) {
        view->capacity = view->capacity > 0 ? view->capacity * 2 : 32;
        view->items = mem_realloc(view->items, view->capacity, sizeof *view->items);
    }
    struct item *item = &view->items[view->count++];
    *item = (struct item){.kind = kind, .sign = SIGNS};
    return item;
}

static struct item *add_named(struct view *view, enum item_kind kind, const char *id)
{
    struct item *item = add(view, kind);
    item->id = view_copy(view, id != NULL ? id : "");
    item->kept = view_kept(view, item->id);
    item->focusable = true;
    return item;
}

static struct view_status copy_status(struct view *view, const struct view_status *status)
{
    return (struct view_status){
        .state = status->state,
        .text = view_copy(view, status->text),
        .remedy = view_copy(view, status->remedy),
    };
}

static const char *const *copy_texts(struct view *view, const char *const *texts, size_t count)
{
    const char **copy = view_room(view, (count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = view_copy(view, texts[i] != NULL ? texts[i] : "");
    return copy;
}

void view_title(struct view *view, const char *left, const char *right)
{
    view->left = view_copy(view, left);
    view->right = view_copy(view, right);
}

void view_step(struct view *view, const char *name, bool done, bool current)
{
    view->steps = mem_realloc(view->steps, view->step_count + 1, sizeof *view->steps);
    view->steps[view->step_count++] =
        (struct view_stage){.name = view_copy(view, name), .done = done, .current = current};
}

void view_text(struct view *view, enum style style, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    AUTO_FREE char *text = mem_vprintf(format, args);
    va_end(args);
    struct item *item = add(view, ITEM_TEXT);
    item->style = style;
    item->text = view_copy(view, text);
}

void view_head(struct view *view, const char *text)
{
    add(view, ITEM_HEAD)->text = view_copy(view, text);
}

void view_gap(struct view *view)
{
    if (view->count > 0 && view->items[view->count - 1].kind != ITEM_GAP)
        add(view, ITEM_GAP);
}

void view_busy(struct view *view, const char *text, int64_t since_ms)
{
    struct item *item = add(view, ITEM_BUSY);
    item->text = view_copy(view, text);
    item->since_ms = since_ms;
}

void view_note(struct view *view, const struct view_status *status)
{
    add(view, ITEM_NOTE)->status = copy_status(view, status);
}

void view_flash(struct view *view, const struct view_status *status)
{
    view->flash = copy_status(view, status);
}

void view_url(struct view *view, const char *url)
{
    add(view, ITEM_URL)->text = view_copy(view, url);
}

void view_bar(struct view *view, unsigned done, unsigned total, const char *text)
{
    struct item *item = add(view, ITEM_BAR);
    item->done = done < total ? done : total;
    item->total = total;
    item->text = view_copy(view, text);
}

void view_row(struct view *view, enum sign sign, enum style style, const char *label,
              const char *text, const char *right)
{
    struct item *item = add(view, ITEM_ROW);
    item->sign = sign;
    item->style = style;
    item->label = view_copy(view, label != NULL ? label : "");
    item->text = view_copy(view, text);
    item->right = view_copy(view, right);
}

void view_field(struct view *view, const struct view_field *field)
{
    struct item *item = add_named(view, ITEM_FIELD, field->id);
    item->label = view_copy(view, field->label);
    item->edit = field->edit;
    item->path = view_copy(view, field->path);
    item->hint = view_copy(view, field->hint);
    item->help = view_copy(view, field->help);
    item->facts = view_copy(view, field->facts);
    item->status = copy_status(view, &field->status);
    item->optional = field->optional;
    item->no_question_mark = field->no_question_mark;
}

void view_choice(struct view *view, const struct view_choice *choice)
{
    struct item *item = add_named(view, ITEM_CHOICE, choice->id);
    item->label = view_copy(view, choice->label);
    item->options = copy_texts(view, choice->options, choice->count);
    item->count = choice->count;
    item->chosen = choice->chosen;
    item->path = view_copy(view, choice->path);
    item->help = view_copy(view, choice->help);
    item->status = copy_status(view, &choice->status);
}

void view_switch(struct view *view, const struct view_switch *item)
{
    struct item *to = add_named(view, ITEM_SWITCH, item->id);
    to->label = view_copy(view, item->label);
    to->on = item->on;
    to->path = view_copy(view, item->path);
    to->help = view_copy(view, item->help);
    to->disabled = view_copy(view, item->disabled);
    to->status = copy_status(view, &item->status);
}

void view_action(struct view *view, const struct view_action *action)
{
    struct item *item = add_named(view, ITEM_ACTION, action->id);
    item->label = view_copy(view, action->label);
    item->help = view_copy(view, action->help);
    item->disabled = view_copy(view, action->disabled);
    item->button = action->button;
    item->first = action->first;
}

void view_list(struct view *view, const struct view_list *list)
{
    struct item *item = add_named(view, ITEM_LIST, list->id);
    item->list = *list;
    item->label = view_copy(view, list->label);
    item->path = item->list.path = view_copy(view, list->path);
    item->list.chosen = view_copy(view, list->chosen);
    item->list.empty = view_copy(view, list->empty);
    item->rows = list->rows;
    item->focusable = list->count > 0;
}

void view_log(struct view *view, const char *id, const char *const *lines, size_t count, int rows,
              bool focusable)
{
    struct item *item = add_named(view, ITEM_LOG, id);
    item->options = copy_texts(view, lines, count);
    item->count = count;
    item->rows = rows;
    item->focusable = focusable && count > 0;
}

void view_keys(struct view *view, const char *id, enum key_code code, uint32_t ch, const char *name,
               const char *does)
{
    view->keys = mem_realloc(view->keys, view->key_count + 1, sizeof *view->keys);
    view->keys[view->key_count++] = (struct view_shortcut){
        .id = view_copy(view, id),
        .name = view_copy(view, name),
        .does = view_copy(view, does),
        .code = code,
        .ch = ch,
    };
}

void view_enter_does(struct view *view, const char *does)
{
    view->enter_does = view_copy(view, does);
    view->enter_set = true;
}

void view_esc_does(struct view *view, const char *does)
{
    view->esc_does = view_copy(view, does);
    view->esc_set = true;
}

void view_help(struct view *view, const char *text)
{
    view->help = view_copy(view, text);
}

void view_help_add(struct view *view, const char *text)
{
    AUTO_FREE char *whole =
        mem_printf("%s%s%s", view->help ? view->help : "", view->help ? "\n\n" : "", text);
    view->help = view_copy(view, whole);
}

void view_question(struct view *view, const struct view_question *question)
{
    view->question = *question;
    view->question.id = view_copy(view, question->id);
    view->question.title = view_copy(view, question->title);
    view->question.text = view_copy(view, question->text);
    view->question.scan = view_copy(view, question->scan);
    view->question.options = copy_texts(view, question->options, question->count);
}
