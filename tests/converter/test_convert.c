// Conversion of whole model directories, compared with what Paddle-Lite's opt made of them.
#define _POSIX_C_SOURCE 200809L // open_memstream
#include "common/file.h"
#include "converter/survey.h"
#include "tests/converter/support.h"

#include <stdio.h>
#include <string.h>

static void read_opt(const char *name, struct cay_buf *bytes, struct cay_program *ret)
{
	struct cay_err err = {0};
	char path[256];

	snprintf(path, sizeof(path), TEST_DATA "%s/opt_v2.13.nb", name);
	ck_ok(cay_file_read(path, SIZE_MAX, bytes, &err), err);
	ck_ok(cay_nb_read(bytes->data, bytes->len, ret, &err), err);
}

// opt leaves copies of the scales under the names that they had before mul became fc.
static bool is_leftover(const struct cay_op_desc *op, const char *name)
{
	return strcmp(op->type, "fc") == 0 &&
	       (strcmp(name, "X0_scale") == 0 || strcmp(name, "Y0_scale") == 0);
}

static bool same_attr(const struct cay_attr *a, const struct cay_attr *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case CAY_ATTR_STRING:
		return strcmp(a->s, b->s) == 0;
	case CAY_ATTR_FLOAT:
	case CAY_ATTR_FLOAT64:
		return memcmp(&a->f, &b->f, sizeof(a->f)) == 0;
	case CAY_ATTR_FLOATS:
		return a->count == b->count &&
		       memcmp(a->floats, b->floats, a->count * sizeof(*a->floats)) == 0;
	case CAY_ATTR_INTS:
	case CAY_ATTR_LONGS:
		return a->count == b->count &&
		       memcmp(a->ints, b->ints, a->count * sizeof(*a->ints)) == 0;
	default:
		return a->i == b->i;
	}
}

static void compare_attrs(const struct cay_op_desc *ours, const struct cay_op_desc *theirs)
{
	for (size_t i = 0; i < theirs->attr_count; i++) {
		const struct cay_attr *want = &theirs->attrs[i];
		const struct cay_attr *got = cay_op_desc_attr(ours, want->name);

		if (is_leftover(theirs, want->name))
			continue;
		ck_assert_msg(got && same_attr(got, want), "%s: %s", ours->type, want->name);
	}
}

static void compare_weights(const struct cay_program *our_program, const struct cay_op_desc *ours,
			    const struct cay_program *their_program,
			    const struct cay_op_desc *theirs)
{
	static const char *const slots[] = {"Filter", "W", "Y", "Bias"};

	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		const char *name = arg_of(theirs, slots[i]);
		const struct cay_param *want = name ? cay_program_param(their_program, name) : NULL;
		const struct cay_param *got;

		if (!want)
			continue;
		ck_assert_ptr_nonnull(arg_of(ours, slots[i]));
		got = cay_program_param(our_program, arg_of(ours, slots[i]));
		ck_assert_ptr_nonnull(got);
		ck_assert_str_eq(got->name, want->name);
		ck_assert_int_eq(got->dtype, want->dtype);
		ck_assert(cay_shape_equal(&got->shape, &want->shape));
		ck_assert_mem_eq(got->data, want->data, want->size);
	}
}

static void compare_with_opt(const char *name, enum cay_compat compat)
{
	struct cay_program opt;
	struct cay_buf bytes = {0};
	struct conversion c;

	conversion_run_for(&c, name, compat);
	read_opt(name, &bytes, &opt);
	ck_assert_uint_eq(c.program.blocks[0].op_count, opt.blocks[0].op_count);
	for (size_t i = 0; i < opt.blocks[0].op_count; i++) {
		const struct cay_op_desc *ours = &c.program.blocks[0].ops[i];
		const struct cay_op_desc *theirs = &opt.blocks[0].ops[i];

		ck_assert_str_eq(ours->type, theirs->type);
		compare_attrs(ours, theirs);
		compare_weights(&c.program, ours, &opt, theirs);
	}
	cay_program_finish(&opt);
	cay_buf_finish(&bytes);
	conversion_finish(&c);
}

START_TEST(ops_kernels_scales_and_weights_are_those_of_opt)
{
	static const char *const names[] = {"mobilenet_v1_1x", "quant_chain", "quant_channel_wise",
					    "quant_int8", "quant_moving_average"};

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
		compare_with_opt(names[k], CAY_COMPAT_2_9);
		compare_with_opt(names[k], CAY_COMPAT_2_13);
	}
}
END_TEST

