// From a program as data to the layers of a model, prepared.
#ifndef CAY_ENGINE_LAYERS_H
#define CAY_ENGINE_LAYERS_H

#include "engine/internal.h"

// Fills values, layers, states, inputs and outputs of an otherwise empty model. The program is not
// needed afterwards.
int cay_layers_build(struct cay_model *model, const struct cay_program *program,
		     struct cay_err *err);

#endif
