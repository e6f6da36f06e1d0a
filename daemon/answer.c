// The outputs of an inference as a reply: JSON of the inference protocol, or bytes.
#include "daemon/answer.h"
#include "daemon/json.h"

// The best of a row of scores, in falling order; of equal ones the first. Returns how many.
static size_t find_top(const float *scores, size_t count, size_t wanted, size_t best[CAY_MAX_TOP])
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		size_t at = found;

		while (at > 0 && scores[i] > scores[best[at - 1]])
			at--;
		if (at >= wanted)
			continue;
		found += found < wanted;
		for (size_t n = found - 1; n > at; n--)
			best[n] = best[n - 1];
		best[at] = i;
	}
	return found;
}

static void put_row(const struct cay_answer *answer, const float *scores, struct cay_buf *buf)
{
	size_t best[CAY_MAX_TOP], count;

	count = find_top(scores, answer->label_count, answer->top, best);
	cay_buf_text(buf, "[");
	for (size_t i = 0; i < count; i++) {
		cay_buf_printf(buf, "%s{\"index\":%zu,\"label\":", i ? "," : "", best[i]);
		cay_buf_json_string(buf, answer->labels[best[i]]);
		cay_buf_text(buf, ",\"probability\":");
		cay_json_numbers(buf, CAY_DTYPE_F32, &scores[best[i]], 1);
		cay_buf_text(buf, "}");
	}
	cay_buf_text(buf, "]");
}

// The output that has a score for each label, in each row of the batch; NULL: none.
static const struct cay_tensor *find_scores(const struct cay_answer *answer, size_t *ret_rows)
{
	for (size_t i = 0; i < answer->output_count; i++) {
		const struct cay_tensor *t = &answer->outputs[i];
		uint32_t rank = t->shape.rank, batch = rank > 1;

		*ret_rows = cay_shape_product(&t->shape, 0, batch);
		if (t->dtype == CAY_DTYPE_F32 && rank > 0 &&
		    cay_shape_product(&t->shape, batch, rank) == answer->label_count)
			return t;
	}
	return NULL;
}

static void put_top(const struct cay_answer *answer, struct cay_buf *buf)
{
	const struct cay_tensor *t;
	const float *scores;
	size_t rows;

	if (answer->label_count == 0 || answer->top == 0 || !(t = find_scores(answer, &rows)))
		return;
	scores = t->data;
	cay_buf_text(buf, ",\"top\":");
	if (rows != 1)
		cay_buf_text(buf, "[");
	for (size_t i = 0; i < rows; i++) {
		cay_buf_text(buf, i ? "," : "");
		put_row(answer, scores + i * answer->label_count, buf);
	}
	if (rows != 1)
		cay_buf_text(buf, "]");
}

void cay_answer_json(const struct cay_answer *answer, struct cay_reply *reply)
{
	struct cay_buf *buf = &reply->body;

	cay_buf_text(buf, "{\"model_name\":");
	cay_buf_json_string(buf, answer->model);
	cay_buf_printf(buf, ",\"model_version\":\"%u\"", answer->version);
	if (answer->id) {
		cay_buf_text(buf, ",\"id\":");
		cay_buf_json_string(buf, answer->id);
	}
	cay_buf_printf(buf, ",\"parameters\":{\"milliseconds\":%.3f", answer->milliseconds);
	put_top(answer, buf);
	cay_buf_text(buf, "},\"outputs\":[");
	for (size_t i = 0; i < answer->output_count; i++) {
		const struct cay_tensor *t = &answer->outputs[i];

		cay_buf_text(buf, i ? ",{\"name\":" : "{\"name\":");
		cay_buf_json_string(buf, t->name ? t->name : "");
		cay_buf_printf(buf, ",\"datatype\":\"%s\",\"shape\":[", cay_dtype_name(t->dtype));
		cay_json_numbers(buf, CAY_DTYPE_I64, t->shape.dim, t->shape.rank);
		cay_buf_text(buf, "],\"data\":[");
		cay_json_numbers(buf, t->dtype, t->data, t->size / cay_dtype_size(t->dtype));
		cay_buf_text(buf, "]}");
	}
	cay_buf_text(buf, "]}\n");
}

void cay_answer_raw(const struct cay_answer *answer, struct cay_reply *reply)
{
	reply->content_type = "application/octet-stream";
	for (size_t i = 0; i < answer->output_count; i++)
		cay_buf_put(&reply->body, answer->outputs[i].data, answer->outputs[i].size);
}
