// SPDX-License-Identifier: MIT
#include "screens/network.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/validate.h"
#include "screens/prices.h"

static const char help[] =
    "The backend runs in private subnets: it has no public address, and reaches Forest through "
    "what the subnets have as a way out, usually a NAT gateway. The browser comes in through an "
    "API Gateway, a VPC link and an internal load balancer, which is why the load balancer needs "
    "two zones and the link a zone that takes VPC links.\n\n"
    "Each VPC has a verdict. One that cannot run the backend stays in the list with the reason and "
    "what would help. A row's inside is shown below; Tab goes there, Space takes a subnet in or "
    "out, and the choice is checked at once. Untouched, the suggested subnets are used.\n\n"
    "Choose the VPC of your database, or one that is connected to it. A new VPC is the dearest "
    "choice and sees no existing database unless you peer the two.\n\n"
    "Reading the networks changes nothing.";

static const char *name_or_id(const struct json *o)
{
    const char *name = json_str(o, "name");
    return str_empty(name) ? json_str_or(o, "id", "") : name;
}

// ---- VPCs

static void order_vpcs(struct network_screen *s, struct lookup found)
{
    if (s->order && s->ordered.value == found.value && s->ordered.since_ms == found.since_ms)
        return;
    s->ordered = found;
    const struct json *vpcs = found.value;
    size_t count = json_count(vpcs);
    s->order = mem_realloc(s->order, count ? count : 1, sizeof *s->order);
    s->order_count = 0;
    for (int usable = 1; usable >= 0; usable--)
        for (const struct json *v = json_first(vpcs); v; v = json_next(v))
            if (json_bool(v, "usable", false) == (usable != 0))
                s->order[s->order_count++] = v;
}

static void new_vpc_row(struct network_screen *s, struct view_list_row *out)
{
    AUTO_FREE char *price = prices_text(prices_new_vpc_month());
    snprintf(s->text, sizeof s->text, "%s a month: 2 zones, 1 NAT", price);
    out->key = NETWORK_NEW;
    out->columns[0] = "a new VPC";
    out->status = (struct view_status){.state = VIEW_QUIET, .text = s->text};
    out->sign = SIGN_NEW;
    if (str_eq(s->suggested, NETWORK_NEW))
        out->below_chosen = s->why;
}

static void vpc_row(void *context, size_t index, struct view_list_row *out)
{
    struct network_screen *s = context;
    *out = (struct view_list_row){.sign = SIGNS};
    if (index >= s->order_count) {
        new_vpc_row(s, out);
        return;
    }
    const struct json *v = s->order[index];
    bool usable = json_bool(v, "usable", false);
    out->key = json_str_or(v, "id", "");
    out->columns[0] = name_or_id(v);
    out->columns[1] = json_str_or(v, "cidr", "");
    snprintf(s->text, sizeof s->text, "%s%s", json_str_or(v, "verdict", ""),
             json_bool(v, "default", false) ? " (the account's default VPC)" : "");
    out->status = (struct view_status){.state = usable ? VIEW_GOOD : VIEW_BAD, .text = s->text};
    if (!usable) {
        out->disabled = s->text;
        out->below_chosen = json_str(v, "remedy");
    } else if (str_eq(s->suggested, out->key)) {
        out->below_chosen = s->why;
    }
}

// ---- the inside of one

static const char *kind_text(char *out, size_t bytes, const struct json *subnet)
{
    const char *kind = json_str_or(subnet, "kind", "");
    const char *way = json_str_or(subnet, "way_out", "");
    if (!str_eq(kind, "private"))
        return kind;
    snprintf(out, bytes, "private %.*s", (int)strcspn(way, " "), way);
    return out;
}

static void add_use(struct str *uses, const char *list, const char *id, const char *word)
{
    if (list_holds(list, id))
        str_addf(uses, "%s%s", uses->len ? ", " : "", word);
}

