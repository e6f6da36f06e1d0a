// Tests of daemon/inference/query.c.
#include "daemon/inference/query.h"
#include "common/size.h"
#include "tests/test.h"

#include <string.h>

static const struct cay_port one[] = {{"x", CAY_DTYPE_F32, {2, {-1, 3}}, false}};
static const struct cay_port two[] = {{"a", CAY_DTYPE_F32, {2, {-1, 2}}, false},
				      {"b", CAY_DTYPE_I64, {1, {2}}, false}};
static const struct cay_port picture[] = {{"p", CAY_DTYPE_U8, {4, {-1, 1, -1, -1}}, false}};
static const struct cay_port outputs[] = {{"y", CAY_DTYPE_F32, {1, {1}}, false},
					  {"z", CAY_DTYPE_F32, {1, {1}}, false}};

// A request on its way to a query.
struct asked {
	struct cay_request req;
	struct cay_buf body; // of req
	struct cay_conf conf;
	struct cay_model_info info;
	struct cay_json_memo memo;
	struct cay_query query;
	struct cay_err err;
};

static void append(struct asked *a, const void *data, size_t size)
{
	cay_buf_put(&a->body, data, size);
	cay_buf_cstr(&a->body);
	a->req.body = (struct cay_body){a->body.data, a->body.len};
}

static struct asked *ask(const char *type, const void *body, size_t size)
{
	struct asked *a = calloc(1, sizeof(*a));

	cay_json_memo_init(&a->memo);
	a->req.content_type = type;
	append(a, body, size);
	a->conf = (struct cay_conf){.json_depth = 32, .arena_limit = 1 << 20};
	return a;
}

static int decode(struct asked *a, const struct cay_port *inputs, size_t count)
{
	const struct cay_ports ports = {inputs, outputs, count, 2};

	return cay_query_decode(&a->query, &a->req, &ports, &a->info, &a->conf, &a->memo, &a->err);
}

static void finish(struct asked *a)
{
	cay_query_finish(&a->query);
	cay_buf_finish(&a->body);
	cay_json_memo_finish(&a->memo);
	free(a);
}

static struct asked *ask_json(const char *text, const struct cay_port *inputs, size_t count)
{
	struct asked *a = ask("application/json", text, strlen(text));

	ck_ok(decode(a, inputs, count), a->err);
	return a;
}

static void refuses(const char *text, const struct cay_port *inputs, size_t count,
		    enum cay_code code, const char *message)
{
	struct asked *a = ask("application/json", text, strlen(text));

	ck_assert_int_eq(decode(a, inputs, count), -1);
	ck_assert_str_eq(a->err.msg, message);
	ck_assert_int_eq(a->err.code, code);
	finish(a);
}

static const float *values(const struct asked *a, size_t i)
{
	return a->query.inputs[i].data;
}

START_TEST(flat_and_nested_data_are_the_same)
{
	static const char *const texts[] = {
		"{\"data\":[1,2,3,4,5,6]}",
		"{\"data\":[[1,2,3],[4,5,6]]}",
		"{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3],\"datatype\":\"FP32\",\"data\":[1,2,"
		"3,4,5,6]}]}",
		"{\"inputs\":[{\"shape\":[2,3],\"data\":[[1,2,3],[4,5,6]]}]}",
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(texts); i++) {
		struct asked *a = ask_json(texts[i], one, 1);
		const struct cay_tensor *t = a->query.inputs;

		ck_assert_str_eq(t->name, "x");
		ck_assert(t->shape.rank == 2 && t->shape.dim[0] == 2 && t->shape.dim[1] == 3);
		ck_assert_uint_eq(t->size, 24);
		ck_assert(values(a, 0)[0] == 1 && values(a, 0)[5] == 6);
		finish(a);
	}
}
END_TEST

START_TEST(inputs_come_in_any_order)
{
	struct asked *a = ask_json("{\"inputs\":[{\"name\":\"b\",\"data\":[7,-8]},"
				   "{\"name\":\"a\",\"data\":[[1,2]]}],\"id\":\"q\","
				   "\"outputs\":[{\"name\":\"z\"}]}",
				   two, 2);
	const int64_t *b = a->query.inputs[1].data;

	ck_assert(values(a, 0)[1] == 2 && b[0] == 7 && b[1] == -8);
	ck_assert_str_eq(a->query.id, "q");
	ck_assert_uint_eq(a->query.output_count, 1);
	ck_assert_uint_eq(a->query.outputs[0].index, 1);
	finish(a);
}
END_TEST

START_TEST(all_outputs_are_wanted_unless_some_are_named)
{
	struct asked *a = ask_json("{\"data\":[1,2,3]}", one, 1);

	ck_assert_uint_eq(a->query.output_count, 2);
	ck_assert_uint_eq(a->query.outputs[1].index, 1);
	ck_assert_uint_eq(a->query.top, 3);
	finish(a);
}
END_TEST

