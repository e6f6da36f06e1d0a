// Whole conversions of damaged files: an error or a .nb that can be read, never a crash.
#define _POSIX_C_SOURCE 200809L // mkdtemp
#include "common/file.h"
#include "tests/converter/support.h"

#include <stdio.h>
#include <string.h>

#define GOLDEN TEST_DATA "quant_fc_chain/model/"

// The golden's two files, of which one is to be damaged, in a directory of their own.
struct sample {
	char root[32], path[2][64];
	struct cay_buf bytes[2];
	struct cay_paddle_dir dir;
};

static const char *const file_names[2] = {"__model__", "__params__"};

static void write_file(const struct sample *s, int i, size_t len)
{
	FILE *file = fopen(s->path[i], "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(s->bytes[i].data, 1, len, file), len);
	fclose(file);
}

static void sample_init(struct sample *s)
{
	struct cay_err err = {0};

	*s = (struct sample){.root = "/tmp/cayuco-test-XXXXXX"};
	ck_assert_ptr_nonnull(mkdtemp(s->root));
	cay_paddle_dir_init(&s->dir);
	for (int i = 0; i < 2; i++) {
		char path[256];

		snprintf(path, sizeof(path), GOLDEN "%s", file_names[i]);
		ck_ok(cay_file_read(path, SIZE_MAX, &s->bytes[i], &err), err);
		snprintf(s->path[i], sizeof(s->path[i]), "%s/%d", s->root, i);
		ck_ok(cay_paddle_dir_add(&s->dir, file_names[i], s->path[i], &err), err);
		write_file(s, i, s->bytes[i].len);
	}
}

static void sample_finish(struct sample *s)
{
	struct cay_err err = {0};

	cay_paddle_dir_finish(&s->dir);
	for (int i = 0; i < 2; i++)
		cay_buf_finish(&s->bytes[i]);
	ck_ok(cay_file_remove_tree(s->root, &err), err);
}

// True if it converted. A failure is the model's, and leaves nothing behind.
static bool convert(const struct sample *s)
{
	const struct cay_convert_options options = {0};
	struct cay_program program;
	struct cay_report report;
	struct cay_err err = {0};
	struct cay_buf nb = {0};
	int result = cay_convert(&s->dir, &options, &nb, &report, &err);

	if (result == 0) {
		ck_ok(cay_nb_read(nb.data, nb.len, &program, &err), err);
		cay_program_finish(&program);
	} else {
		ck_assert_msg(err.code == CAY_EMODEL || err.code == CAY_ETOOLARGE, "%d: %s",
			      err.code, err.msg);
		ck_assert_uint_gt(strlen(err.msg), 0);
		ck_assert_uint_eq(nb.len, 0);
	}
	cay_report_finish(&report);
	cay_buf_finish(&nb);
	return result == 0;
}

START_TEST(flipped_bits_in_either_file_are_survived)
{
	struct sample s;
	size_t refused = 0;

	sample_init(&s);
	ck_assert(convert(&s));
	for (int f = 0; f < 2; f++) {
		for (size_t i = 0; i < s.bytes[f].len; i += 7) {
			s.bytes[f].data[i] ^= (uint8_t)(1U << (i % 8));
			write_file(&s, f, s.bytes[f].len);
			refused += !convert(&s);
			s.bytes[f].data[i] ^= (uint8_t)(1U << (i % 8));
		}
		write_file(&s, f, s.bytes[f].len);
	}
	ck_assert_uint_gt(refused, 100);
	ck_assert(convert(&s));
	sample_finish(&s);
}
END_TEST

START_TEST(every_truncation_of_the_parameters_is_refused)
{
	struct sample s;

	sample_init(&s);
	for (size_t len = 0; len < s.bytes[1].len; len += 5) {
		write_file(&s, 1, len);
		ck_assert(!convert(&s));
	}
	sample_finish(&s);
}
END_TEST

TEST_MAIN("convert_hostile", flipped_bits_in_either_file_are_survived,
	  every_truncation_of_the_parameters_is_refused)
