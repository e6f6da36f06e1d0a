// Fuzz target: a Paddle model, the topology behind its length in four bytes, then the parameters,
// is converted in both forms and for weights of 8 bits. A file that comes out can be read.
#define _GNU_SOURCE // memfd_create
#include "converter/convert.h"
#include "converter/paddle/program.h"
#include "nb/nb.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"

#include <string.h>

static void convert(const struct cay_paddle_dir *dir, const struct cay_convert_options *options)
{
	struct cay_program program;
	struct cay_report report = {0};
	struct cay_buf nb = {0};
	struct cay_err err = {0};

	if (cay_convert(dir, options, &nb, &report, &err) < 0) {
		if (!*err.msg)
			abort();
	} else {
		if (cay_nb_read(nb.data, nb.len, &program, &err) < 0)
			abort();
		cay_program_finish(&program);
	}
	cay_report_finish(&report);
	cay_buf_finish(&nb);
}

// What can be decoded is the same when it has been encoded and decoded again.
static void check_program(const uint8_t *data, size_t len)
{
	struct cay_buf once = {0}, twice = {0};
	struct cay_program program, again;
	struct cay_err err = {0};

	if (cay_program_decode(data, len, &program, &err) < 0)
		return;
	if (cay_program_encode(&program, &once, &err) == 0) {
		if (cay_program_decode(once.data, once.len, &again, &err) < 0 ||
		    cay_program_encode(&again, &twice, &err) < 0 || once.len != twice.len ||
		    memcmp(once.data, twice.data, once.len) != 0)
			abort();
		cay_program_finish(&again);
	}
	cay_program_finish(&program);
	cay_buf_finish(&once);
	cay_buf_finish(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct cay_convert_options ways[] = {
		{.max_bytes = 1 << 20},
		{.max_bytes = 1 << 20, .compat = CAY_COMPAT_2_13},
		{.max_bytes = 1 << 20, .weight_bits = 8}};
	struct memory_file topology, params;
	struct cay_paddle_dir dir;
	struct cay_err err;
	uint32_t size;

	if (len < sizeof(size))
		return 0;
	memcpy(&size, data, sizeof(size));
	data += sizeof(size);
	len -= sizeof(size);
	size = size < len ? size : (uint32_t)len;
	check_program(data, size);
	topology = memory_file_new(data, size);
	params = memory_file_new(data + size, len - size);
	cay_paddle_dir_init(&dir);
	if (cay_paddle_dir_add(&dir, "__model__", topology.path, &err) < 0 ||
	    cay_paddle_dir_add(&dir, "__params__", params.path, &err) < 0)
		abort();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		convert(&dir, &ways[i]);
	cay_paddle_dir_finish(&dir);
	close(topology.fd);
	close(params.fd);
	return 0;
}
