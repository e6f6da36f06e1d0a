// What a build of Paddle-Lite needs that runs one model alone: ops, kernels and their source files.
#include "cli/convert/convert.h"
#include "common/file.h"
#include "nb/nb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Where Paddle-Lite 2.13 registers an op and its ARM or host kernels, without ".cc". Those that are
// not here are in TYPE_op and TYPE_compute.
static const struct source {
	const char *type, *op, *kernel;
} sources[] = {
	{"abs", "activation_ops", "activation_extra_compute"},
	{"arg_max", "argmax_op", "argmax_compute"},
	{"bilinear_interp", "interpolate_op", "interpolate_compute"},
	{"bilinear_interp_v2", "interpolate_v2_op", "interpolate_compute"},
	{"conv2d", "conv_op", "conv_compute"},
	{"conv2d_transpose", "conv_transpose_op", "conv_transpose_compute"},
	{"depthwise_conv2d", "conv_op", "conv_compute"},
	{"elementwise_add", "elementwise_ops", "elementwise_compute"},
	{"elementwise_div", "elementwise_ops", "elementwise_compute"},
	{"elementwise_max", "elementwise_ops", "elementwise_compute"},
	{"elementwise_min", "elementwise_ops", "elementwise_compute"},
	{"elementwise_mul", "elementwise_ops", "elementwise_compute"},
	{"elementwise_sub", "elementwise_ops", "elementwise_compute"},
	{"elu", "activation_ops", "activation_extra_compute"},
	{"erf", "activation_ops", "activation_extra_compute"},
	{"exp", "activation_ops", "activation_extra_compute"},
	{"flatten", "flatten_op", "reshape_compute"},
	{"flatten2", "flatten_op", "reshape_compute"},
	{"flatten_contiguous_range", "flatten_op", "flatten_compute"},
	{"floor", "activation_ops", "activation_extra_compute"},
	{"fusion_elementwise_add_activation", "fusion_elementwise_activation_ops",
	 "elementwise_compute"},
	{"fusion_elementwise_div_activation", "fusion_elementwise_activation_ops",
	 "elementwise_compute"},
	{"fusion_elementwise_mul_activation", "fusion_elementwise_activation_ops",
	 "elementwise_compute"},
	{"fusion_elementwise_sub_activation", "fusion_elementwise_activation_ops",
	 "elementwise_compute"},
	{"gelu", "activation_ops", "activation_extra_compute"},
	{"hard_sigmoid", "activation_ops", "activation_extra_compute"},
	{"hard_swish", "activation_ops", "activation_extra_compute"},
	{"leaky_relu", "activation_ops", "activation_compute"},
	{"log", "activation_ops", "activation_extra_compute"},
	{"lookup_table_v2", "lookup_table_v2_op", "lookup_table_compute"},
	{"max_pool2d_with_index", "max_pool_with_index_op", "max_pool_with_index_compute"},
	{"mish", "activation_ops", "activation_extra_compute"},
	{"multiclass_nms2", "multiclass_nms_op", "multiclass_nms_compute"},
	{"multiclass_nms3", "multiclass_nms_op", "multiclass_nms_compute"},
	{"nearest_interp", "interpolate_op", "interpolate_compute"},
	{"nearest_interp_v2", "interpolate_v2_op", "interpolate_compute"},
	{"p_norm", "norm_op", "norm_compute"},
	{"pool2d", "pool_op", "pool_compute"},
	{"prelu", "activation_ops", "activation_compute"},
	{"reciprocal", "activation_ops", "activation_extra_compute"},
	{"reduce_max", "reduce_ops", "reduce_compute"},
	{"reduce_mean", "reduce_ops", "reduce_compute"},
	{"reduce_min", "reduce_ops", "reduce_compute"},
	{"reduce_sum", "reduce_ops", "reduce_compute"},
	{"relu", "activation_ops", "activation_compute"},
	{"relu6", "activation_ops", "activation_compute"},
	{"reshape2", "reshape_op", "reshape_compute"},
	{"rsqrt", "activation_ops", "activation_extra_compute"},
	{"sigmoid", "activation_ops", "activation_compute"},
	{"softplus", "activation_ops", "activation_extra_compute"},
	{"sqrt", "activation_ops", "activation_extra_compute"},
	{"square", "activation_ops", "activation_extra_compute"},
	{"squeeze2", "squeeze_op", "squeeze_compute"},
	{"swish", "activation_ops", "activation_extra_compute"},
	{"tanh", "activation_ops", "activation_compute"},
	{"top_k", "topk_op", "topk_compute"},
	{"top_k_v2", "topk_v2_op", "topk_v2_compute"},
	{"transpose2", "transpose_op", "transpose_compute"},
	{"unsqueeze2", "unsqueeze_op", "unsqueeze_compute"},
};

static int compare_types(const void *type, const void *row)
{
	return strcmp(type, ((const struct source *)row)->type);
}

static const struct source *find_source(const char *type)
{
	return bsearch(type, sources, sizeof(sources) / sizeof(sources[0]), sizeof(sources[0]),
		       compare_types);
}

