// What a file leaves unsaid of its inputs.
#ifndef CAY_ENGINE_DESCRIBE_H
#define CAY_ENGINE_DESCRIBE_H

#include "engine/internal.h"
#include "nb/program.h"

// Files of meta 0 say neither type nor shape of a fed variable. Both follow from the ops that read
// it: "?x3x?x?" before a convolution of three channels. False if they do not.
bool cay_describe_input(const struct cay_program *program, const char *name,
			struct cay_var_desc *ret);

// Sets the shapes of the outputs of such a model, as far as plans for some usual sizes agree.
void cay_describe_outputs(struct cay_model *model);

#endif
