// SPDX-License-Identifier: MIT
#include "tui/capability.h"

#include <curses.h>
// after curses.h, which it needs
#include <stdint.h>
#include <string.h>
#include <term.h>

static TERMINAL *loaded; // reading it costs a tenth of the first paint: once for all questions

bool capability_load(int fd)
{
    int found = 0;

    if (!loaded && setupterm(NULL, fd, &found) == OK)
        loaded = cur_term;
    return loaded != NULL;
}

void capability_unload(void)
{
    if (loaded)
        del_curterm(loaded);
    loaded = NULL;
}

const char *capability(const char *name)
{
    const char *text = tigetstr(name);

    // (char *)-1: no such name, which does not happen with the names in term.c
    return (intptr_t)text == -1 ? NULL : text;
}

void capability_add(struct str *out, const char *name)
{
    for (const char *c = capability(name); c && *c; c++) {
        if (c[0] == '$' && c[1] == '<' && strchr(c, '>'))
            c = strchr(c, '>');
        else
            str_addc(out, *c);
    }
}
