// The tables of opt: what can be converted, and what a model asks for.
#include "cli/convert/convert.h"
#include "nb/nb.h"

#include <stdio.h>
#include <string.h>

// Ops of Paddle that `opt` 2.13 lists for ARM and that cannot be converted here, or could not when
// this was written: its list without what only its own passes make.
static const char others[] =
	"affine_channel affine_grid anchor_generator argsort "
	"attention_padding_mask axpy beam_search beam_search_decode bitwise_and "
	"bitwise_not bitwise_or bitwise_xor box_clip box_coder collect_fpn_proposals "
	"conditional_block correlation cos_sim crf_decoding crop crop_tensor ctc_align "
	"cumsum decode_bboxes deformable_conv density_prior_box dequantize_log "
	"distribute_fpn_proposals elementwise_floordiv elementwise_mod elementwise_pow "
	"equal expand_as fill_zeros_like flip gather_tree gaussian_random "
	"generate_proposals generate_proposals_v2 greater_equal greater_than "
	"grid_sampler gru gru_unit im2sequence increment inverse is_empty less_equal "
	"less_than linear_interp linear_interp_v2 linspace lod_array_length lod_reset "
	"logical_and logical_not logical_or logical_xor lookup_table_dequant lstm "
	"matrix_nms mean merge_lod_tensor meshgrid multiclass_nms multiclass_nms2 "
	"multiclass_nms3 negative norm not_equal one_hot one_hot_v2 pad "
	"polygon_box_transform prior_box range read_from_array reduce_all reduce_any "
	"relu_clipped retinanet_detection_output reverse rnn roi_align "
	"roi_perspective_transform roll round sampling_id scatter scatter_nd_add "
	"select_input sequence_conv sequence_expand sequence_expand_as sequence_mask "
	"sequence_pad sequence_pool sequence_pool_concat sequence_reverse_embedding "
	"sequence_softmax sequence_unpad set_value sign split_lod_tensor sync_batch_norm "
	"temporal_shift tensor_array_to_tensor thresholded_relu top_k top_k_v2 "
	"topk_pooling tril_triu unfold uniform_random unique unique_with_counts "
	"viterbi_decode where where_index while write_to_array yolo_box";

static void put_row(struct cay_buf *out, const char *type, int target)
{
	cay_buf_printf(out, "%40s  %4s  %5s\n", type, target == CAY_TARGET_ARM ? "Y" : "",
		       target == CAY_TARGET_HOST ? "Y" : "");
}

static void put_head(struct cay_buf *out)
{
	cay_buf_printf(out, "%40s  %4s  %5s\n", "OP_name", "kARM", "kHost");
}

// Where the op's kernel runs, 0 for ops that conversion takes out. The kernel is "def/4/1/1".
static int parse_target(const char *type, const char *kernel)
{
	struct cay_kernel_key key;
	struct cay_err err;
	char text[160];

	if (!kernel)
		return 0;
	snprintf(text, sizeof(text), "%s/%s", type, kernel);
	return cay_kernel_key_parse(text, &key, &err) < 0 ? 0 : key.target;
}

static bool find_supported(const char *type, const char **ret_kernel)
{
	const char *name;

	for (size_t i = 0; i < cay_convert_supported(i, &name, ret_kernel); i++)
		if (strcmp(name, type) == 0)
			return true;
	return false;
}

static int find_target(const char *type)
{
	const char *kernel;

	return find_supported(type, &kernel) ? parse_target(type, kernel) : 0;
}

static void put_markdown(struct cay_buf *out, const char *type, int target)
{
	cay_buf_printf(out, "| %s | %s | %s |\n", type, target == CAY_TARGET_ARM ? "Y" : "",
		       target == CAY_TARGET_HOST ? "Y" : "");
}

// The name at *at, and what follows it: the next one that is not supported. False: there is none.
static bool next_other(const char **at, char ret[64])
{
	const char *kernel;

	while (**at) {
		const size_t len = strcspn(*at, " ");

		snprintf(ret, 64, "%.*s", (int)len, *at);
		*at += len + (len < strlen(*at));
		if (!find_supported(ret, &kernel))
			return true;
	}
	return false;
}

static void put_others(struct cay_buf *out)
{
	const char *at = others;
	char name[64];

	cay_buf_text(out, "\nNot supported, of the ops that opt 2.13 lists for ARM:\n");
	while (next_other(&at, name))
		cay_buf_printf(out, "%40s\n", name);
}

static void put_others_markdown(struct cay_buf *out)
{
	const char *at = others, *between = "";
	char name[64];

	cay_buf_text(out, "\nNot supported, of the ops that opt 2.13 lists for ARM: ");
	for (; next_other(&at, name); between = ", ")
		cay_buf_printf(out, "%s`%s`", between, name);
	cay_buf_text(out, "\n");
}

int cay_print_ops(bool all, bool markdown)
{
	struct cay_buf out = {0};
	const char *type, *kernel;

	if (markdown) {
		cay_buf_text(&out, "| OP_name | ARM | Host |\n|:-|:-:|:-:|\n");
	} else {
		cay_buf_text(&out, "Supported OPs on 'kARM':\n");
		put_head(&out);
	}
	for (size_t i = 0; i < cay_convert_supported(i, &type, &kernel); i++)
		(markdown ? put_markdown : put_row)(&out, type, parse_target(type, kernel));
	if (all)
		(markdown ? put_others_markdown : put_others)(&out);
	return cay_print_stdout(&out);
}

int cay_print_kernels(void)
{
	struct cay_buf out = {0};
	const char *type, *kernel;

	for (size_t i = 0; i < cay_convert_supported(i, &type, &kernel); i++)
		if (kernel)
			cay_buf_printf(&out, "%s/%s\n", type, kernel);
	return cay_print_stdout(&out);
}

int cay_print_model_ops(const char *input, const struct cay_paddle_dir *dir,
			struct cay_report *report)
{
	struct cay_buf out = {0};
	struct cay_err err;
	int status, result = cay_convert_survey(dir, report, &err);

	if (result < 0 && !report->missing_count)
		return cay_exit_fail(input, &err);
	cay_buf_text(&out, "OPs in the input model include:\n");
	put_head(&out);
	for (size_t i = 0; i < report->op_count; i++)
		put_row(&out, report->ops[i].type, find_target(report->ops[i].type));
	if (result == 0)
		cay_buf_text(&out, "cayuco supports this model!\n");
	status = cay_print_stdout(&out);
	return status == CAY_EXIT_DONE && result < 0 ? cay_exit_fail(input, &err) : status;
}
