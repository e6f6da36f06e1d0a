// A Paddle model directory in, a .nb and a report out.
#ifndef CAY_CONVERTER_CONVERT_H
#define CAY_CONVERTER_CONVERT_H

#include "common/buf.h"
#include "common/tracker.h"
#include "converter/compat.h"
#include "converter/paddle/paddle_dir.h"
#include "converter/report.h"

#include <stdbool.h>
#include <stdio.h>

struct cay_convert_options {
	size_t max_bytes;	// of all files together; 0: 1 GiB
	enum cay_compat compat; // the runtimes of Paddle-Lite that the file is for
	unsigned weight_bits;	// 8 or 16: store weights of fp32 ops so; 0: do not
	const char *dump_after; // a pass; the graph after it is written to dump as text
	FILE *dump;
	struct cay_tracker progress; // told of stages and passes, and of bytes within them
};

// Appends the file to *nb and fills *report, which is filled as far as it was known after a failure
// too (missing ops). CAY_EMODEL: the model is at fault; the message names file, op and tensor.
int cay_convert(const struct cay_paddle_dir *dir, const struct cay_convert_options *options,
		struct cay_buf *nb, struct cay_report *report, struct cay_err *err);
// The same file to a sink, which then holds a part of it after a failure.
int cay_convert_to(const struct cay_paddle_dir *dir, const struct cay_convert_options *options,
		   const struct cay_sink *sink, struct cay_report *report, struct cay_err *err);

// The ops of a directory's program, for `--print_model_ops`: report->ops counts them as they stand
// in the program, all under fp32, and report->missing lists those that cannot be converted: a
// failure, as it would be one of cay_convert.
int cay_convert_survey(const struct cay_paddle_dir *dir, struct cay_report *report,
		       struct cay_err *err);

// Names of the ops that can be converted, sorted; for `--print_supported_ops`. *kernel is its key
// as "def/4/1/1", that of fp32 if it has several; NULL if the op becomes a part of others. Returns
// the count, which i must be below for the names to be set.
size_t cay_convert_supported(size_t i, const char **type, const char **kernel);

#endif
