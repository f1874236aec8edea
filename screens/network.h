// SPDX-License-Identifier: MIT
// What the two files of the network screen share: network.c knows what is chosen and what would be
// suggested, network_view.c shows it.
#ifndef FOREST_SCREENS_NETWORK_H
#define FOREST_SCREENS_NETWORK_H

#include "screens/tell.h"
#include "screens/wizard.h"

#define NETWORK_NEW "new" // key of the row "a new VPC"

enum { NETWORK_ID_BYTES = 128 };

struct network_screen {
    bool entered;
    char looking[NETWORK_ID_BYTES]; // the row whose inside is shown; "": the chosen one's
    struct edit cidr;
    // For the rows of the lists, which are asked for while the frame is drawn.
    struct wizard *wizard;
    const struct json **order; // what can be used first
    struct lookup ordered;     // which answer they are of
    size_t order_count;
    const struct json *inside;   // the VPC whose subnets are shown
    const struct json **subnets; // as shown
    size_t subnet_count;
    struct lookup choice;                     // of that VPC
    struct lookup weighed, weighed_databases; // what the suggestion was made from
    char why[200];                            // why the suggested one is suggested
    char suggested[NETWORK_ID_BYTES];
    char text[300], below[400];
};

void network_build(struct wizard *wizard, struct view *view);
bool network_is_answer(const struct wizard *wizard, const struct json *vpc);
// The VPC of the answers, by id or name; NULL: none, or not in this region.
const struct json *network_answered(const struct wizard *wizard, const struct json *vpcs);
// What is chosen now or else suggested: the key of its row, or NULL.
const char *network_now(struct wizard *wizard);
const char *network_looked_at(struct wizard *wizard); // the row whose inside is shown, or NULL
// The look at CORE_NETWORK_CHOICE as if that VPC were the answer; with the answers' own subnets
// when it is.
struct lookup network_choice_of(struct wizard *wizard, const struct json *vpc, bool start);
// Is it one of the subnets that the task would use? While `choice` is being asked: most likely.
bool network_uses(const struct wizard *wizard, const struct json *vpc, struct lookup choice,
                  const struct json *subnet);
bool list_holds(const char *comma_list, const char *id);

#endif
