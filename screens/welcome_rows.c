// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/welcome_private.h"
#include "screens/when.h"

static time_t now(void)
{
    return (time_t)(clock_wall_ms() / 1000);
}

// What waits to be continued first, the last one touched on top.
static int by_need(const void *a, const void *b)
{
    const struct setup *x = a, *y = b;
    if ((x->state == SETUP_RUNNING) != (y->state == SETUP_RUNNING))
        return x->state == SETUP_RUNNING ? 1 : -1;
    int later = strcmp(y->at ? y->at : "", x->at ? x->at : "");
    return later ? later : strcmp(x->name, y->name);
}

void welcome_load(struct welcome *s)
{
    setups_clear(&s->setups);
    drafts_clear(&s->drafts);
    mem_free(s->problem);
    s->problem = NULL;
    ERR_AUTO err = {0};
    if (!setups_load(&s->setups, &err))
        s->problem = mem_printf("The setups of this machine cannot be read: %s", err.message);
    if (s->setups.count)
        qsort(s->setups.items, s->setups.count, sizeof *s->setups.items, by_need);
    drafts_load(&s->drafts);
    s->loaded = true;
}

void welcome_clear(void *state)
{
    struct welcome *s = state;
    setups_clear(&s->setups);
    drafts_clear(&s->drafts);
    edit_clear(&s->name);
    char *owned[] = {s->problem, s->name_problem, s->details, s->deleting, s->below};
    for (size_t i = 0; i < ARRAY_LEN(owned); i++)
        mem_free(owned[i]);
    for (size_t i = 0; i < VIEW_COLUMNS; i++)
        mem_free(s->text[i]);
    *s = (struct welcome){0};
}

size_t welcome_count(const struct welcome *s)
{
    return s->setups.count + s->drafts.count;
}

const struct setup *welcome_setup(const struct welcome *s, const char *name)
{
    for (size_t i = 0; name && i < s->setups.count; i++)
        if (strcmp(s->setups.items[i].name, name) == 0)
            return &s->setups.items[i];
    return NULL;
}

bool welcome_stopped(const struct welcome *s)
{
    for (size_t i = 0; i < s->setups.count; i++)
        if (s->setups.items[i].state == SETUP_STOPPED)
            return true;
    return s->drafts.count > 0;
}

char *welcome_free_name(void)
{
    char *name = mem_strdup("my-admin");
    for (unsigned n = 2; n < 1000 && draft_name_taken(name); n++) {
        mem_free(name);
        name = mem_printf("my-admin-%u", n);
    }
    return name;
}

static char *progress(const struct setup *setup)
{
    time_t at = when_parse(setup->at);
    AUTO_FREE char *when = at >= 0 ? when_text(at, now()) : NULL;
    switch (setup->state) {
    case SETUP_RUNNING:
        return mem_printf("running%s%s", setup->url ? " \xc2\xb7 " : "",
                          setup->url ? setup->url : "");
    case SETUP_DAMAGED: return mem_strdup("its record on this machine is damaged");
    case SETUP_STOPPED: break;
    }
    if (setup->going)
        return mem_printf("not all of it is taken away yet%s%s", when ? ", " : "",
                          when ? when : "");
    if (!setup->total)
        return mem_printf("interrupted%s%s", when ? ", " : "", when ? when : "");
    return mem_printf("stopped at %u of %u%s%s", setup->done, setup->total, when ? ", " : "",
                      when ? when : "");
}

static void set(char **slot, char *text)
{
    mem_free(*slot);
    *slot = text;
}

static void draft_row(struct welcome *s, const struct draft *draft, struct view_list_row *out)
{
    AUTO_FREE char *when = when_text(draft->changed, now());
    set(&s->text[2], mem_printf("not created yet, answers saved %s", when));
    *out = (struct view_list_row){.key = draft->name, .sign = SIGN_TODO};
    out->columns[0] = draft->name;
    out->columns[1] = "";
    out->columns[2] = s->text[2];
}

void welcome_row(void *context, size_t index, struct view_list_row *out)
{
    struct welcome *s = context;
    // Saved answers wait to be continued too: before what runs.
    size_t waiting = 0;
    while (waiting < s->setups.count && s->setups.items[waiting].state != SETUP_RUNNING)
        waiting++;
    if (index >= waiting && index < waiting + s->drafts.count) {
        draft_row(s, &s->drafts.items[index - waiting], out);
        return;
    }
    const struct setup *setup = &s->setups.items[index < waiting ? index : index - s->drafts.count];
    static const enum sign signs[] = {SIGN_DONE, SIGN_CURRENT, SIGN_BAD};
    set(&s->text[2], progress(setup));
    // One line of the reason; the details have all of it.
    set(&s->below, setup->why ? mem_strndup(setup->why, strcspn(setup->why, "\n")) : NULL);
    *out = (struct view_list_row){.key = setup->name, .sign = signs[setup->state]};
    out->columns[0] = setup->name;
    out->columns[1] = setup->region ? setup->region : "";
    out->columns[2] = s->text[2];
    out->below = s->below;
}