START_TEST(for_2_13_the_ops_are_those_of_opt_where_older_runtimes_want_others)
{
	static const char *const names[] = {"max_pool2d_with_index", "quant_2x_aware", "silu_2x"};

	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
		compare_with_opt(names[k], CAY_COMPAT_2_13);
}
END_TEST

START_TEST(the_same_directory_gives_the_same_bytes)
{
	struct conversion a, b;

	conversion_run(&a, "quant_chain");
	conversion_run(&b, "quant_chain");
	ck_assert_uint_eq(a.nb.len, b.nb.len);
	ck_assert_mem_eq(a.nb.data, b.nb.data, a.nb.len);
	conversion_finish(&a);
	conversion_finish(&b);
}
END_TEST

// A directory of tests/data, scanned.
static void scan(struct cay_paddle_dir *dir, const char *name)
{
	struct cay_err err = {0};
	char path[256];

	snprintf(path, sizeof(path), TEST_DATA "%s", name);
	cay_paddle_dir_init(dir);
	ck_ok(cay_paddle_dir_scan(dir, path, &err), err);
}

START_TEST(all_missing_ops_are_named_at_once)
{
	const struct cay_convert_options options = {0};
	struct cay_paddle_dir dir;
	struct cay_report report;
	struct cay_err err = {0};
	struct cay_buf nb = {0};

	scan(&dir, "unsupported3");
	ck_assert_int_lt(cay_convert(&dir, &options, &nb, &report, &err), 0);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_str_eq(err.msg, "3 kinds of op not supported: conv3d (2), maxout (1), "
				  "space_to_depth (1)");
	ck_assert_uint_eq(report.missing_count, 3);
	ck_assert_str_eq(report.missing[0].type, "conv3d");
	ck_assert_uint_eq(report.missing[0].count, 2);
	ck_assert_uint_eq(nb.len, 0);
	cay_report_finish(&report);
	cay_buf_finish(&nb);
	cay_paddle_dir_finish(&dir);
}
END_TEST

START_TEST(a_survey_counts_the_ops_of_the_program)
{
	struct cay_paddle_dir dir;
	struct cay_report report;
	struct cay_err err = {0};

	scan(&dir, "unsupported3");
	ck_assert_int_eq(cay_convert_survey(&dir, &report, &err), -1);
	ck_assert_int_eq(err.code, CAY_EMODEL);
	ck_assert_uint_eq(report.missing_count, 3);
	ck_assert_uint_eq(report.op_count, 10);
	ck_assert_str_eq(report.ops[0].type, "conv2d");
	ck_assert_str_eq(report.ops[2].type, "elementwise_add");
	ck_assert_uint_eq(report.ops[2].fp32, 3);
	cay_report_finish(&report);
	cay_paddle_dir_finish(&dir);
}
END_TEST

START_TEST(a_program_for_training_is_called_so)
{
	static const char *const types[] = {"mul_grad", "momentum"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct cay_op_desc op = {.type = types[i]};
		struct cay_block block = {.ops = &op, .op_count = 1};
		const struct cay_program program = {.blocks = &block, .block_count = 1};
		struct cay_report report = {0};
		struct cay_err err = {0};
		char message[256];

		cay_arena_init(&report.arena, 0);
		ck_assert_int_lt(cay_survey_check(&program, &report, &err), 0);
		snprintf(message, sizeof(message),
			 "a program for training, with '%s': export the one for inference "
			 "(save_inference_model or jit.save)",
			 types[i]);
		ck_assert_str_eq(err.msg, message);
		cay_report_finish(&report);
	}
}
END_TEST

START_TEST(the_report_tells_files_and_kinds)
{
	struct conversion c;

	conversion_run(&c, "mobilenet_v2_1x"); // a file for each parameter
	ck_assert_str_eq(c.report.topology, "__model__");
	ck_assert_str_eq(c.report.parameters, "a file for each");
	ck_assert(!c.report.quantized);
	ck_assert_uint_eq(c.report.bytes_after, c.nb.len);
	ck_assert_uint_gt(c.report.bytes_before, c.nb.len / 2);
	conversion_finish(&c);
	conversion_run(&c, "quant_chain");
	ck_assert_str_eq(c.report.parameters, "__params__");
	ck_assert(c.report.quantized);
	ck_assert_str_eq(c.report.ops[0].type, "calib");
	ck_assert_uint_eq(c.report.ops[0].int8, 1);
	conversion_finish(&c);
}
END_TEST

