// SPDX-License-Identifier: MIT
// The rows of the welcome screen: what is on this machine, as its files tell.
#ifndef FOREST_SCREENS_WELCOME_PRIVATE_H
#define FOREST_SCREENS_WELCOME_PRIVATE_H

#include "screens/cli/setups.h"
#include "screens/drafts.h"
#include "tui/edit.h"
#include "tui/view.h"

struct wizard;

struct welcome {
    bool loaded;
    struct setups setups;
    struct drafts drafts;
    char *problem;      // why the list cannot be read; owned
    bool naming;        // the question for a name is open
    char *name_problem; // owned
    bool practising;    // the question whether practice shall start is open
    struct edit name;
    char *details;                    // the setup that is looked at; owned
    char *deleting;                   // the draft that would be deleted; owned
    char *text[VIEW_COLUMNS], *below; // of the row that is described just now; owned
};

void welcome_load(struct welcome *s); // anew
void welcome_clear(void *state);
size_t welcome_count(const struct welcome *s);
void welcome_row(void *context, size_t index, struct view_list_row *out);
// NULL when it is a draft or unknown.
const struct setup *welcome_setup(const struct welcome *s, const char *name);
bool welcome_stopped(const struct welcome *s); // is there something to continue?
// "my-admin", or the first "my-admin-2" ... that is free; the caller's.
char *welcome_free_name(void);
// The details of one setup, and what can be done with it.
void welcome_details(struct wizard *wizard, struct view *view, const char *name);

#endif
