// SPDX-License-Identifier: MIT
// Asking: which item is next, the question, and what the line that comes back means.
#include "tui/prompts_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "tui/grid.h"
#include "tui/width.h"

struct prompts *prompts_new(int in, FILE *out, bool utf8, int wake_fd)
{
    struct prompts *prompts = mem_calloc(1, sizeof *prompts);
    prompts->in = in;
    prompts->out = out;
    prompts->utf8 = utf8;
    prompts->wake_fd = wake_fd;
    prompts->line = mem_calloc(PROMPT_LINE_MAX + 1, 1);
    return prompts;
}

void prompts_forget(struct prompts *prompts, bool all)
{
    size_t left = 0;
    for (size_t i = 0; i < prompts->said_count; i++) {
        if (all || prompts->said[i][0] == ' ')
            mem_free(prompts->said[i]);
        else
            prompts->said[left++] = prompts->said[i];
    }
    prompts->said_count = left;
}

void prompts_forget_toggles(struct prompts *prompts)
{
    while (prompts->toggle_count > 0)
        mem_free(prompts->toggles[--prompts->toggle_count]);
}

void prompts_free(struct prompts *prompts)
{
    if (prompts == NULL)
        return;
    prompts_echo_on(prompts);
    prompts_forget(prompts, true);
    prompts_forget_toggles(prompts);
    secret_wipe(prompts->line, PROMPT_LINE_MAX);
    mem_free(prompts->line);
    mem_free(prompts->said);
    mem_free(prompts->toggles);
    mem_free(prompts->menu);
    mem_free(prompts->screen);
    mem_free(prompts->asked);
    mem_free(prompts->question);
    mem_free(prompts);
}

void prompts_print(struct prompts *prompts, const char *text)
{
    struct piece piece;
    for (; piece_next(text, prompts->utf8, &piece); text += piece.bytes) {
        char bytes[4];
        if (*text == '\n') {
            fputc('\n', prompts->out);
            continue;
        }
        for (int i = 0; i < piece.count; i++)
            fwrite(bytes, 1, utf8_encode(piece.ch[i], bytes), prompts->out);
    }
    prompts->news = true;
}