START_TEST(what_does_not_fit_is_named)
{
	refuses("{\"data\":[1,2]}", one, 1, CAY_EBAD, "input 'x': 1x3 has 3 elements, 2 came");
	refuses("{\"data\":[[1,2]]}", one, 1, CAY_EMODEL, "input 'x': expected shape ?x3, got 1x2");
	refuses("{\"shape\":[3,1],\"data\":[1,2,3]}", one, 1, CAY_EMODEL,
		"input 'x': expected shape ?x3, got 3x1");
	refuses("{\"shape\":[1,3],\"data\":[[1],[2],[3]]}", one, 1, CAY_EBAD,
		"input 'x': shape says 1x3, data is 3x1");
	refuses("{\"datatype\":\"INT8\",\"data\":[1,2,3]}", one, 1, CAY_EMODEL,
		"input 'x': expected datatype FP32, got INT8");
	refuses("{\"inputs\":[{\"name\":\"c\",\"data\":[1]}]}", two, 2, CAY_EMODEL,
		"unknown input 'c'; the model has 'a', 'b'");
	refuses("{\"inputs\":[{\"name\":\"b\",\"data\":[1,2]}]}", two, 2, CAY_EMODEL,
		"input 'a' is missing; the model has 'a', 'b'");
	refuses("{\"inputs\":[]}", one, 1, CAY_EMODEL, "input 'x' is missing; the model has 'x'");
	refuses("{\"data\":[]}", one, 1, CAY_EBAD, "input 'x': 1x3 has 3 elements, 0 came");
	refuses("{\"data\":[1,2,3],\"outputs\":[{\"name\":\"w\"}]}", one, 1, CAY_EMODEL,
		"unknown output 'w'; the model has 'y', 'z'");
	refuses("{\"shape\":[200000,3],\"data\":[1]}", one, 1, CAY_ETOOLARGE,
		"input 'x': 200000x3 is 2400000 bytes, at most 1048576 can be");
	refuses("{\"data\":[1,2,x]}", one, 1, CAY_EBAD, "input 'x': JSON: not a number at byte 13");
}
END_TEST

START_TEST(raw_bytes_are_the_tensor)
{
	const float data[] = {1, 2, 3, 4, 5, 6};
	struct asked *a = ask("application/octet-stream", data, sizeof(data));

	ck_ok(decode(a, one, 1), a->err);
	ck_assert_ptr_eq(a->query.inputs[0].data, a->req.body.data);
	ck_assert_int_eq(a->query.inputs[0].shape.dim[0], 2);
	finish(a);
	a = ask("application/octet-stream", data, 7);
	ck_assert_int_eq(decode(a, one, 1), -1);
	ck_assert_str_eq(a->err.msg, "7 bytes are not a whole number of FP32");
	finish(a);
	a = ask("application/octet-stream", data, 8);
	ck_assert_int_eq(decode(a, two, 2), -1);
	ck_assert_int_eq(a->err.code, CAY_EBAD);
	finish(a);
}
END_TEST

// HTTP puts it so that it is aligned.
START_TEST(bytes_behind_json_are_the_tensor_if_they_are_aligned)
{
	static const char json[] = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"parameters\":"
				   "{\"binary_data_size\":12}}]}%*s";
	const float data[] = {1, 2, 3};

	for (int blanks = 0; blanks < 4; blanks++) {
		char text[200], length[16];
		const int len = snprintf(text, sizeof(text), json, blanks, "");
		struct asked *a = ask("application/octet-stream", text, (size_t)len);
		const uint8_t *binary;

		append(a, data, sizeof(data));
		binary = a->req.body.data + len;
		snprintf(length, sizeof(length), "%d", len);
		a->req.json_length = length;
		ck_ok(decode(a, one, 1), a->err);
		ck_assert_int_eq(a->query.inputs[0].data == (const void *)binary, len % 4 == 0);
		ck_assert_int_eq(memcmp(a->query.inputs[0].data, data, sizeof(data)), 0);
		finish(a);
	}
}
END_TEST

static bool is_kept(struct asked *a, const char *text)
{
	json_t *root = cay_json_memo_find(&a->memo, text, strlen(text));

	json_decref(root);
	return root != NULL;
}

