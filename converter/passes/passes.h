// The passes of a conversion, in their order.
#ifndef CAY_CONVERTER_PASSES_PASSES_H
#define CAY_CONVERTER_PASSES_PASSES_H

#include "converter/graph.h"

struct cay_pass {
	const char *name;
	int (*run)(struct cay_graph *graph, struct cay_err *err);
	unsigned cost;	 // its share of the time, for progress: some passes work on all weights
	unsigned compat; // the files that it is for: a sum of bits, 1 << enum cay_compat
};

// The pass after `pass` of those that make files for these runtimes; NULL if it is the last one.
// The first one if `pass` is NULL.
const struct cay_pass *cay_pass_next(const struct cay_pass *pass, enum cay_compat compat);

int cay_pass_clip_relu6(struct cay_graph *graph, struct cay_err *err);
int cay_pass_complete_attrs(struct cay_graph *graph, struct cay_err *err);
int cay_pass_complete_outputs(struct cay_graph *graph, struct cay_err *err);
int cay_pass_drop_dead(struct cay_graph *graph, struct cay_err *err);
int cay_pass_drop_dropout(struct cay_graph *graph, struct cay_err *err);
int cay_pass_drop_identity(struct cay_graph *graph, struct cay_err *err);
int cay_pass_drop_observers(struct cay_graph *graph, struct cay_err *err);
int cay_pass_drop_scale(struct cay_graph *graph, struct cay_err *err);
int cay_pass_expand_ops(struct cay_graph *graph, struct cay_err *err);
int cay_pass_flatten_prelu(struct cay_graph *graph, struct cay_err *err);
int cay_pass_fold_constants(struct cay_graph *graph, struct cay_err *err);
int cay_pass_fold_fake_quant(struct cay_graph *graph, struct cay_err *err);
int cay_pass_fold_qdq(struct cay_graph *graph, struct cay_err *err);
int cay_pass_fold_unsqueeze(struct cay_graph *graph, struct cay_err *err);
int cay_pass_fuse_act(struct cay_graph *graph, struct cay_err *err);
int cay_pass_fuse_conv(struct cay_graph *graph, struct cay_err *err);
int cay_pass_fuse_fc(struct cay_graph *graph, struct cay_err *err);
int cay_pass_fuse_ops(struct cay_graph *graph, struct cay_err *err);
int cay_pass_join_convs(struct cay_graph *graph, struct cay_err *err);
int cay_pass_name_gathers(struct cay_graph *graph, struct cay_err *err);
int cay_pass_name_ops(struct cay_graph *graph, struct cay_err *err);
int cay_pass_join_scales(struct cay_graph *graph, struct cay_err *err);
int cay_pass_name_old_ops(struct cay_graph *graph, struct cay_err *err);
int cay_pass_name_outputs(struct cay_graph *graph, struct cay_err *err);
int cay_pass_pick_kernels(struct cay_graph *graph, struct cay_err *err);
int cay_pass_place_quant(struct cay_graph *graph, struct cay_err *err);
int cay_pass_sink_squeeze(struct cay_graph *graph, struct cay_err *err);
int cay_pass_store_weights(struct cay_graph *graph, struct cay_err *err);
int cay_pass_take_weights(struct cay_graph *graph, struct cay_err *err);

#endif