static void subnet_uses(struct network_screen *s, const struct json *subnet,
                        struct view_list_row *out)
{
    const char *id = out->key;
    bool fits = str_starts(json_str_or(subnet, "kind", ""), "private");
    bool used = network_uses(s->wizard, s->inside, s->choice, subnet);
    struct str uses;
    str_init(&uses, sizeof s->text - 1);
    if (used)
        str_add(&uses, "task");
    add_use(&uses, json_str(s->choice.value, "balancer"), id, "balancer");
    add_use(&uses, json_str(s->choice.value, "link"), id, "link");
    if (used && s->choice.state == LOOKUP_ASKING)
        str_add(&uses, ", being checked");
    if (!uses.len)
        str_add(&uses, "not used");
    snprintf(s->text, sizeof s->text, "%s", uses.data);
    str_clear(&uses);
    out->status = (struct view_status){.state = used ? VIEW_GOOD : VIEW_QUIET, .text = s->text};
    if (!fits && !used)
        out->disabled = "the task needs a private subnet with a way out";
}

static void subnet_row(void *context, size_t index, struct view_list_row *out)
{
    struct network_screen *s = context;
    *out = (struct view_list_row){.sign = SIGNS};
    const struct json *subnet = s->subnets[index];
    static char kind[80], free_text[40];
    out->key = json_str_or(subnet, "id", "");
    out->columns[0] = name_or_id(subnet);
    out->columns[1] = kind_text(kind, sizeof kind, subnet);
    out->columns[2] = json_str(subnet, "zone_id");
    snprintf(free_text, sizeof free_text, "%lld free",
             (long long)json_int(subnet, "free_addresses", 0));
    out->columns[3] = free_text;
    subnet_uses(s, subnet, out);
    bool links = json_bool(subnet, "vpc_link", true);
    snprintf(s->below, sizeof s->below, "%s, %s, way out: %s%s", out->key,
             json_str_or(subnet, "cidr", ""), json_str_or(subnet, "way_out", "none"),
             links ? "" : ". VPC links do not work in this zone");
    out->below_chosen = s->below;
}

// What the task may use first.
static void order_subnets(struct network_screen *s)
{
    const struct json *all = json_get(s->inside, "subnets");
    size_t count = json_count(all);
    s->subnets = mem_realloc(s->subnets, count ? count : 1, sizeof *s->subnets);
    s->subnet_count = 0;
    for (int private = 1; private >= 0; private --)
        for (const struct json *n = json_first(all); n; n = json_next(n))
            if (str_starts(json_str_or(n, "kind", ""), "private") == (private != 0))
                s->subnets[s->subnet_count++] = n;
}

static void build_inside(struct network_screen *s, struct view *view)
{
    struct wizard *w = s->wizard;
    const char *id = json_str_or(s->inside, "id", ""), *name = name_or_id(s->inside);
    AUTO_FREE char *label =
        mem_printf("In %s%s%s", name, str_eq(id, name) ? "" : ", ", str_eq(id, name) ? "" : id);
    order_subnets(s);
    bool usable = json_bool(s->inside, "usable", false);
    s->choice = usable ? network_choice_of(w, s->inside, true) : (struct lookup){0};
    view_gap(view);
    view_list(view, &(struct view_list){.id = "subnet",
                                        .label = label,
                                        .count = s->subnet_count,
                                        .row = subnet_row,
                                        .context = s,
                                        .path = "network.subnets",
                                        .empty = "It has no subnets.",
                                        .tick = true});
    if (json_str(s->inside, "endpoints"))
        view_text(view, STYLE_DIM, "Reached without a NAT: %s.", json_str(s->inside, "endpoints"));
    if (usable && s->choice.state == LOOKUP_FAILED) {
        struct tell t;
        struct view_status status = tell_err(&t, VIEW_BAD, s->choice.err);
        view_note(view, &status);
    } else if (usable && s->choice.state == LOOKUP_ASKING && s->choice.since_ms) {
        view_busy(view, "Checking these subnets", s->choice.since_ms);
    }
    if (w->answers.network.subnet_count && network_is_answer(w, s->inside))
        view_keys(view, "suggested", K_CTRL, 't', "Ctrl-T", "take the suggested subnets");
}

