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
	unsigned weight_bits; // 8 or 16: store the weights of fp32 ops as such integers; 0: do not
	const char *dump_after;	     // the name of a pass, or NULL: no dump
	FILE *dump;		     // gets the graph after that pass, as text
	struct cay_tracker progress; // told of stages and passes, and of bytes within them
};

// Appends the .nb file to *nb, and fills *report, after a failure with what was known by then (the
// missing ops). CAY_EMODEL: the model is at fault; the message names file, op and tensor.
int cay_convert(const struct cay_paddle_dir *dir, const struct cay_convert_options *options,
		struct cay_buf *nb, struct cay_report *report, struct cay_err *err);
// The same file to a sink, which then holds a part of it after a failure.
int cay_convert_to(const struct cay_paddle_dir *dir, const struct cay_convert_options *options,
		   const struct cay_sink *sink, struct cay_report *report, struct cay_err *err);

// Counts the ops of a directory's program, for `--print_model_ops`: in report->ops as they stand in
// the program, all under fp32. Ops that cannot be converted are listed in report->missing, and make
// it fail as cay_convert would.
int cay_convert_survey(const struct cay_paddle_dir *dir, struct cay_report *report,
		       struct cay_err *err);

// Op i of those that can be converted, sorted by type, for `--print_supported_ops`. *kernel is that
// of struct cay_convertible. Returns how many there are; sets nothing if i is not below that.
size_t cay_convert_supported(size_t i, const char **type, const char **kernel);

#endif
