// SPDX-License-Identifier: MIT
#include "backend/export/setup.h"

#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/setup/config.h"
#include "backend/setup/suggest.h"
#include "backend/steps/discover.h"
#include "backend/steps/stack.h"

enum { FORMATS_MAX = 16, WORD_SHOWN = 40 };

// ---- the setup

static bool from_draft(struct export_setup *out, const char *state, const char *name,
                       struct err *err)
{
    AUTO_FREE char *dir = fs_join(state, name);
    AUTO_FREE char *path = fs_join(dir, "draft.json");
    STR_AUTO text = {0};
    str_init(&text, CONFIG_MAX_BYTES);
    ERR_AUTO e = {0};
    if (!fs_read(path, &text, &e)) {
        if (e.kind == ERR_NOT_FOUND)
            return err_set(err, ERR_NOT_FOUND, "there is no setup called %s on this machine", name);
        err_move(err, &e);
        return false;
    }
    JSON_AUTO *tree = json_parse(text.data, text.len, NULL, err);
    return tree && (config_read(tree, &out->answers, err) ||
                    err_wrap(err, "the saved answers of %s", name));
}

bool export_setup_open(struct export_setup *out, const char *name, struct err *err)
{
    *out = (struct export_setup){0};
    answers_init(&out->answers);
    AUTO_FREE char *state = fs_state_dir(err);
    if (!state)
        return false;
    ERR_AUTO e = {0};
    if (!journal_look(&out->journal, state, name, &e)) {
        bool none = e.kind == ERR_NOT_FOUND;
        if (none && from_draft(out, state, name, err))
            return true;
        if (none) {
            if (err && err->kind == ERR_NOT_FOUND)
                err_remedy(err, "forest-setup status lists those there are.");
            return false;
        }
        err_move(err, &e);
        return false;
    }
    const struct json *kept = journal_answers(out->journal);
    if (!kept)
        return err_set(err, ERR_NOT_FOUND, "the journal of %s holds no answers yet", name);
    return config_read(kept, &out->answers, err) ||
           err_wrap(err, "the recorded answers of %s", name);
}

void export_setup_close(struct export_setup *setup)
{
    journal_close(setup->journal);
    answers_clear(&setup->answers);
    *setup = (struct export_setup){0};
}

// ---- the formats

static bool unknown_format(const char *word, struct err *err)
{
    size_t count = 0;
    const struct export_format *all = export_formats(&count);
    const char *names[FORMATS_MAX];
    STR_AUTO known = {0};
    str_init(&known, STR_LINE);
    for (size_t i = 0; i < count && i < FORMATS_MAX; i++) {
        names[i] = all[i].name;
        str_addf(&known, "%s%s", i ? ", " : "", all[i].name);
    }
    const char *near = suggest(word, names, count < FORMATS_MAX ? count : FORMATS_MAX);
    AUTO_FREE char *shown = text_safe(word, WORD_SHOWN);
    err_set(err, ERR_INPUT, "there is no form \"%s\" to export as", shown);
    return near ? err_remedy(err, "Did you mean %s? There are %s, or all.", near, known.data)
                : err_remedy(err, "There are %s, or all.", known.data);
}

static bool take_word(const char *word, bool *wanted, size_t count, struct err *err)
{
    const struct export_format *all = export_formats(&count);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        if (str_eq(word, "all") || str_eq(word, all[i].name))
            found = wanted[i] = true;
    return found || unknown_format(word, err);
}

char *export_formats_parse(const char *list, bool *out_wanted, size_t count, struct err *err)
{
    memset(out_wanted, 0, count * sizeof *out_wanted);
    for (const char *p = list;;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *word = mem_strndup(p, n);
        if (!take_word(word, out_wanted, count, err))
            return NULL;
        if (!p[n])
            break;
        p += n + 1;
    }
    STR_AUTO names = {0};
    str_init(&names, STR_LINE);
    const struct export_format *all = export_formats(&count);
    for (size_t i = 0; i < count; i++)
        if (out_wanted[i])
            str_addf(&names, "%s%s", names.len ? ", " : "", all[i].name);
    return str_take(&names);
}

// ---- what AWS knows of a setup that is not made yet

// The VPC and its subnets as a run would choose them, or the zones of a new VPC.
static void learn_network(struct stack *stack, struct facts *facts)
{
    const struct answers *a = stack->answers;
    if (a->network.new_vpc) {
        AUTO_FREE char *zones = zones_for_new_vpc(stack->aws, NULL);
        facts_set(facts, "zones.ids", zones);
        return;
    }
    struct network *network = network_load(stack->aws, NULL);
    struct network_choice choice = {0};
    if (network && network_choose(network, a->network.vpc, a->network.subnets,
                                  a->network.subnet_count, &choice, NULL)) {
        facts_set(facts, "network.vpc", choice.vpc);
        facts_set(facts, "network.subnets", choice.tasks);
        facts_set(facts, "network.alb_subnets", choice.balancer);
        facts_set(facts, "network.link_subnets", choice.link);
    }
    network_choice_clear(&choice);
    network_free(network);
}

static bool network_known(const struct export_input *in)
{
    return facts_get(in->facts, "network.vpc") || facts_get(in->facts, "zones.ids");
}

// The account behind the answers' profile, and the network. Without a login the formats say
// themselves what they lack.
static void ask_aws(const struct export_setup *setup, struct cancel *cancel,
                    struct export_input *in)
{
    struct stack_options options = {.answers = &setup->answers, .cancel = cancel};
    struct stack *stack = NULL;
    if (!stack_open(&stack, &options, NULL))
        return;
    export_input_clear(in);
    export_input_init(in, &setup->answers, setup->journal, stack->account, stack->region);
    if (!network_known(in) && str_eq(in->region, stack->region))
        learn_network(stack, in->facts);
    stack_close(stack);
}

bool export_setup_make(const struct export_setup *setup, const char *base_dir, bool folder,
                       const bool *wanted, struct cancel *cancel, struct export_files *out,
                       struct err *err)
{
    size_t count = 0;
    const struct export_format *all = export_formats(&count);
    bool account = false, network = false;
    for (size_t i = 0; i < count; i++) {
        account |= wanted[i] && all[i].account;
        network |= wanted[i] && all[i].network;
    }
    struct export_input in = {0};
    export_input_init(&in, &setup->answers, setup->journal, NULL, NULL);
    if ((account && !in.named) || (network && !network_known(&in)))
        ask_aws(setup, cancel, &in);
    in.base_dir = base_dir;
    in.folder = folder;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        if (wanted[i])
            ok = all[i].make(&in, out, err);
    export_input_clear(&in);
    return ok;
}