static bool same_network(const char *a, const char *b)
{
    // Private ranges are shared out by their first two numbers nearly everywhere; enough for a word
    // of warning.
    size_t dots = 0, i = 0;
    for (; a && b && a[i] && a[i] == b[i] && dots < 2; i++)
        dots += a[i] == '.';
    return dots == 2;
}

static void build_new(struct network_screen *s, struct view *view, const struct json *vpcs)
{
    struct wizard *w = s->wizard;
    AUTO_FREE char *price = prices_text(prices_new_vpc_month());
    AUTO_FREE char *basis = prices_basis(w->answers.aws.region);
    view_gap(view);
    view_head(view, "A new VPC");
    view_text(view, STYLE_TEXT,
              "2 zones, each with a public and a private subnet, 1 internet gateway and 1 NAT "
              "gateway: %s a month. %s",
              price, basis);
    struct tell t;
    const struct json *database = json_first(lookup_peek(w, CORE_DATABASES, NULL).value);
    if (database) {
        struct view_status apart = tell(
            &t, VIEW_WARN, "%s is in another VPC: it cannot be reached until you peer the two.",
            json_str_or(database, "id", ""));
        view_note(view, &apart);
    }
    struct view_status status = {0};
    ERR_AUTO e = {0};
    const char *cidr = edit_text(&s->cidr);
    if (!validate_text("network.new_vpc.cidr", cidr, &e))
        status = tell_err(&t, VIEW_BAD, &e);
    for (const struct json *v = json_first(vpcs); v && status.state == VIEW_QUIET; v = json_next(v))
        if (same_network(cidr, json_str(v, "cidr")))
            status =
                tell(&t, VIEW_WARN, "%s has these addresses too: the two could never be connected.",
                     name_or_id(v));
    view_field(view, &(struct view_field){.id = "cidr",
                                          .label = "Addresses",
                                          .edit = &s->cidr,
                                          .path = "network.new_vpc.cidr",
                                          .hint = "10.42.0.0/16",
                                          .help = "A private range that nothing you want to "
                                                  "connect with uses.",
                                          .status = status,
                                          .no_question_mark = true});
}

static const struct json *find_shown(const struct network_screen *s, const char *key)
{
    for (size_t i = 0; i < s->order_count; i++)
        if (str_eq(json_str(s->order[i], "id"), key))
            return s->order[i];
    return NULL;
}

static void build_list(struct network_screen *s, struct view *view, const char *now)
{
    size_t count = s->order_count + 1;
    view_list(view, &(struct view_list){.id = "vpc",
                                        .label = "Where should the backend run?",
                                        .count = count,
                                        .row = vpc_row,
                                        .context = s,
                                        .chosen = now,
                                        .path = "network.vpc",
                                        .filter = true});
}

void network_build(struct wizard *w, struct view *view)
{
    struct network_screen *s = wizard_state(w, SCREEN_NETWORK);
    s->wizard = w;
    s->inside = NULL;
    view_keys(view, "again", K_CTRL, 'r', "Ctrl-R", "ask again");
    view_help(view, help);
    struct lookup vpcs = lookup(w, CORE_NETWORKS, NULL);
    lookup(w, CORE_DATABASES, NULL);
    if (vpcs.state == LOOKUP_ASKING) {
        view_busy(view, "Reading the networks of this region", vpcs.since_ms);
        return;
    }
    if (vpcs.state == LOOKUP_FAILED) {
        tell_failure(view, vpcs.err, "again");
        return;
    }
    order_vpcs(s, vpcs);
    const char *now = network_now(w);
    if (!str_empty(w->answers.network.vpc) && !network_answered(w, vpcs.value)) {
        struct tell t;
        struct view_status gone = tell(&t, VIEW_WARN, "%s is not in %s.", w->answers.network.vpc,
                                       w->answers.aws.region ? w->answers.aws.region : "here");
        view_note(view, &gone);
    }
    build_list(s, view, now);
    const char *key = network_looked_at(w);
    s->inside = find_shown(s, key);
    if (s->inside)
        build_inside(s, view);
    else if (str_eq(key, NETWORK_NEW))
        build_new(s, view, vpcs.value);
}
