// Weights that a model file stores in another type than their ops' kernels compute in.
#ifndef CAY_ENGINE_WEIGHTS_H
#define CAY_ENGINE_WEIGHTS_H

#include "common/tracker.h"
#include "nb/program.h"

// Puts what the kernels take, in the program's arena, in the place of integers or floats that have
// scales. progress (NULL: nobody's) is asked whether to go on.
int cay_weights_restore(struct cay_program *program, const struct cay_tracker *progress,
			struct cay_err *err);

#endif
