// The report as text and as JSON.
#include "converter/report.h"
#include "tests/test.h"

static const char *notes[] = {"'y' goes on in fp32"};
static struct cay_report_op ops[] = {{"conv2d", 2, 1}, {"softmax", 0, 1}};
static struct cay_report_missing missing[] = {{"od\"d", 3}};
static const struct cay_report report = {
	.topology = "__model__",
	.parameters = "a file for each",
	.paddle_version = 1008005,
	.quantized = true,
	.ops = ops,
	.op_count = 2,
	.missing = missing,
	.missing_count = 1,
	.notes = notes,
	.note_count = 1,
	.bytes_before = 4000,
	.bytes_after = 1000,
	.seconds = 0.25,
};

START_TEST(the_text_has_a_row_for_each_op)
{
	struct cay_buf text = {0};

	cay_report_text(&report, &text);
	ck_assert_str_eq(cay_buf_cstr(&text), "topology    \"__model__\", by Paddle 1.8.5\n"
					      "parameters  \"a file for each\"\n"
					      "quantized   yes\n"
					      "bytes       4000 -> 1000\n"
					      "seconds     0.250\n"
					      "\n"
					      "op                                     int8   fp32\n"
					      "conv2d                                    2      1\n"
					      "softmax                                   0      1\n"
					      "missing     \"od\\\"d\", 3 times\n"
					      "note: 'y' goes on in fp32\n");
	cay_buf_finish(&text);
}
END_TEST

START_TEST(the_json_says_the_same)
{
	struct cay_buf text = {0};

	cay_report_json(&report, &text);
	ck_assert_str_eq(cay_buf_cstr(&text),
			 "{\"topology\":\"__model__\",\"parameters\":\"a file for each\","
			 "\"paddle_version\":\"1.8.5\",\"quantized\":true,\"ops\":["
			 "{\"type\":\"conv2d\",\"int8\":2,\"fp32\":1},"
			 "{\"type\":\"softmax\",\"int8\":0,\"fp32\":1}],"
			 "\"missing\":[{\"type\":\"od\\\"d\",\"count\":3}],"
			 "\"notes\":[\"'y' goes on in fp32\"],\"bytes_before\":4000,"
			 "\"bytes_after\":1000,\"seconds\":0.250000}");
	cay_buf_finish(&text);
}
END_TEST

START_TEST(an_empty_report_is_valid)
{
	const struct cay_report empty = {0};
	struct cay_buf text = {0}, json = {0};

	cay_report_text(&empty, &text);
	ck_assert_str_eq(cay_buf_cstr(&text), "quantized   no\n");
	cay_report_json(&empty, &json);
	ck_assert_str_eq(cay_buf_cstr(&json),
			 "{\"topology\":null,\"parameters\":null,\"paddle_version\":\"\","
			 "\"quantized\":false,\"ops\":[],\"missing\":[],\"notes\":[],"
			 "\"bytes_before\":0,\"bytes_after\":0,\"seconds\":0.000000}");
	cay_buf_finish(&text);
	cay_buf_finish(&json);
}
END_TEST

TEST_MAIN("report", the_text_has_a_row_for_each_op, the_json_says_the_same,
	  an_empty_report_is_valid)
