// Multiplication by a matrix of weights that is packed once: what fc, mul and matmul share.
#ifndef CAY_ENGINE_OPS_FC_H
#define CAY_ENGINE_OPS_FC_H

#include "engine/op.h"

// The three functions of an op; the state is theirs.
int cay_fc_prepare(struct cay_prepare *p, struct cay_layer *layer, void **state,
		   struct cay_err *err);
int cay_fc_plan(struct cay_plan_context *p, const struct cay_layer *layer, const void *state,
		struct cay_err *err);
int cay_fc_run(const struct cay_io *io, struct cay_err *err);

#endif
