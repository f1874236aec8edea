// SPDX-License-Identifier: MIT
#include "screens/prices.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { HOURS_A_MONTH = 730, CPU_UNITS_A_CORE = 1024, MIB_A_GB = 1024 };

#define PER_HOUR                  ((double)HOURS_A_MONTH)
#define PER_MONTH                 1.0
#define PRICE(name, amount, unit) PRICE_##name,
enum price {
#include "assets/prices/us-east-1.def"
    PRICE_COUNT
};
#undef PRICE
#undef PRICES_CHECKED
#undef PRICES_REGION
#undef PRICES_ELSEWHERE_PERCENT
#define PRICE(name, amount, unit) [PRICE_##name] = (amount) * (unit),
static const double months[PRICE_COUNT] = {
#include "assets/prices/us-east-1.def"
};

double prices_tasks_month(unsigned cpu_units, unsigned memory_mib, enum cpu_arch arch,
                          unsigned tasks)
{
    bool arm = arch == ARCH_ARM64;
    double cores = (double)cpu_units / CPU_UNITS_A_CORE;
    double gb = (double)memory_mib / MIB_A_GB;
    double one = cores * months[arm ? PRICE_fargate_arm_vcpu : PRICE_fargate_x86_vcpu] +
                 gb * months[arm ? PRICE_fargate_arm_gb : PRICE_fargate_x86_gb];
    return one * tasks;
}

double prices_new_vpc_month(void)
{
    return months[PRICE_nat_gateway] + months[PRICE_public_ipv4];
}

static int dearer(const void *a, const void *b)
{
    double x = ((const struct price_item *)a)->month;
    double y = ((const struct price_item *)b)->month;
    return (x < y) - (x > y);
}

static double containers_month(const struct answers *a)
{
    unsigned tasks = a->options.autoscaling ? a->options.min_tasks : a->backend.tasks;
    return prices_tasks_month(a->backend.cpu_units, a->backend.memory_mib, a->backend.arch, tasks);
}

size_t prices_of(const struct answers *a, struct price_item out[PRICES_MAX])
{
    size_t n = 0;
    unsigned tasks = a->options.autoscaling ? a->options.min_tasks : a->backend.tasks;
    out[n++] = (struct price_item){tasks == 1 ? "container" : "containers", containers_month(a)};
    out[n++] = (struct price_item){"load balancer", months[PRICE_load_balancer]};
    if (a->network.new_vpc) {
        out[n++] = (struct price_item){"NAT gateway", months[PRICE_nat_gateway]};
        out[n++] = (struct price_item){"public address of the NAT", months[PRICE_public_ipv4]};
    }
    out[n++] = (struct price_item){"log", months[PRICE_logs]};
    out[n++] = (struct price_item){"secret", months[PRICE_secret]};
    if (a->options.kms_key)
        out[n++] = (struct price_item){"key of your own", months[PRICE_kms_key]};
    out[n++] = (struct price_item){"image repository", months[PRICE_repository]};
    qsort(out, n, sizeof *out, dearer);
    return n;
}

double prices_month(const struct answers *answers)
{
    struct price_item items[PRICES_MAX];
    size_t n = prices_of(answers, items);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += items[i].month;
    return sum;
}

static const struct {
    const char *service, *resource; // how they begin
    enum price price;
} left_prices[] = {
    {"elasticloadbalancing:", "loadbalancer/", PRICE_load_balancer},
    {"ec2:", "natgateway/", PRICE_nat_gateway},
    {"ec2:", "elastic-ip/", PRICE_public_ipv4},
    {"secretsmanager:", "secret:", PRICE_secret},
    {"kms:", "key/", PRICE_kms_key},
    {"logs:", "log-group:", PRICE_logs_kept},
    {"ecr:", "repository/", PRICE_repository},
};

bool prices_left(const char *left, const struct answers *answers, double *month)
{
    *month = 0;
    if (!str_starts(left, "arn:"))
        return false;
    // "arn:aws:ecs:REGION:ACCOUNT:service/..."
    const char *service = strchr(left + strlen("arn:"), ':');
    const char *resource = service ? ++service : NULL;
    for (int i = 0; resource && i < 3; i++) {
        resource = strchr(resource, ':');
        resource = resource ? resource + 1 : NULL;
    }
    if (!resource)
        return false;
    if (str_starts(service, "ecs:") && str_starts(resource, "service/") && answers)
        *month = containers_month(answers);
    for (size_t i = 0; i < ARRAY_LEN(left_prices); i++)
        if (str_starts(service, left_prices[i].service) &&
            str_starts(resource, left_prices[i].resource))
            *month = months[left_prices[i].price];
    return true;
}

char *prices_text(double month)
{
    return mem_printf("$%.2f", month);
}

char *prices_basis(const char *region)
{
    if (str_empty(region) || str_eq(region, PRICES_REGION))
        return mem_printf("An estimate from list prices of %s, checked %s, without traffic.",
                          PRICES_REGION, PRICES_CHECKED);
    return mem_printf("An estimate from list prices of %s, checked %s, without traffic; %s costs "
                      "up to %d%% more.",
                      PRICES_REGION, PRICES_CHECKED, region, PRICES_ELSEWHERE_PERCENT);
}

const char *prices_checked(void)
{
    return PRICES_CHECKED;
}