// A set of lines, which a file lists in ascending order.
struct lines {
	struct cay_arena arena;
	const char **text;
	size_t count, capacity;
};

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_line(struct lines *lines, const char *text, struct cay_err *err)
{
	if (lines->count == lines->capacity)
		return cay_fail(err, CAY_EMODEL, "the program has more ops than it should");
	lines->text[lines->count] = cay_arena_strdup(&lines->arena, text, err);
	return lines->text[lines->count++] ? 0 : -1;
}

// The four files: their names, and what their line for an op has.
static void op_line(const struct cay_op_desc *op, const struct cay_kernel_key *key, char line[256])
{
	(void)key;
	snprintf(line, 256, "%s", op->type);
}

static void op_source_line(const struct cay_op_desc *op, const struct cay_kernel_key *key,
			   char line[256])
{
	const struct source *source = find_source(op->type);

	(void)key;
	if (source)
		snprintf(line, 256, "%s.cc", source->op);
	else
		snprintf(line, 256, "%s_op.cc", op->type);
}

static const char *name_of(const char *const *names, size_t count, int number)
{
	return number >= 0 && (size_t)number < count ? names[number] : "kUnk";
}

static void kernel_line(const struct cay_op_desc *op, const struct cay_kernel_key *key,
			char line[256])
{
	static const char *const targets[] = {"kUnk", "kHost", "kX86", "kCUDA", "kARM"};
	static const char *const precisions[] = {"kUnk",   "kFloat", "kInt8", "kInt32",
						 "kAny",   "kFP16",  "kBool", "kInt64",
						 "kInt16", "kUInt8", "kFP64"};
	static const char *const layouts[] = {"kUnk", "kNCHW", "kAny", "kNHWC"};

	snprintf(line, 256, "%.64s,%s,%s,%s,%.64s", op->type,
		 name_of(targets, sizeof(targets) / sizeof(*targets), key->target),
		 name_of(precisions, sizeof(precisions) / sizeof(*precisions), key->precision),
		 name_of(layouts, sizeof(layouts) / sizeof(*layouts), key->layout), key->alias);
}

static void kernel_source_line(const struct cay_op_desc *op, const struct cay_kernel_key *key,
			       char line[256])
{
	const struct source *source = find_source(op->type);

	(void)key;
	if (source)
		snprintf(line, 256, "%s.cc", source->kernel);
	else
		snprintf(line, 256, "%s_compute.cc", op->type);
}

static const struct {
	const char *name;
	void (*line)(const struct cay_op_desc *op, const struct cay_kernel_key *key,
		     char line[256]);
} files[] = {
	{".tailored_ops_list", op_line},
	{".tailored_ops_source_list", op_source_line},
	{".tailored_kernels_list", kernel_line},
	{".tailored_kernels_source_list", kernel_source_line},
};

static int collect(const struct cay_program *program, size_t file, struct lines *lines,
		   struct cay_err *err)
{
	for (size_t b = 0; b < program->block_count; b++)
		for (size_t i = 0; i < program->blocks[b].op_count; i++) {
			const struct cay_op_desc *op = &program->blocks[b].ops[i];
			const char *kernel =
				cay_attr_string(op->attrs, op->attr_count, CAY_KERNEL_ATTR, "");
			struct cay_kernel_key key;
			char line[256];

			if (cay_kernel_key_parse(kernel, &key, err) < 0)
				return cay_wrap(err, "%.80s", op->type);
			files[file].line(op, &key, line);
			if (add_line(lines, line, err) < 0)
				return -1;
		}
	qsort(lines->text, lines->count, sizeof(*lines->text), compare_lines);
	return 0;
}

static int write_list(const char *dir, const struct cay_program *program, size_t file,
		      struct cay_err *err)
{
	struct lines lines = {0};
	struct cay_buf text = {0}, path = {0};
	int result;

	for (size_t b = 0; b < program->block_count; b++)
		lines.capacity += program->blocks[b].op_count;
	cay_arena_init(&lines.arena, 0);
	lines.text = cay_arena_array(&lines.arena, lines.capacity, sizeof(*lines.text), err);
	result = lines.text ? collect(program, file, &lines, err) : -1;
	for (size_t i = 0; result == 0 && i < lines.count; i++)
		if (i == 0 || strcmp(lines.text[i - 1], lines.text[i]) != 0)
			cay_buf_printf(&text, "%s\n", lines.text[i]);
	if (result == 0 && (cay_buf_check(&text, err) < 0 ||
			    cay_file_join(dir, files[file].name, &path, err) < 0 ||
			    cay_file_write(cay_buf_cstr(&path), text.data, text.len, err) < 0))
		result = -1;
	cay_buf_finish(&text);
	cay_buf_finish(&path);
	cay_arena_finish(&lines.arena);
	return result;
}

int cay_write_tailoring(const char *dir, const struct cay_program *program)
{
	struct cay_err err;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (write_list(dir, program, i, &err) < 0)
			return cay_exit_fail(dir, &err);
	return CAY_EXIT_DONE;
}
