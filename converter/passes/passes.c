// The passes of a conversion, in their order.
#include "converter/passes/passes.h"
#include "common/size.h"

static const struct cay_pass passes[] = {
	{"drop-identity", cay_pass_drop_identity, 1},	  // what does nothing at inference
	{"fold-constants", cay_pass_fold_constants, 1},	  // reshaped parameters
	{"take-weights", cay_pass_take_weights, 1},	  // stored as integers
	{"fold-fake-quant", cay_pass_fold_fake_quant, 8}, // simulated quantization to int8
	{"fold-qdq", cay_pass_fold_qdq, 8},   // likewise where one node quantizes and dequantizes
	{"drop-dead", cay_pass_drop_dead, 1}, // what no output needs
	{"name-ops", cay_pass_name_ops, 1},   // one op for one meaning
	{"complete-attrs", cay_pass_complete_attrs, 1}, // what a runtime reads without a default
	{"fuse-conv", cay_pass_fuse_conv, 8},	      // what scales and shifts into the convolution
	{"join-convs", cay_pass_join_convs, 1},	      // two in a row
	{"fuse-fc", cay_pass_fuse_fc, 1},	      // mul and bias into fc
	{"fuse-ops", cay_pass_fuse_ops, 1},	      // what others write as several
	{"fuse-act", cay_pass_fuse_act, 1},	      // activation into what computes its input
	{"store-weights", cay_pass_store_weights, 8}, // as integers
	{"place-quant", cay_pass_place_quant, 1},     // where int8 begins and ends
	{"complete-outputs", cay_pass_complete_outputs, 1}, // what a runtime writes to unasked
	{"name-outputs", cay_pass_name_outputs, 1}, // outputs keep the names that users know
	{"pick-kernels", cay_pass_pick_kernels, 1},
};

size_t cay_passes(const struct cay_pass **ret)
{
	*ret = passes;
	return CAY_ARRAY_SIZE(passes);
}
