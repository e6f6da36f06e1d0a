// Tests of daemon/inference/answer.c.
#include "daemon/inference/answer.h"
#include "tests/test.h"

#include <math.h>
#include <string.h>

static const char *labels[] = {"cat", "d\"og", "eel"};
static const float scores[] = {0.25f, 0.5f, 0.25f, 0.125f, NAN, 0.75f};

static struct cay_tensor scores_of(uint32_t rank, int64_t rows)
{
	return (struct cay_tensor){.name = "y",
				   .dtype = CAY_DTYPE_F32,
				   .shape = {rank, {rank > 1 ? rows : 3, 3, 1, 1}},
				   .data = scores,
				   .size = (size_t)rows * 3 * sizeof(float)};
}

static const struct cay_query_output plain[4] = {{0}};

// The JSON of an answer with the labels; the caller frees it.
static char *json_of(const struct cay_tensor *outputs, size_t count, size_t top)
{
	const struct cay_answer answer = {.model = "m",
					  .version = 2,
					  .nanoseconds = 1500999,
					  .labels = labels,
					  .label_count = 3,
					  .top = top,
					  .outputs = outputs,
					  .forms = plain,
					  .output_count = count};
	struct cay_reply reply = {0};
	struct cay_err err;

	ck_ok(cay_answer_json(&answer, &reply, &err), err);
	ck_assert_ptr_nonnull(cay_buf_cstr(&reply.body));
	return (char *)reply.body.data;
}

START_TEST(an_answer_has_the_form_of_the_protocol)
{
	const struct cay_tensor out = scores_of(2, 1);
	char *text = json_of(&out, 1, 2);

	ck_assert_str_eq(text, "{\"model_name\":\"m\",\"model_version\":\"2\",\"parameters\":{"
			       "\"milliseconds\":1.500,\"top\":["
			       "{\"index\":1,\"label\":\"d\\\"og\",\"probability\":0.5},"
			       "{\"index\":0,\"label\":\"cat\",\"probability\":0.25}]},"
			       "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1,3],"
			       "\"data\":[0.25,0.5,0.25]}]}\n");
	free(text);
}
END_TEST

START_TEST(rows_of_a_batch_have_lists_of_their_own)
{
	const struct cay_tensor out = scores_of(4, 2);
	char *text = json_of(&out, 1, 1);

	ck_assert_ptr_nonnull(strstr(text, "\"top\":[[{\"index\":1,"));
	ck_assert_ptr_nonnull(
		strstr(text, "],[{\"index\":2,\"label\":\"eel\",\"probability\":0.75}]]}"));
	ck_assert_ptr_nonnull(strstr(text, "0.125,null,0.75]"));
	free(text);
}
END_TEST

START_TEST(an_output_that_fits_no_labels_is_not_named)
{
	struct cay_tensor outs[] = {scores_of(2, 1), scores_of(1, 1)};
	char *text;

	outs[0].shape.dim[1] = 2;
	outs[0].size = 8;
	text = json_of(outs, 1, 3);
	ck_assert_ptr_null(strstr(text, "top"));
	free(text);
	text = json_of(outs, 2, 3); // the second one fits
	ck_assert_ptr_nonnull(strstr(text, "\"label\":\"eel\""));
	free(text);
	text = json_of(outs, 2, 0);
	ck_assert_ptr_null(strstr(text, "top"));
	free(text);
}
END_TEST

START_TEST(raw_outputs_follow_each_other)
{
	const struct cay_tensor outs[] = {scores_of(2, 1), scores_of(2, 2)};
	const struct cay_answer answer = {.outputs = outs, .output_count = 2};
	struct cay_reply reply = {0};
	struct cay_err err;

	ck_ok(cay_answer_raw(&answer, &reply, &err), err);
	ck_assert_uint_eq(reply.body.len, 36);
	ck_assert_int_eq(memcmp(reply.body.data + 12, scores, 24), 0);
	ck_assert_str_eq(reply.content_type, "application/octet-stream");
	cay_buf_finish(&reply.body);
}
END_TEST

TEST_MAIN("answer", an_answer_has_the_form_of_the_protocol, rows_of_a_batch_have_lists_of_their_own,
	  an_output_that_fits_no_labels_is_not_named, raw_outputs_follow_each_other)
