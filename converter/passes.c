// The passes of a conversion, in their order.
#include "converter/passes.h"
#include "common/size.h"

static const struct cay_pass passes[] = {
	{"drop-identity", cay_pass_drop_identity},   // what does nothing at inference
	{"fold-constants", cay_pass_fold_constants}, // reshaped parameters
	{"take-weights", cay_pass_take_weights},     // stored as integers
	{"fold-fake-quant",
	 cay_pass_fold_fake_quant},	   // simulated quantization becomes int8 and scales
	{"fold-qdq", cay_pass_fold_qdq},   // likewise where one node quantizes and dequantizes
	{"drop-dead", cay_pass_drop_dead}, // what no output needs
	{"name-ops", cay_pass_name_ops},   // one op for one meaning
	{"complete-attrs", cay_pass_complete_attrs}, // what a runtime reads without a default
	{"fuse-conv", cay_pass_fuse_conv},	     // what scales and shifts into the convolution
	{"join-convs", cay_pass_join_convs},	     // two in a row
	{"fuse-fc", cay_pass_fuse_fc},		     // mul and bias into fc
	{"fuse-ops", cay_pass_fuse_ops},	     // what others write as several
	{"fuse-act", cay_pass_fuse_act},	     // activation into what computes its input
	{"store-weights", cay_pass_store_weights},   // as integers
	{"place-quant", cay_pass_place_quant},	     // where int8 begins and ends
	{"complete-outputs", cay_pass_complete_outputs}, // what a runtime writes to unasked
	{"name-outputs", cay_pass_name_outputs},	 // outputs keep the names that users know
	{"pick-kernels", cay_pass_pick_kernels},
};

size_t cay_passes(const struct cay_pass **ret)
{
	*ret = passes;
	return CAY_ARRAY_SIZE(passes);
}
