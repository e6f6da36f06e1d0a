// A few threads that share one loop at a time: those of one inference.
#ifndef CAY_ENGINE_TEAM_H
#define CAY_ENGINE_TEAM_H

#include "common/err.h"

#include <stddef.h>

struct cay_team;

// Starts threads - 1 of them: the caller of cay_team_run is the last. Their affinity is that of the
// caller, and signals are left to other threads. NULL on failure, with *err set.
struct cay_team *cay_team_new(size_t threads, struct cay_err *err);
void cay_team_free(struct cay_team *team); // NULL is fine

size_t cay_team_size(const struct cay_team *team); // the caller counts; 1 for NULL

// Calls work(context, part) once for each part in [0, parts), in no order, on all threads, and
// returns when all are done. The first parts are the caller's, the next ones the next thread's;
// whoever is free takes those of others, so that unequal cores share well. One run at a time; a
// NULL team runs all on the caller.
typedef void cay_team_work(void *context, size_t part);
void cay_team_run(struct cay_team *team, size_t parts, cay_team_work *work, void *context);

#endif
