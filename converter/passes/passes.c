// The passes of a conversion, in their order.
#include "converter/passes/passes.h"
#include "common/size.h"

#define FOR_2_9	 (1U << CAY_COMPAT_2_9)
#define FOR_2_13 (1U << CAY_COMPAT_2_13)
#define FOR_ALL	 (FOR_2_9 | FOR_2_13)

// Each with its cost, the files that it is for, and what it works on. Passes for 2.9 alone make
// fewer ops, or ops that older runtimes know. Those for 2.13 alone drop what opt 2.13 drops, and no
// more.
static const struct cay_pass passes[] = {
	{"drop-identity", cay_pass_drop_identity, 1, FOR_2_9},	   // what does nothing at inference
	{"drop-observers", cay_pass_drop_observers, 1, FOR_2_13},  // observers, copied parameters
	{"fold-constants", cay_pass_fold_constants, 1, FOR_2_9},   // reshapes of parameters
	{"fold-unsqueeze", cay_pass_fold_unsqueeze, 1, FOR_ALL},   // unsqueezes of parameters
	{"take-weights", cay_pass_take_weights, 1, FOR_ALL},	   // weights stored as integers
	{"fold-fake-quant", cay_pass_fold_fake_quant, 8, FOR_ALL}, // fake quantization to integers
	{"fold-qdq", cay_pass_fold_qdq, 8, FOR_ALL},		   // fake quantization to floats
	{"drop-dead", cay_pass_drop_dead, 1, FOR_ALL},		   // what no output needs
	{"name-old-ops", cay_pass_name_old_ops, 1, FOR_2_9},	   // names that older runtimes know
	{"name-ops", cay_pass_name_ops, 1, FOR_ALL},		   // one name for one meaning
	{"expand-ops", cay_pass_expand_ops, 1, FOR_ALL},	   // ops that others say, too
	{"name-gathers", cay_pass_name_gathers, 1, FOR_ALL},	   // one form for all gathers
	{"complete-attrs", cay_pass_complete_attrs, 1, FOR_ALL},   // attributes that runtimes need
	{"sink-squeeze", cay_pass_sink_squeeze, 1, FOR_2_9},	   // squeezes behind Conv1D
	{"fuse-conv", cay_pass_fuse_conv, 8, FOR_ALL},	    // scales and biases into convolutions
	{"join-convs", cay_pass_join_convs, 1, FOR_ALL},    // two convolutions in a row
	{"fuse-fc", cay_pass_fuse_fc, 1, FOR_ALL},	    // products and biases into fc
	{"fuse-ops", cay_pass_fuse_ops, 1, FOR_ALL},	    // several ops that are one
	{"drop-scale", cay_pass_drop_scale, 1, FOR_2_13},   // scales by one
	{"join-scales", cay_pass_join_scales, 1, FOR_2_13}, // two scales in a row
	{"fuse-act", cay_pass_fuse_act, 1, FOR_ALL},	    // activations into ops before them
	{"clip-relu6", cay_pass_clip_relu6, 1, FOR_ALL},    // relu6 with another limit than 6
	{"flatten-prelu", cay_pass_flatten_prelu, 1, FOR_ALL},	     // an alpha for each element
	{"drop-dropout", cay_pass_drop_dropout, 1, FOR_2_13},	     // dropouts that do nothing
	{"store-weights", cay_pass_store_weights, 8, FOR_ALL},	     // weights as integers
	{"place-quant", cay_pass_place_quant, 1, FOR_ALL},	     // where int8 begins and ends
	{"complete-outputs", cay_pass_complete_outputs, 1, FOR_ALL}, // outputs that runtimes need
	{"name-outputs", cay_pass_name_outputs, 1, FOR_ALL},	     // names that users know
	{"pick-kernels", cay_pass_pick_kernels, 1, FOR_ALL},	     // a kernel for each node
};

const struct cay_pass *cay_pass_next(const struct cay_pass *pass, enum cay_compat compat)
{
	const struct cay_pass *next = pass ? pass + 1 : passes,
			      *end = passes + CAY_ARRAY_SIZE(passes);

	while (next < end && !(next->compat & (1U << compat)))
		next++;
	return next < end ? next : NULL;
}
