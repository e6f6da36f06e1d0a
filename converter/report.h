// What a conversion tells its user, as text and as JSON.
#ifndef CAY_CONVERTER_REPORT_H
#define CAY_CONVERTER_REPORT_H

#include "common/arena.h"
#include "common/buf.h"

#include <stdbool.h>

// One row per kind of op in the result.
struct cay_report_op {
	const char *type;
	unsigned int8, fp32;
};
struct cay_report_missing {
	const char *type;
	unsigned count;
};
// Names and texts live in arena.
struct cay_report {
	struct cay_arena arena;
	const char *topology, *parameters; // names of the files they were read from
	int64_t paddle_version;
	bool quantized;
	struct cay_report_op *ops;
	size_t op_count;
	struct cay_report_missing *missing; // all unsupported ops at once
	size_t missing_count;
	const char **notes; // what a user should know: fallbacks to fp32, unequal scales
	size_t note_count;
	size_t bytes_before, bytes_after;
	double seconds;
};
void cay_report_finish(struct cay_report *report);
void cay_report_text(const struct cay_report *report, struct cay_buf *ret);
void cay_report_json(const struct cay_report *report, struct cay_buf *ret);

#endif
