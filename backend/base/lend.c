// SPDX-License-Identifier: MIT
#include "backend/base/lend.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of the offer
static pthread_mutex_t lent = PTHREAD_MUTEX_INITIALIZER; // held while somebody has it
static struct lender offer;
static bool offered;

void lend_offer(const struct lender *lender)
{
    pthread_mutex_lock(&lock);
    offered = lender != NULL;
    offer = lender ? *lender : (struct lender){0};
    pthread_mutex_unlock(&lock);
}

static struct lender current(bool *out_offered)
{
    pthread_mutex_lock(&lock);
    struct lender now = offer;
    *out_offered = offered;
    pthread_mutex_unlock(&lock);
    return now;
}

bool lend_offered(void)
{
    bool yes = false;
    (void)current(&yes);
    return yes;
}

bool lend_take(struct cancel *cancel)
{
    pthread_mutex_lock(&lent);
    bool yes = false;
    struct lender now = current(&yes);
    if (yes && (!now.take || now.take(now.context, cancel)))
        return true;
    pthread_mutex_unlock(&lent);
    return false;
}

void lend_return(void)
{
    bool yes = false;
    struct lender now = current(&yes);
    if (yes && now.give_back)
        now.give_back(now.context);
    pthread_mutex_unlock(&lent);
}