START_TEST(what_is_said_again_is_not_parsed_again)
{
	static const char head[] = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"parameters\":"
				   "{\"binary_data_size\":12}}]}",
			  text[] = "{\"data\":[1,2,3]}";
	struct asked *a = ask("application/octet-stream", head, strlen(head));
	float data[] = {1, 2, 3};
	char length[16];

	append(a, data, sizeof(data));
	snprintf(length, sizeof(length), "%zu", strlen(head));
	a->req.json_length = length;
	ck_ok(decode(a, one, 1), a->err);
	ck_assert(is_kept(a, head));
	for (int i = 0; i < 2; i++) {
		cay_query_finish(&a->query);
		memcpy(a->body.data + strlen(head), &data[i + 1], sizeof(float));
		ck_ok(decode(a, one, 1), a->err); // of the tree that is kept
		ck_assert(values(a, 0)[0] == data[i + 1]);
	}
	cay_query_finish(&a->query);
	a->body.data[strlen(head) - 3] = ' '; // the brace that ends the input
	ck_assert_int_eq(decode(a, one, 1), -1);
	ck_assert(is_kept(a, head));
	a->req.json_length = NULL;
	a->req.content_type = "application/json";
	a->body.len = 0;
	append(a, text, strlen(text));
	ck_ok(decode(a, one, 1), a->err);
	ck_assert(!is_kept(a, text)); // it will not come again
	finish(a);
}
END_TEST

START_TEST(free_dimensions_come_from_the_url_or_model_json)
{
	struct cay_info_input known = {"p", {4, {1, 1, 2, 3}}};
	struct asked *a = ask("application/octet-stream", "123456789012", 12);

	ck_assert_int_eq(decode(a, picture, 1), -1);
	ck_assert_str_eq(a->err.msg, "input 'p' is ?x1x?x?: the request must give its shape");
	a->req.arguments[0] = (struct cay_argument){"shape", "1x1x4x3"};
	a->req.argument_count = 1;
	ck_ok(decode(a, picture, 1), a->err);
	ck_assert_int_eq(a->query.inputs[0].shape.dim[2], 4);
	cay_query_finish(&a->query);
	a->req.argument_count = 0;
	a->info.inputs = &known;
	a->info.input_count = 1;
	ck_ok(decode(a, picture, 1), a->err);
	ck_assert_int_eq(a->query.inputs[0].shape.dim[0], 2);
	ck_assert_int_eq(a->query.inputs[0].shape.dim[3], 3);
	finish(a);
}
END_TEST

START_TEST(a_type_that_says_nothing_is_guessed)
{
	static const char *const types[] = {NULL, "application/x-www-form-urlencoded"};

	for (size_t i = 0; i < 2; i++) {
		struct asked *a = ask(types[i], "\r\n {\"data\":[1,2,3]}", 19);

		ck_ok(decode(a, one, 1), a->err);
		finish(a);
		a = ask(types[i], "\x89PNG", 4);
		ck_assert_int_eq(decode(a, one, 1), -1);
		ck_assert_int_eq(a->err.code, CAY_EMEDIA);
		finish(a);
	}
}
END_TEST

START_TEST(bytes_that_are_not_just_so_many_files_are_refused)
{
	static const struct cay_port wide[] = {{"x", CAY_DTYPE_F32, {4, {-1, 3, 2, 2}}, false}};
	static const char json[] = "{\"inputs\":[{\"name\":\"x\",\"datatype\":\"BYTES\","
				   "\"shape\":[%d],\"parameters\":{\"binary_data_size\":%d}}]}";
	static const struct {
		int count, size;
		enum cay_code code;
		const char *message;
	} cases[] = {
		{1, 7, CAY_EBAD, "element 0 is cut off"},
		{1, 12, CAY_EBAD, "4 bytes follow the 1 elements"},
		{1, 13, CAY_EBAD, "12 bytes do"},
		{1000000, 12, CAY_EBAD, "too few"},
		{1, 8, CAY_EMEDIA, "neither a JPEG nor a PNG"},
	};

	for (size_t i = 0; i < CAY_ARRAY_SIZE(cases); i++) {
		char text[200], length[16];
		const int len = snprintf(text, sizeof(text), json, cases[i].count, cases[i].size);
		struct asked *a = ask("application/octet-stream", text, (size_t)len);

		append(a, "\4\0\0\0none\0\0\0\0", 12);
		snprintf(length, sizeof(length), "%d", len);
		a->req.json_length = length;
		ck_assert_int_eq(decode(a, wide, 1), -1);
		ck_assert_msg(a->err.code == cases[i].code && strstr(a->err.msg, cases[i].message),
			      "%s", a->err.msg);
		finish(a);
	}
}
END_TEST

TEST_MAIN("query", what_is_said_again_is_not_parsed_again, flat_and_nested_data_are_the_same,
	  inputs_come_in_any_order, all_outputs_are_wanted_unless_some_are_named,
	  what_does_not_fit_is_named, raw_bytes_are_the_tensor,
	  bytes_behind_json_are_the_tensor_if_they_are_aligned,
	  free_dimensions_come_from_the_url_or_model_json, a_type_that_says_nothing_is_guessed,
	  bytes_that_are_not_just_so_many_files_are_refused)
