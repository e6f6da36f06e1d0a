// Weights that a model file stores as integers, while its ops compute in fp32.
#ifndef CAY_ENGINE_WEIGHTS_H
#define CAY_ENGINE_WEIGHTS_H

#include "nb/program.h"

// Puts floats of the program's arena in the place of integers that have scales.
int cay_weights_restore(struct cay_program *program, struct cay_err *err);

#endif
