// SPDX-License-Identifier: MIT
// A run whose credentials expire pauses until somebody has signed in again, here or with the AWS
// CLI in another terminal, makes sure that it is still the same account, and goes on.
//
// login_wait_new() -> login_wait_sink() for whoever emits beside it -> login_wait_begin() when the
// account is known: from then on the stack's client asks here (aws_client_login()) -> stack_close()
// -> login_wait_free(). One pause for all threads: the others wait for its end. The pause has no
// limit; the stack's cancel ends it with ERR_CANCELLED, a sign-in to another account with
// ERR_CONFLICT, for this call and all after it. Keys of the environment cannot change while this
// runs: with those the call fails as it would without this.
#ifndef FOREST_STEPS_LOGIN_WAIT_H
#define FOREST_STEPS_LOGIN_WAIT_H

#include "backend/engine/event.h"
#include "backend/steps/stack.h"

struct login_wait;

struct login_wait *login_wait_new(struct event_sink sink);
// The same sink, for one thread at a time.
struct event_sink login_wait_sink(struct login_wait *wait);
void login_wait_begin(struct login_wait *wait, struct stack *stack);
void login_wait_free(struct login_wait *wait);

#endif
