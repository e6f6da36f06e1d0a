// Every golden of tests/data: converted by us, run by us, compared with what Paddle computed.
#include "common/file.h"
#include "converter/convert.h"
#include "engine/session.h"
#include "tests/nb/naive_write.h"
#include "tests/test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_PORTS 32

// One run of a golden: inputs and the outputs that Paddle gave.
struct run {
	struct cay_tensor in[MAX_PORTS], out[MAX_PORTS];
	struct cay_buf in_bytes[MAX_PORTS], out_bytes[MAX_PORTS];
	size_t in_count, out_count;
};

static char **names; // of the goldens
static size_t name_count;

static const char *const ops[] = {
#define OP(name) #name,
#include "common/ops.def"
#undef OP
};
static bool covered[sizeof(ops) / sizeof(ops[0])]; // by some golden that runs it

static void cover(const char *type)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		covered[i] |= strcmp(ops[i], type) == 0;
}

static void read_file(const char *dir, const char *name, struct cay_buf *ret)
{
	char path[512];
	struct cay_err err = {0};

	snprintf(path, sizeof(path), TEST_DATA "%s/%s", dir, name);
	ck_assert_msg(cay_file_read(path, 1 << 24, ret, &err) == 0, "%s: %s", path, err.msg);
}

static bool has_file(const char *dir, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), TEST_DATA "%s/%s", dir, name);
	return access(path, R_OK) == 0;
}

static void read_port(const char *dir, const char *line, struct run *run)
{
	bool input = line[0] == 'i';
	size_t *count = input ? &run->in_count : &run->out_count;
	struct cay_tensor *t = &(input ? run->in : run->out)[*count];
	struct cay_buf *bytes = &(input ? run->in_bytes : run->out_bytes)[*count];
	char name[128], dtype[16], shape[64], file[128];
	struct cay_err err = {0};
	size_t size;

	ck_assert_int_eq(sscanf(line, "%*s %127s %15s %63s %127s", name, dtype, shape, file), 4);
	ck_assert_uint_lt(*count, MAX_PORTS);
	read_file(dir, file, bytes);
	t->dtype = cay_dtype_from_name(dtype);
	ck_assert_int_ne(t->dtype, CAY_DTYPES);
	ck_ok(cay_shape_parse(shape, &t->shape, &err), err);
	ck_ok(cay_shape_bytes(&t->shape, t->dtype, &size, &err), err);
	ck_assert_msg(size == bytes->len, "%s/%s: %zu bytes, want %zu", dir, file, bytes->len,
		      size);
	t->data = bytes->data;
	t->size = size;
	(*count)++;
}

static void compare(const char *golden, const char *what, size_t i, const struct cay_tensor *got,
		    const struct cay_tensor *want, double tolerance)
{
	char a[CAY_SHAPE_TEXT], b[CAY_SHAPE_TEXT];

	ck_assert_msg(got->dtype == want->dtype, "%s %s: output %zu is %s, want %s", golden, what,
		      i, cay_dtype_name(got->dtype), cay_dtype_name(want->dtype));
	ck_assert_msg(cay_shape_equal(&got->shape, &want->shape),
		      "%s %s: output %zu is %s, want %s", golden, what, i,
		      cay_shape_text(&got->shape, a), cay_shape_text(&want->shape, b));
	if (want->dtype != CAY_DTYPE_F32) {
		ck_assert_msg(memcmp(got->data, want->data, want->size) == 0,
			      "%s %s: output %zu differs", golden, what, i);
		return;
	}
	for (size_t k = 0; k < want->size / sizeof(float); k++) {
		float x = ((const float *)got->data)[k], y = ((const float *)want->data)[k];

		ck_assert_msg(fabs((double)x - (double)y) <= tolerance,
			      "%s %s: output %zu, element %zu: %.9g, want %.9g +- %g", golden, what,
			      i, k, (double)x, (double)y, tolerance);
	}
}

static void check_run(const char *golden, const char *what, struct cay_session *session,
		      struct run *run, double tolerance)
{
	struct cay_err err = {0};

	if (run->in_count == 0)
		return;
	ck_assert_msg(cay_session_run(session, run->in, run->in_count, 0, &err) == 0, "%s %s: %s",
		      golden, what, err.msg);
	for (size_t i = 0; i < run->out_count; i++)
		compare(golden, what, i, cay_session_output(session, i), &run->out[i], tolerance);
	for (size_t i = 0; i < MAX_PORTS; i++) {
		cay_buf_finish(&run->in_bytes[i]);
		cay_buf_finish(&run->out_bytes[i]);
	}
	*run = (struct run){0};
}