START_TEST(a_fallback_to_fp32_is_in_the_notes)
{
	struct conversion c;

	conversion_run(&c, "quant_two_thresholds");
	ck_assert_uint_eq(c.report.note_count, 1);
	ck_assert_ptr_nonnull(strstr(c.report.notes[0], "its readers have different scales"));
	conversion_finish(&c);
}
END_TEST

static int convert_with(const struct cay_convert_options *options, struct cay_err *err)
{
	struct cay_paddle_dir dir;
	struct cay_report report;
	struct cay_buf nb = {0};
	int result;

	scan(&dir, "softmax/model");
	result = cay_convert(&dir, options, &nb, &report, err);
	cay_report_finish(&report);
	cay_buf_finish(&nb);
	cay_paddle_dir_finish(&dir);
	return result;
}

START_TEST(the_graph_after_a_pass_is_written)
{
	char *text = NULL;
	size_t size = 0;
	struct cay_convert_options options = {.dump_after = "pick-kernels",
					      .dump = open_memstream(&text, &size)};
	struct cay_err err = {0};

	ck_ok(convert_with(&options, &err), err);
	fclose(options.dump);
	ck_assert_ptr_nonnull(strstr(text, "softmax/def/4/1/1"));
	free(text);
}
END_TEST

START_TEST(an_unknown_pass_gets_the_list_of_passes)
{
	const struct cay_convert_options options = {.dump_after = "fuse"};
	struct cay_err err = {0};

	ck_assert_int_lt(convert_with(&options, &err), 0);
	ck_assert_int_eq(err.code, CAY_EBAD);
	ck_assert_ptr_nonnull(
		strstr(err.msg, "no pass 'fuse'; there are drop-identity fold-constants "));
	ck_assert_ptr_nonnull(strstr(err.msg, " pick-kernels"));
}
END_TEST

struct progress {
	unsigned calls, last, stages;
	float done;
	char stage[32];
};

static bool count_progress(void *context, const char *stage, float done)
{
	struct progress *p = context;

	ck_assert_float_ge(done, p->done);
	ck_assert_float_le(done, 1);
	p->done = done;
	p->stages += strcmp(stage, p->stage) != 0;
	snprintf(p->stage, sizeof(p->stage), "%s", stage);
	return ++p->calls != p->last;
}

START_TEST(progress_never_falls_and_cancels_wherever_it_is)
{
	struct progress p = {0};
	struct cay_convert_options options = {.progress = cay_tracker_whole(count_progress, &p)};
	struct cay_err err = {0};
	unsigned calls;

	ck_ok(convert_with(&options, &err), err);
	ck_assert_uint_gt(p.stages, 15);
	ck_assert_str_eq(p.stage, "write");
	ck_assert_float_eq(p.done, 1);
	calls = p.calls;
	for (unsigned i = 1; i <= calls; i++) {
		p = (struct progress){.last = i};
		ck_assert_int_lt(convert_with(&options, &err), 0);
		ck_assert_int_eq(err.code, CAY_ECANCELED);
		ck_assert_uint_eq(p.calls, i);
	}
}
END_TEST

START_TEST(files_over_the_limit_are_refused)
{
	const struct cay_convert_options options = {.max_bytes = 1000};
	struct cay_err err = {0};

	ck_assert_int_lt(convert_with(&options, &err), 0);
	ck_assert_int_eq(err.code, CAY_ETOOLARGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "'__model__': "));
}
END_TEST

START_TEST(the_supported_ops_can_be_listed)
{
	const char *type = NULL, *kernel = NULL, *previous = "";
	size_t count = cay_convert_supported(SIZE_MAX, &type, &kernel);

	ck_assert_ptr_null(type);
	ck_assert_uint_gt(count, 40);
	for (size_t i = 0; i < count; i++) {
		cay_convert_supported(i, &type, &kernel);
		ck_assert_str_lt(previous, type);
		previous = type;
	}
}
END_TEST

TEST_MAIN("convert", for_2_13_the_ops_are_those_of_opt_where_older_runtimes_want_others,
	  ops_kernels_scales_and_weights_are_those_of_opt, the_same_directory_gives_the_same_bytes,
	  all_missing_ops_are_named_at_once, a_survey_counts_the_ops_of_the_program,
	  a_program_for_training_is_called_so, the_report_tells_files_and_kinds,
	  a_fallback_to_fp32_is_in_the_notes, the_graph_after_a_pass_is_written,
	  an_unknown_pass_gets_the_list_of_passes, progress_never_falls_and_cancels_wherever_it_is,
	  files_over_the_limit_are_refused, the_supported_ops_can_be_listed)