// Columns of the terminal that is written to; 0 when it is none, so that a file has whole lines.
static int out_columns(const struct prompts *prompts)
{
    struct winsize size;
    bool known = ioctl(fileno(prompts->out), TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > LINE_LEAST ? size.ws_col : 0;
}

// Bytes of `text` for one line, broken at blanks only: an address stays in one piece.
static size_t one_line(const char *text, int columns, bool utf8, size_t *out_next)
{
    size_t length = text_wrap(text, columns, utf8, out_next);
    if (*out_next > length || text[length] == '\0')
        return length;
    length += strcspn(text + length, " \n");
    *out_next = length + (text[length] != '\0');
    return length;
}

// The text of a numbered row goes on under itself.
static int hanging(const char *text)
{
    size_t blanks = strspn(text, " "), digits = strspn(text + blanks, "0123456789");
    bool numbered = digits > 0 && strncmp(text + blanks + digits, ") ", 2) == 0;
    return numbered && blanks + digits < LINE_LEAST / 2 ? (int)(blanks + digits + 2) : 0;
}

void prompts_say(struct prompts *prompts, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    AUTO_FREE char *text = mem_vprintf(format, args);
    va_end(args);
    // A prompt that is still open ends here.
    if (prompts->waiting && !prompts->news)
        fputc('\n', prompts->out);
    int columns = out_columns(prompts), hang = hanging(text);
    size_t next = 0;
    for (const char *rest = text; columns > 0 && *rest != '\0'; rest += next) {
        int indent = rest == text ? 0 : hang;
        size_t length = one_line(rest, columns - indent, prompts->utf8, &next);
        AUTO_FREE char *line = mem_printf("%*s%.*s", indent, "", (int)length, rest);
        prompts_print(prompts, line);
        if (rest[next] != '\0')
            fputc('\n', prompts->out);
    }
    if (columns == 0)
        prompts_print(prompts, text);
    fputc('\n', prompts->out);
}

void prompts_tell(struct prompts *prompts, const char *line)
{
    if (str_empty(line))
        return;
    for (size_t i = 0; i < prompts->said_count; i++) {
        if (strcmp(prompts->said[i], line) == 0)
            return;
    }
    prompts->said = mem_realloc(prompts->said, prompts->said_count + 1, sizeof *prompts->said);
    prompts->said[prompts->said_count++] = mem_strdup(line);
    // A mark is only remembered.
    if (line[0] != '\x01')
        prompts_say(prompts, "%s", line);
}

static bool can_ask(const struct view *view, size_t at)
{
    const struct item *item = &view->items[at];
    if (!item->focusable || item->kind == ITEM_LOG || prompt_is_watched(item))
        return false;
    if (item->kind != ITEM_ACTION)
        return true;
    // An action is asked for with what stands before it.
    for (size_t i = at; i-- > 0;) {
        const struct item *before = &view->items[i];
        if (before->kind == ITEM_ACTION)
            return false;
        if (before->focusable && before->kind != ITEM_LOG && !prompt_is_watched(before))
            return before->kind != ITEM_LIST || before->list.tick;
    }
    return true;
}

static int next_to_ask(const struct view *view, size_t from)
{
    for (size_t i = from; i < view->count; i++) {
        if (can_ask(view, i))
            return (int)i;
    }
    return VIEW_NONE;
}

static int index_of(const struct view *view, const char *id)
{
    for (size_t i = 0; id != NULL && i < view->count; i++) {
        if (str_eq(view->items[i].id, id) && can_ask(view, i))
            return (int)i;
    }
    return VIEW_NONE;
}

// A value that was just given and is wrong is asked for again, once for each time it is given.
static bool again(const struct prompts *prompts, const struct item *item)
{
    bool bad =
        item->status.state == VIEW_BAD || (item->edit != NULL && item->edit->problem != NULL);
    return prompts->answered && bad;
}

static int which(struct prompts *prompts, const struct view *view, bool restart)
{
    int asked = index_of(view, prompts->asked);
    if (restart || prompts->asked == NULL)
        return next_to_ask(view, 0);
    if (prompts->submitted) {
        int focus = index_of(view, view_focused(view));
        return focus != VIEW_NONE ? focus : next_to_ask(view, 0);
    }
    if (asked != VIEW_NONE &&
        (prompts->waiting || prompts->repeat || again(prompts, &view->items[asked])))
        return asked;
    if (asked != VIEW_NONE)
        return next_to_ask(view, (size_t)asked + 1);
    return next_to_ask(view, prompts->asked_index);
}

static enum prompts_got not_a_line(struct prompts *prompts, enum prompt_read got)
{
    if (got == READ_WOKEN)
        return PROMPTS_WOKEN;
    prompts->waiting = false;
    return PROMPTS_END;
}

// Reads the answer to an open prompt. A pipe does not echo: the line ends here all the same.
static enum prompt_read read_answer(struct prompts *prompts, bool secret)
{
    prompts->news = false;
    prompts->waiting = true;
    enum prompt_read got = prompts_read(prompts, secret);
    if (got == READ_WOKEN)
        return got;
    prompts->waiting = prompts->repeat = prompts->answered = false;
    if (!isatty(prompts->in))
        fputc('\n', prompts->out);
    return got;
}

static enum prompts_got ask_question(struct prompts *prompts, struct view *view,
                                     struct view_act *out)
{
    const struct view_question *question = &view->question;
    bool fresh = !str_eq(prompts->question, question->id);
    if (fresh) {
        str_replace(&prompts->question, question->id);
        prompts->typing = question->edit != NULL;
        prompts_forget(prompts, false);
    }
    prompts->typing &= question->edit != NULL;
    for (fresh |= !prompts->waiting;; fresh = true) {
        enum prompts_got got = PROMPTS_ACT;
        prompt_tell_question(prompts, question);
        if (fresh || prompts->news)
            prompt_question(prompts, question);
        bool secret = prompts->typing && question->edit != NULL && question->edit->secret;
        enum prompt_read read = read_answer(prompts, secret);
        if (read != READ_LINE)
            return not_a_line(prompts, read);
        // What is typed may be called "b" or "q", but not "?".
        bool may_be_word = !prompts->typing || str_eq(prompts->line, "?");
        bool word = may_be_word && prompt_common_word(prompts, view, NULL, out, &got);
        if (word && (got == PROMPTS_LEAVE || out->kind == ACT_BACK)) {
            act_set(out, ACT_CHOSEN, question->id);
            out->row = question->count > 0 ? question->count - 1 : 0;
        }
        bool taken = word || prompt_take_question(prompts, question, out);
        prompts_wipe_line(prompts);
        if (taken)
            return PROMPTS_ACT;
    }
}

// A screen without anything to answer: it waits with the user, who may say one of the words.
static enum prompts_got ask_nothing(struct prompts *prompts, struct view *view,
                                    struct view_act *out)
{
    enum prompts_got got = PROMPTS_ACT;
    enum prompt_read read = read_answer(prompts, false);
    prompts->waiting = false;
    if (read != READ_LINE)
        return not_a_line(prompts, read);
    act_set(out, prompts->length == 0 ? ACT_SUBMIT : ACT_NONE, "");
    prompt_common_word(prompts, view, NULL, out, &got);
    prompts_wipe_line(prompts);
    return got;
}

// One question about one item. False: it keeps its value, the next one is to be asked.
static bool ask_item(struct prompts *prompts, struct view *view, int index, struct view_act *out,
                     enum prompts_got *out_got)
{
    const struct item *item = &view->items[index];
    bool fresh = !prompts->waiting || !str_eq(prompts->asked, item->id);
    if (fresh)
        prompts_forget(prompts, false);
    str_replace(&prompts->asked, item->id);
    prompts->asked_index = (size_t)index;
    prompts->submitted = false;
    for (;; fresh = true) {
        prompt_tell_item(prompts, view, item);
        if (fresh || prompts->news)
            prompt_item(prompts, view, item);
        bool secret = item->kind == ITEM_FIELD && item->edit != NULL && item->edit->secret;
        enum prompt_read read = read_answer(prompts, secret);
        *out_got = PROMPTS_ACT;
        if (read != READ_LINE) {
            *out_got = not_a_line(prompts, read);
            return true;
        }
        bool empty = prompts->length == 0, taken = false;
        if (empty)
            taken = prompt_take_default(prompts, view, item, out);
        else if (prompt_common_word(prompts, view, item, out, out_got))
            prompts->repeat = taken = true;
        else
            taken = prompt_take(prompts, item, out);
        prompts_wipe_line(prompts);
        if (taken || empty)
            return taken;
    }
}

enum prompts_got prompts_ask(struct prompts *prompts, struct view *view, bool restart,
                             struct view_act *out)
{
    enum prompts_got got = PROMPTS_ACT;
    act_set(out, ACT_NONE, "");
    if (restart) {
        prompts_forget_toggles(prompts);
        // Also when a new screen has nothing to ask yet: its first item comes first then.
        str_replace(&prompts->asked, NULL);
        prompts->asked_index = 0;
        prompts->waiting = prompts->repeat = prompts->submitted = prompts->answered = false;
    }
    if (view->question.id != NULL)
        return ask_question(prompts, view, out);
    str_replace(&prompts->question, NULL);
    if (prompts_next_toggle(prompts, view, out))
        return PROMPTS_ACT;
    if (next_to_ask(view, 0) == VIEW_NONE)
        return ask_nothing(prompts, view, out);
    for (int index = which(prompts, view, restart); index != VIEW_NONE;
         index = next_to_ask(view, (size_t)index + 1)) {
        if (ask_item(prompts, view, index, out, &got))
            return got;
    }
    prompts->submitted = true;
    act_set(out, ACT_SUBMIT, "");
    return PROMPTS_ACT;
}