// Every run of golden.txt, on a model that was made in the way that `what` says.
static void check_model(const char *golden, const char *what, const struct cay_buf *nb)
{
	struct cay_kernels kernels;
	struct cay_err err = {0};
	struct cay_model *model;
	struct cay_session *session;
	struct cay_buf text = {0};
	struct run run = {0};
	double tolerance = 0;
	char *save;

	cay_kernels_init(&kernels, cay_cpu_detect());
	model = cay_model_load(nb->data, nb->len, &kernels, NULL, &err);
	ck_assert_msg(model != NULL, "%s %s: %s", golden, what, err.msg);
	for (size_t i = 0; i < cay_model_layer_count(model); i++)
		cover(cay_model_layer(model, i).type);
	session = cay_session_new(model, &err);
	ck_assert_ptr_nonnull(session);
	read_file(golden, "golden.txt", &text);
	ck_assert_ptr_nonnull(cay_buf_cstr(&text));
	for (char *line = strtok_r((char *)text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "case ", 5) == 0)
			check_run(golden, what, session, &run, tolerance);
		else if (strncmp(line, "tolerance ", 10) == 0)
			tolerance = strtod(line + 10, NULL);
		else if (strncmp(line, "input ", 6) == 0 || strncmp(line, "output ", 7) == 0)
			read_port(golden, line, &run);
	}
	ck_assert_uint_gt(run.out_count, 0);
	check_run(golden, what, session, &run, tolerance);
	cay_buf_finish(&text);
	cay_session_free(session);
	cay_model_free(model);
}

static void check_converted(const char *golden, const char *what, enum cay_compat compat)
{
	const struct cay_convert_options options = {.compat = compat};
	struct cay_paddle_dir dir;
	struct cay_report report = {0};
	struct cay_buf nb = {0}, again = {0};
	struct cay_err err = {0};
	char path[512];

	snprintf(path, sizeof(path), TEST_DATA "%s/model", golden);
	cay_paddle_dir_init(&dir);
	ck_assert_msg(cay_paddle_dir_scan(&dir, path, &err) == 0, "%s: %s", golden, err.msg);
	ck_assert_msg(cay_convert(&dir, &options, &nb, &report, &err) == 0, "%s: %s", golden,
		      err.msg);
	cay_report_finish(&report);
	report = (struct cay_report){0};
	ck_ok(cay_convert(&dir, &options, &again, &report, &err), err);
	ck_assert_msg(nb.len == again.len && memcmp(nb.data, again.data, nb.len) == 0,
		      "%s: converting twice gives other bytes", golden);
	check_model(golden, what, &nb);
	cay_report_finish(&report);
	cay_buf_finish(&nb);
	cay_buf_finish(&again);
	cay_paddle_dir_finish(&dir);
}

START_TEST(converted_it_computes_what_paddle_does)
{
	check_converted(names[_i], "converted", CAY_COMPAT_2_9);
}
END_TEST

START_TEST(converted_to_the_ops_of_opt_it_computes_what_paddle_does)
{
	check_converted(names[_i], "converted for 2.13", CAY_COMPAT_2_13);
}
END_TEST

static int is_of_opt(const struct dirent *entry)
{
	return strncmp(entry->d_name, "opt_", 4) == 0;
}

// The same program in the layout of meta 0, unless it came so.
static void check_naive(const char *golden, const struct cay_buf *nb)
{
	struct cay_program program;
	struct cay_err err = {0};
	struct cay_buf naive = {0};

	ck_ok(cay_nb_read(nb->data, nb->len, &program, &err), err);
	if (program.meta != 0) {
		naive_write(&program, &naive);
		check_model(golden, "meta 0", &naive);
	}
	cay_program_finish(&program);
	cay_buf_finish(&naive);
}

START_TEST(what_opt_made_of_it_computes_the_same)
{
	const char *golden = names[_i];
	struct dirent **found;
	char path[512];
	int count;

	// opt gives two consumers of one tensor one scale, which is wrong if theirs differ.
	if (strcmp(golden, "quant_two_thresholds") == 0)
		return;
	snprintf(path, sizeof(path), TEST_DATA "%s", golden);
	count = scandir(path, &found, is_of_opt, alphasort);
	ck_assert_int_ge(count, 0);
	for (int i = 0; i < count; i++) {
		struct cay_buf nb = {0};

		read_file(golden, found[i]->d_name, &nb);
		check_model(golden, found[i]->d_name, &nb);
		check_naive(golden, &nb);
		cay_buf_finish(&nb);
		free(found[i]);
	}
	free(found);
}
END_TEST

START_TEST(every_op_has_a_golden)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		ck_assert_msg(covered[i], "no golden runs %s", ops[i]);
}
END_TEST

static int is_golden(const struct dirent *entry)
{
	return has_file(entry->d_name, "golden.txt");
}

int main(void)
{
	Suite *suite = suite_create("goldens");
	TCase *tcase = tcase_create("goldens");
	struct dirent **found;
	int count = scandir(TEST_DATA, &found, is_golden, alphasort), failed;
	SRunner *runner = srunner_create(suite);

	if (count < 1)
		return EXIT_FAILURE;
	names = calloc((size_t)count, sizeof(*names));
	for (int i = 0; i < count; i++)
		names[name_count++] = found[i]->d_name;
	tcase_set_timeout(tcase, 0);
	tcase_add_loop_test(tcase, converted_it_computes_what_paddle_does, 0, count);
	tcase_add_loop_test(tcase, converted_to_the_ops_of_opt_it_computes_what_paddle_does, 0,
			    count);
	tcase_add_loop_test(tcase, what_opt_made_of_it_computes_the_same, 0, count);
	tcase_add_test(tcase, every_op_has_a_golden);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	for (int i = 0; i < count; i++)
		free(found[i]);
	free(found);
	free(names);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
