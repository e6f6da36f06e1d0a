// What a conversion tells its user, as text and as JSON.
#include "converter/report.h"

#include <inttypes.h>

void cay_report_finish(struct cay_report *report)
{
	cay_arena_finish(&report->arena);
	*report = (struct cay_report){0};
}

static void version_text(int64_t version, struct cay_buf *ret)
{
	if (version > 0)
		cay_buf_printf(ret, "%" PRId64 ".%" PRId64 ".%" PRId64, version / 1000000,
			       version / 1000 % 1000, version % 1000);
}

// Names come from a model: in text, too, their control characters are escaped, as in JSON.
static void row_name(const char *name, struct cay_buf *ret)
{
	cay_buf_json_string(ret, name);
}

void cay_report_text(const struct cay_report *report, struct cay_buf *ret)
{
	if (report->topology) {
		cay_buf_text(ret, "topology    ");
		row_name(report->topology, ret);
		cay_buf_text(ret, report->paddle_version > 0 ? ", by Paddle " : "");
		version_text(report->paddle_version, ret);
		cay_buf_text(ret, "\n");
	}
	if (report->parameters) {
		cay_buf_text(ret, "parameters  ");
		row_name(report->parameters, ret);
		cay_buf_text(ret, "\n");
	}
	cay_buf_printf(ret, "quantized   %s\n", report->quantized ? "yes" : "no");
	if (report->bytes_after)
		cay_buf_printf(ret, "bytes       %zu -> %zu\nseconds     %.3f\n",
			       report->bytes_before, report->bytes_after, report->seconds);
	if (report->op_count)
		cay_buf_printf(ret, "\n%-36s %6s %6s\n", "op", "int8", "fp32");
	for (size_t i = 0; i < report->op_count; i++)
		cay_buf_printf(ret, "%-36s %6u %6u\n", report->ops[i].type, report->ops[i].int8,
			       report->ops[i].fp32);
	for (size_t i = 0; i < report->missing_count; i++) {
		cay_buf_text(ret, "missing     ");
		row_name(report->missing[i].type, ret);
		cay_buf_printf(ret, ", %u times\n", report->missing[i].count);
	}
	for (size_t i = 0; i < report->note_count; i++) {
		cay_buf_text(ret, "note: ");
		cay_buf_escape(ret, report->notes[i]);
		cay_buf_text(ret, "\n");
	}
}

static void json_text(const char *key, const char *text, struct cay_buf *ret)
{
	cay_buf_printf(ret, "\"%s\":", key);
	if (text)
		cay_buf_json_string(ret, text);
	else
		cay_buf_text(ret, "null");
	cay_buf_text(ret, ",");
}

static void json_ops(const struct cay_report *report, struct cay_buf *ret)
{
	cay_buf_text(ret, "\"ops\":[");
	for (size_t i = 0; i < report->op_count; i++) {
		cay_buf_text(ret, i ? ",{\"type\":" : "{\"type\":");
		cay_buf_json_string(ret, report->ops[i].type);
		cay_buf_printf(ret, ",\"int8\":%u,\"fp32\":%u}", report->ops[i].int8,
			       report->ops[i].fp32);
	}
	cay_buf_text(ret, "],\"missing\":[");
	for (size_t i = 0; i < report->missing_count; i++) {
		cay_buf_text(ret, i ? ",{\"type\":" : "{\"type\":");
		cay_buf_json_string(ret, report->missing[i].type);
		cay_buf_printf(ret, ",\"count\":%u}", report->missing[i].count);
	}
	cay_buf_text(ret, "],\"notes\":[");
	for (size_t i = 0; i < report->note_count; i++) {
		cay_buf_text(ret, i ? "," : "");
		cay_buf_json_string(ret, report->notes[i]);
	}
	cay_buf_text(ret, "]");
}

void cay_report_json(const struct cay_report *report, struct cay_buf *ret)
{
	cay_buf_text(ret, "{");
	json_text("topology", report->topology, ret);
	json_text("parameters", report->parameters, ret);
	cay_buf_text(ret, "\"paddle_version\":\"");
	version_text(report->paddle_version, ret);
	cay_buf_printf(ret, "\",\"quantized\":%s,", report->quantized ? "true" : "false");
	json_ops(report, ret);
	cay_buf_printf(ret, ",\"bytes_before\":%zu,\"bytes_after\":%zu,\"seconds\":%.6f}",
		       report->bytes_before, report->bytes_after, report->seconds);
}
