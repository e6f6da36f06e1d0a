// An inference as a reply: its outputs as the protocol's JSON or as bytes, or its profile.
#include "daemon/inference/answer.h"
#include "daemon/json/decimal.h"
#include "daemon/json/json.h"

#include <string.h>

#define MOST_HEADS ((size_t)512) // bytes of most answers without their data

// Finds the best of a row of scores, in falling order, of equal ones the first. Returns how many.
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

static void put_integer(int64_t value, struct cay_buf *buf)
{
	cay_json_numbers(buf, CAY_DTYPE_I64, &value, 1);
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

// The best values of each row as "value:index:label", instead of the values.
struct classes {
	const struct cay_tensor *tensor;
	size_t rows, columns, top;
	struct cay_arena arena;
	const char **text; // [rows][top]
};

static int find_classes(const struct cay_answer *answer, size_t output, struct classes *ret,
			struct cay_err *err)
{
	const struct cay_tensor *t = &answer->outputs[output];
	uint32_t rank = t->shape.rank, batch = rank > 1;
	struct classes c = {.tensor = t, .top = answer->forms[output].classes};

	if (t->dtype != CAY_DTYPE_F32)
		return cay_fail(err, CAY_EMODEL, "output '%s' is %s: classes are of FP32", t->name,
				cay_dtype_name(t->dtype));
	c.rows = cay_shape_product(&t->shape, 0, batch);
	c.columns = cay_shape_product(&t->shape, batch, rank);
	c.top = c.top < c.columns ? c.top : c.columns;
	cay_arena_init(&c.arena, 0);
	c.text = cay_arena_array(&c.arena, c.rows * c.top, sizeof(*c.text), err);
	for (size_t row = 0; c.text && row < c.rows; row++) {
		const float *scores = (const float *)t->data + row * c.columns;
		size_t best[CAY_MAX_TOP], count = find_top(scores, c.columns, c.top, best);

		for (size_t i = 0; i < count; i++) {
			bool named = best[i] < answer->label_count;

			c.text[row * c.top + i] = cay_arena_printf(
				&c.arena, err, "%f:%zu%s%s", (double)scores[best[i]], best[i],
				named ? ":" : "", named ? answer->labels[best[i]] : "");
			if (!c.text[row * c.top + i]) {
				cay_arena_finish(&c.arena);
				return -1;
			}
		}
	}
	*ret = c;
	return c.text ? 0 : -1;
}

// Bytes of the texts behind the JSON, each of which follows its length.
static size_t count_class_bytes(const struct classes *c)
{
	size_t bytes = 0;

	for (size_t i = 0; i < c->rows * c->top; i++)
		bytes += sizeof(uint32_t) + strlen(c->text[i]);
	return bytes;
}

static void put_class_bytes(const struct classes *c, struct cay_buf *ret)
{
	for (size_t i = 0; i < c->rows * c->top; i++) {
		uint32_t len = (uint32_t)strlen(c->text[i]);

		for (int shift = 0; shift < 32; shift += 8)
			cay_buf_fill(ret, (uint8_t)(len >> shift), 1);
		cay_buf_text(ret, c->text[i]);
	}
}

static void put_class_text(const struct classes *c, struct cay_buf *buf)
{
	for (size_t i = 0; i < c->rows * c->top; i++) {
		cay_buf_text(buf, i ? "," : "");
		cay_buf_json_string(buf, c->text[i]);
	}
}

static void put_head(const struct cay_tensor *t, const char *datatype, const int64_t *dims,
		     size_t rank, struct cay_buf *buf)
{
	cay_buf_text(buf, "{\"name\":");
	cay_buf_json_string(buf, t->name ? t->name : "");
	cay_buf_text(buf, ",\"datatype\":\"");
	cay_buf_text(buf, datatype);
	cay_buf_text(buf, "\",\"shape\":[");
	cay_json_numbers(buf, CAY_DTYPE_I64, dims, rank);
	cay_buf_text(buf, "]");
}

static void put_binary_size(size_t bytes, struct cay_buf *buf)
{
	cay_buf_text(buf, ",\"parameters\":{\"binary_data_size\":");
	put_integer((int64_t)bytes, buf);
	cay_buf_text(buf, "}}");
}

static int put_classes(const struct cay_answer *answer, size_t output, struct cay_buf *buf,
		       struct cay_err *err)
{
	struct classes c;
	int64_t dims[2];
	bool batch = answer->outputs[output].shape.rank > 1;

	if (find_classes(answer, output, &c, err) < 0)
		return -1;
	dims[0] = batch ? (int64_t)c.rows : (int64_t)c.top;
	dims[1] = (int64_t)c.top;
	put_head(c.tensor, "BYTES", dims, 1u + batch, buf);
	if (answer->forms[output].binary) {
		put_binary_size(count_class_bytes(&c), buf);
	} else {
		cay_buf_text(buf, ",\"data\":[");
		put_class_text(&c, buf);
		cay_buf_text(buf, "]}");
	}
	cay_arena_finish(&c.arena);
	return 0;
}

// Appends an output to the JSON.
static int put_output(const struct cay_answer *answer, size_t output, struct cay_buf *buf,
		      struct cay_err *err)
{
	const struct cay_tensor *t = &answer->outputs[output];
	const struct cay_query_output *form = &answer->forms[output];

	if (form->classes)
		return put_classes(answer, output, buf, err);
	put_head(t, cay_dtype_name(t->dtype), t->shape.dim, t->shape.rank, buf);
	if (form->binary) {
		put_binary_size(t->size, buf);
		return 0;
	}
	cay_buf_text(buf, ",\"data\":[");
	cay_json_numbers(buf, t->dtype, t->data, t->size / cay_dtype_size(t->dtype));
	cay_buf_text(buf, "]}");
	return 0;
}

// Appends the bytes of an output behind the JSON.
static int put_binary(const struct cay_answer *answer, size_t output, struct cay_buf *buf,
		      struct cay_err *err)
{
	const struct cay_tensor *t = &answer->outputs[output];
	struct classes c;

	if (!answer->forms[output].classes) {
		cay_buf_put(buf, t->data, t->size);
		return 0;
	}
	if (find_classes(answer, output, &c, err) < 0)
		return -1;
	put_class_bytes(&c, buf);
	cay_arena_finish(&c.arena);
	return 0;
}

// Appends the bytes of outputs, and sets the header that says where they begin.
static int append_binary(const struct cay_answer *answer, struct cay_reply *reply,
			 struct cay_err *err)
{
	char length[CAY_DECIMAL_TEXT + 1];
	int result = 0;

	length[cay_decimal_print_i64((int64_t)reply->body.len, length)] = '\0';
	cay_reply_header(reply, "Inference-Header-Content-Length", length);
	reply->content_type = "application/octet-stream";
	for (size_t i = 0; result == 0 && i < answer->output_count; i++)
		if (answer->forms[i].binary)
			result = put_binary(answer, i, &reply->body, err);
	return result;
}

static bool any_binary(const struct cay_answer *answer)
{
	for (size_t i = 0; i < answer->output_count; i++)
		if (answer->forms[i].binary)
			return true;
	return false;
}

static size_t count_bytes(const struct cay_answer *answer)
{
	size_t bytes = 0;

	for (size_t i = 0; i < answer->output_count; i++)
		bytes += answer->outputs[i].size;
	return bytes;
}

// How every answer in JSON begins, up to the inside of "parameters".
static void put_answer_head(const struct cay_answer *answer, struct cay_buf *buf)
{
	uint8_t *at;

	cay_buf_text(buf, "{\"model_name\":");
	cay_buf_json_string(buf, answer->model);
	cay_buf_text(buf, ",\"model_version\":\"");
	put_integer(answer->version, buf);
	cay_buf_text(buf, "\"");
	if (answer->id) {
		cay_buf_text(buf, ",\"id\":");
		cay_buf_json_string(buf, answer->id);
	}
	cay_buf_text(buf, ",\"parameters\":{\"milliseconds\":");
	at = cay_buf_reserve(buf, CAY_DECIMAL_TEXT);
	if (at)
		buf->len += cay_decimal_print_milliseconds(answer->nanoseconds, (char *)at);
}

int cay_answer_json(const struct cay_answer *answer, struct cay_reply *reply, struct cay_err *err)
{
	struct cay_buf *buf = &reply->body;
	int result = 0;

	cay_buf_reserve(buf, MOST_HEADS + count_bytes(answer)); // numbers as text take more yet
	put_answer_head(answer, buf);
	put_top(answer, buf);
	cay_buf_text(buf, "},\"outputs\":[");
	for (size_t i = 0; result == 0 && i < answer->output_count; i++) {
		cay_buf_text(buf, i ? "," : "");
		result = put_output(answer, i, buf, err);
	}
	cay_buf_text(buf, "]}\n");
	if (result == 0 && any_binary(answer))
		result = append_binary(answer, reply, err);
	return result < 0 ? -1 : cay_buf_check(buf, err);
}

int cay_answer_raw(const struct cay_answer *answer, struct cay_reply *reply, struct cay_err *err)
{
	reply->content_type = "application/octet-stream";
	for (size_t i = 0; i < answer->output_count; i++)
		cay_buf_put(&reply->body, answer->outputs[i].data, answer->outputs[i].size);
	return cay_buf_check(&reply->body, err);
}

int cay_answer_profile(const struct cay_answer *answer, const struct cay_session *session,
		       struct cay_reply *reply, struct cay_err *err)
{
	struct cay_buf *buf = &reply->body;

	put_answer_head(answer, buf);
	cay_buf_text(buf, "},\"ops\":[");
	for (size_t i = 0; i < cay_session_step_count(session); i++) {
		const struct cay_step_info step = cay_session_step(session, i);

		cay_buf_text(buf, i ? ",\n{" : "{");
		cay_step_info_put_json(&step, buf);
		cay_buf_printf(buf, ", \"ms\": %.6f}", (double)step.nanoseconds * 1e-6);
	}
	cay_buf_text(buf, "]}\n");
	return cay_buf_check(buf, err);
}
