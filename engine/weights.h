// Weights that a model file stores in another type than their ops' kernels compute in.
#ifndef CAY_ENGINE_WEIGHTS_H
#define CAY_ENGINE_WEIGHTS_H

#include "common/tracker.h"
#include "nb/program.h"

// Replaces integers, or floats, that have scales by what the kernels take; the data are in the
// program's arena. progress, which may be NULL, may stop it.
int cay_weights_restore(struct cay_program *program, const struct cay_tracker *progress,
			struct cay_err *err);

#endif
