// SPDX-License-Identifier: MIT
// One worker at a time on a setup, across machines. (On one machine the kernel's lock of the
// journal does that; it is taken first.)
//
// lease_take() before the first write -> lease_permit() before every write (aws_client_guard() sees
// to that) -> lease_release(). A thread renews it meanwhile. Thread-safe in between.
//
// The lease is an empty log group "<log group of the setup>/lease/<n>". Why that:
//   - CreateLogGroup is atomic: one name is made once, the second caller gets
//     ResourceAlreadyExistsException (CloudWatch Logs API Reference, CreateLogGroup: "You must use
//     ... log group names must be unique within a Region for an Amazon Web Services account").
//   - its tags come with the create, so that whoever is second can always read whose it is.
//   - it costs nothing (Logs charges for data), needs nothing that exists, can be made and deleted
//     at once, and the operator's policy has its five actions for the setup's log already.
//   - its tag forestadmin:stack makes it part of the proof by tag: a lease left behind is seen.
// Logs has no conditional update, so n does it: a lease that has run out is taken over by creating
// n + 1, which only one can, and then deleting n. Both sides write first and read then: who takes
// over creates n + 1 and looks whether n was renewed meanwhile (then it steps back); who renews
// writes its tag and looks whether a higher number is there (then it does not count as renewed). So
// one of two that meet sees the other. That rests on Logs showing what was written before; AWS does
// not promise how soon, which is why an owner stops a sixth of the term before the lease ends.
//
// Time is AWS's: `until` is reckoned from the Date of AWS's answers plus this machine's elapsed
// time (which counts sleep), never from the wall clock of a laptop. An owner that slept past its
// end must renew before its next write, and cannot when somebody else has taken over.
//
// Whoever is killed leaves its lease; it ends by itself after the term. On the same machine and
// records the next run knows it for its own (the file "lease" beside the journal) and goes on at
// once: the kernel's lock says that the other process is dead.
#ifndef FOREST_STEPS_LEASE_H
#define FOREST_STEPS_LEASE_H

#include "backend/steps/stack.h"

// err.code of ERR_CONFLICT: another forest-setup works on it. The message says who, where and since
// when; the remedy until when at least.
#define LEASE_HELD "locked"
// err.code of ERR_CONFLICT: it was ours and somebody else has taken over.
#define LEASE_LOST "lease-lost"

struct lease;

struct lease_options {
    const struct stack *stack; // borrowed until lease_free()
    const char *records_dir;   // where "lease" lies
    struct cancel *cancel;
};

// ERR_CONFLICT when another one holds it.
bool lease_take(struct lease **out, const struct lease_options *options, struct err *err);
// Only looks: ERR_CONFLICT when another one holds it now.
bool lease_look(const struct lease_options *options, struct err *err);
// Still ours? Renews it first when its time is up. ERR_CONFLICT (LEASE_LOST) when it is not.
bool lease_permit(void *lease, struct err *err);
// Gives it back, also when the run was cancelled. Nothing is left on AWS then. Twice is fine.
bool lease_release(struct lease *lease, struct err *err);
// Did the last run on these records end without having given its lease back?
bool lease_remembered(const char *records_dir);
void lease_counts(struct lease *lease, struct aws_counts *out); // aws_counts_clear()
void lease_free(struct lease *lease);                           // releases it first; NULL is fine

#endif
