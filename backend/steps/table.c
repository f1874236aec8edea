// SPDX-License-Identifier: MIT
// All tables in one list, in the order a reader would tell them. A new table is one line here.
#include <stdlib.h>

#include "backend/steps/stack.h"
#include "backend/steps/tables.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { STEPS_MAX = 96 };

static const struct step *all[STEPS_MAX];
static size_t all_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void add(const struct step *rows, size_t count)
{
    for (size_t i = 0; i < count && all_count < STEPS_MAX; i++)
        all[all_count++] = &rows[i];
}

static void fill(void)
{
    add(network_steps, network_step_count);
    add(new_vpc_steps, new_vpc_step_count);
    add(new_vpc_way_steps, new_vpc_way_step_count);
    add(group_steps, group_step_count);
    add(firewall_steps, firewall_step_count);
    add(permission_steps, permission_step_count);
    add(database_steps, database_step_count);
    add(key_steps, key_step_count);
    add(secret_steps, secret_step_count);
    add(log_group_steps, log_group_step_count);
    add(image_steps, image_step_count);
    add(balancer_steps, balancer_step_count);
    add(address_steps, address_step_count);
    add(task_definition_steps, task_definition_step_count);
    add(service_steps, service_step_count);
    add(tag_steps, tag_step_count);
    add(verify_steps, verify_step_count);
}

const struct step *const *stack_steps(size_t *out_count)
{
    pthread_once(&once, fill);
    *out_count = all_count;
    return all;
}

const struct step *const *stack_address_step(size_t *out_count)
{
    pthread_once(&once, fill);
    for (size_t i = 0; i < all_count; i++)
        if (str_eq(all[i]->id, "api")) {
            *out_count = 1;
            return &all[i];
        }
    *out_count = 0;
    return all;
}
