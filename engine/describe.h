// What a file does not say of its inputs and outputs, worked out from the ops.
#ifndef CAY_ENGINE_DESCRIBE_H
#define CAY_ENGINE_DESCRIBE_H

#include "engine/internal.h"
#include "nb/program.h"

// Files of meta 0 say neither type nor shape of a fed variable. Sets both as the ops that read it
// suggest: "?x3x?x?" before a convolution of three channels. What they leave open is guessed, FP32
// and "?" at worst, and whoever sends a tensor says its shape.
void cay_describe_input(const struct cay_program *program, const char *name, struct cay_port *ret);

// Sets the shapes of the outputs of such a model, as far as plans for some usual sizes agree. Fails
// past the deadline of the model's limits only.
int cay_describe_outputs(struct cay_model *model, struct cay_err *err);

#endif
