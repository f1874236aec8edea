// SPDX-License-Identifier: MIT
#include "backend/setup/names.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/codec/hash.h"

enum { LOAD_BALANCER_MAX = 32 };

static char *stack_id(const char *name, const char *account, const char *region)
{
    AUTO_FREE char *h = hash_texts("forest-setup", account, region, name, NULL);
    return mem_printf("%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

// Cut to the limit without an edge hyphen (CreateLoadBalancer refuses one).
static char *fit(char *text, size_t limit)
{
    size_t n = strlen(text);
    if (n > limit)
        n = limit;
    while (n && text[n - 1] == '-')
        n--;
    text[n] = '\0';
    return text;
}

void names_init(struct names *names, const char *name, const char *account, const char *region)
{
    *names = (struct names){0};
    names->base = mem_printf("forestadmin-%s", name);
    names->stack = stack_id(name, account, region);
    names->exec_role = mem_printf("%s-exec-%s", names->base,
                                  region); // IAM is global, so the region is in the name
    names->task_role = mem_printf("%s-task-%s", names->base, region);
    names->secret = mem_printf("%s/env", names->base);
    names->log_group = mem_printf("/ecs/%s", names->base);
    names->link_group = mem_printf("%s-link", names->base);
    names->alb_group = mem_printf("%s-alb", names->base);
    names->task_group = mem_printf("%s-task", names->base);
    names->load_balancer = fit(mem_strdup(names->base), LOAD_BALANCER_MAX);
    names->key_alias = mem_printf("alias/%s", names->base);
    names->scaling_policy = mem_printf("%s-cpu", names->base);
}

void names_clear(struct names *names)
{
    char *all[] = {names->base,          names->stack,     names->exec_role,
                   names->task_role,     names->secret,    names->log_group,
                   names->link_group,    names->alb_group, names->task_group,
                   names->load_balancer, names->key_alias, names->scaling_policy};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
    *names = (struct names){0};
}

char *names_target_group(const struct names *names, unsigned port, const char *vpc_id)
{
    AUTO_FREE char *port_text = mem_printf("%u", port);
    AUTO_FREE char *h = hash_texts("HTTP", port_text, vpc_id ? vpc_id : "", NULL);
    AUTO_FREE char *base = fit(mem_strdup(names->base), LOAD_BALANCER_MAX - 5);
    return mem_printf("%s-%.4s", base, h);
}
