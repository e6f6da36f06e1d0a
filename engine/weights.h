// Weights that a model file stores as integers, while its ops compute in fp32.
#ifndef CAY_ENGINE_WEIGHTS_H
#define CAY_ENGINE_WEIGHTS_H

#include "common/tracker.h"
#include "nb/program.h"

// Puts floats of the program's arena in the place of integers that have scales. progress (NULL:
// nobody's) is asked whether to go on.
int cay_weights_restore(struct cay_program *program, const struct cay_tracker *progress,
			struct cay_err *err);

#endif
