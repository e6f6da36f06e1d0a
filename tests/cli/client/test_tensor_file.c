// Tests for files that are sent to a model.
#include "cli/client/tensor_file.h"
#include "common/file.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[64];

// Writes a file and reads it as one that is sent.
static int read_back(struct cay_tensor_file *f, const char *suffix, const void *data, size_t size,
		     struct cay_err *err)
{
	int result;

	snprintf(path, sizeof(path), "tensor-%ld%s", (long)getpid(), suffix);
	ck_ok(cay_file_write(path, data, size, err), *err);
	result = cay_tensor_file_read(f, path, err);
	unlink(path);
	return result;
}

static size_t make_npy(char *file, const char *header, size_t elements)
{
	const size_t length = strlen(header);

	memcpy(file, "\x93NUMPY\x01", 8);
	file[8] = (char)length;
	file[9] = 0;
	memcpy(file + 10, header, length);
	for (size_t i = 0; i < elements; i++)
		file[10 + length + i] = (char)i;
	return 10 + length + elements;
}

#define HEADER "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n"

START_TEST(npy_gives_type_shape_and_elements)
{
	struct cay_tensor_file f;
	struct cay_err err;
	char file[256];

	ck_ok(read_back(&f, ".npy", file, make_npy(file, HEADER, 24), &err), err);
	ck_assert(f.tensor && f.has_shape && f.dtype == CAY_DTYPE_F32);
	ck_assert(f.shape.rank == 2 && f.shape.dim[0] == 2 && f.shape.dim[1] == 3);
	ck_assert_uint_eq(f.bytes.len, 24);
	ck_assert(f.bytes.data[0] == 0 && f.bytes.data[23] == 23);
	cay_tensor_file_finish(&f);
}
END_TEST

START_TEST(no_part_of_an_npy_is_taken_for_one)
{
	char file[256];
	size_t size = make_npy(file, HEADER, 24);

	for (size_t cut = 0; cut < size; cut++) {
		struct cay_tensor_file f;
		struct cay_err err;

		ck_assert_msg(read_back(&f, ".npy", file, cut, &err) < 0, "%zu bytes", cut);
		ck_assert_int_eq(err.code, CAY_EBAD);
		cay_tensor_file_finish(&f);
	}
}
END_TEST

START_TEST(headers_that_lie_are_refused)
{
	static const char *const headers[] = {
		"",
		"{}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3",
		"{'descr': '<f4', 'fortran_order': False, 'shape': 24}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 3)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, "
		"99999)}",
		"{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3)}",
		"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}",
		"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': ",
		"'descr''fortran_order''shape'",
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct cay_tensor_file f;
		struct cay_err err;
		char file[256];

		ck_assert_msg(read_back(&f, ".npy", file, make_npy(file, headers[i], 24), &err) < 0,
			      "%s", headers[i]);
		cay_tensor_file_finish(&f);
	}
}
END_TEST

START_TEST(pictures_are_told_by_their_first_bytes)
{
	static const struct {
		const char *bytes, *suffix, *content_type;
	} cases[] = {
		{"\xff\xd8\xff\xe0", ".txt", "image/jpeg"},
		{"\x89PNG\r\n\x1a\n...", ".f32", "image/png"},
		{"{}", ".json", "application/json"},
		{"0000", ".f32", "application/octet-stream"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cay_tensor_file f;
		struct cay_err err;

		ck_ok(read_back(&f, cases[i].suffix, cases[i].bytes, strlen(cases[i].bytes), &err),
		      err);
		ck_assert_str_eq(f.content_type, cases[i].content_type);
		ck_assert_int_eq(f.tensor, i == 3);
		cay_tensor_file_finish(&f);
	}
}
END_TEST

TEST_MAIN("client tensor file", npy_gives_type_shape_and_elements,
	  no_part_of_an_npy_is_taken_for_one, headers_that_lie_are_refused,
	  pictures_are_told_by_their_first_bytes)
