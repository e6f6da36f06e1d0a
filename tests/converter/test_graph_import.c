// Programs into graphs.
#include "converter/graph.h"
#include "tests/test.h"

#include <stdio.h>

// Ops of a program as data: one input and one output slot are enough here.
#define SLOT(slot, ...)                                                                            \
	(struct cay_slot[])                                                                        \
	{                                                                                          \
		{                                                                                  \
			.name = slot, .args = (const char *const[]){__VA_ARGS__},                  \
			.count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)       \
		}                                                                                  \
	}
#define OP_IO(op, in_slot, out_slot)                                                               \
	{                                                                                          \
		.type = op, .in = in_slot, .in_count = 1, .out = out_slot, .out_count = 1          \
	}
#define FEED(name)  OP_IO("feed", SLOT("X", "feed"), SLOT("Out", name))
#define FETCH(name) OP_IO("fetch", SLOT("X", name), SLOT("Out", "fetch"))

static const float two[2] = {1, 2};
static struct cay_param params[] = {
	{.name = "w", .dtype = CAY_DTYPE_F32, .shape = {1, {2}}, .data = two, .size = sizeof(two)},
};

static int import(struct cay_op_desc *ops, size_t count, struct cay_graph *graph,
		  struct cay_err *err)
{
	static struct cay_var_desc vars[] = {
		{.name = "x", .type = CAY_VAR_TENSOR, .dtype = CAY_DTYPE_I64, .shape = {1, {-1}}},
		{.name = "array", .type = CAY_VAR_TENSOR_ARRAY},
	};
	struct cay_block block = {.ops = ops, .op_count = count, .vars = vars, .var_count = 2};
	struct cay_program program = {
		.blocks = &block, .block_count = 1, .params = params, .param_count = 1};

	cay_graph_init(graph);
	return cay_graph_import(&program, graph, err);
}

// The dump of the graph, or the message of the failure.
static const char *dump_of(struct cay_op_desc *ops, size_t count)
{
	static char text[1024];
	struct cay_buf dump = {0};
	struct cay_graph graph;
	struct cay_err err = {0};

	if (import(ops, count, &graph, &err) == 0) {
		ck_ok(cay_graph_verify(&graph, &err), err);
		cay_graph_dump(&graph, &dump);
		snprintf(text, sizeof(text), "%s", cay_buf_cstr(&dump));
	} else {
		snprintf(text, sizeof(text), "%s", err.msg);
	}
	cay_buf_finish(&dump);
	cay_graph_finish(&graph);
	return text;
}

#define DUMP(...)                                                                                  \
	dump_of((struct cay_op_desc[]){__VA_ARGS__},                                               \
		sizeof((struct cay_op_desc[]){__VA_ARGS__}) / sizeof(struct cay_op_desc))

START_TEST(a_name_that_is_written_again_is_another_value)
{
	ck_assert_str_eq(DUMP(FEED("x"), OP_IO("relu", SLOT("X", "x"), SLOT("Out", "a")),
			      OP_IO("tanh", SLOT("X", "a"), SLOT("Out", "a")), FETCH("a")),
			 "feed x() -> Out=x:INT64:?\n"
			 "relu(X=x) -> Out=a:FP32\n"
			 "tanh(X=a) -> Out=a/1:FP32\n"
			 "fetch a(X=a/1)\n");
}
END_TEST

START_TEST(a_parameter_is_one_constant)
{
	ck_assert_str_eq(DUMP(FEED("x"), OP_IO("sum", SLOT("X", "w", "x", "w"), SLOT("Out", "a")),
			      FETCH("a")),
			 "feed x() -> Out=x:INT64:?\n"
			 "const w FP32 2 = 1 2\n"
			 "sum(X=w, X=x, X=w) -> Out=a:FP32\n"
			 "fetch a(X=a)\n");
}
END_TEST

START_TEST(an_update_of_a_parameter_is_left_out)
{
	ck_assert_str_eq(DUMP(FEED("x"),
			      OP_IO("batch_norm", SLOT("Mean", "w"), SLOT("MeanOut", "w")),
			      FETCH("w")),
			 "feed x() -> Out=x:INT64:?\n"
			 "const w FP32 2 = 1 2\n"
			 "batch_norm(Mean=w)\n"
			 "fetch w(X=w)\n");
}
END_TEST

START_TEST(a_parameter_that_is_written_before_it_is_read_is_a_value)
{
	ck_assert_str_eq(DUMP(FEED("x"),
			      OP_IO("fake_quantize_abs_max", SLOT("X", "x"), SLOT("OutScale", "w")),
			      FETCH("w")),
			 "feed x() -> Out=x:INT64:?\n"
			 "fake_quantize_abs_max(X=x) -> OutScale=w:FP32\n"
			 "fetch w(X=w)\n");
}
END_TEST

START_TEST(what_cannot_be_imported_is_named)
{
	struct cay_attr block = {.name = "sub_block", .type = CAY_ATTR_BLOCK, .i = 1};
	struct cay_attr column = {.name = "col", .type = CAY_ATTR_INT, .i = 1};
	struct cay_op_desc loop = {.type = "while", .attrs = &block, .attr_count = 1};
	struct cay_op_desc second = FEED("y");
	struct cay_op_desc bare = {.type = "feed"}, end = {.type = "fetch"};

	second.attrs = &column;
	second.attr_count = 1;
	ck_assert_str_eq(DUMP(FEED("x"), FETCH("y")),
			 "fetch reads 'y', which nothing has written before");
	ck_assert_str_eq(DUMP(FEED("x"), OP_IO("increment", SLOT("X", "w"), SLOT("Out", "w"))),
			 "increment changes the parameter 'w'");
	ck_assert_str_eq(DUMP(FEED("x"), OP_IO("stack", SLOT("X", "x"), SLOT("Out", "array"))),
			 "stack writes 'array', which is no tensor");
	ck_assert_str_eq(DUMP(FEED("x"), loop),
			 "while runs a block of its own, which is not supported");
	ck_assert_str_eq(DUMP(FETCH("w")), "the program has no feed");
	ck_assert_str_eq(DUMP(FEED("x")), "the program has no fetch");
	ck_assert_str_eq(DUMP(second, FETCH("y")), "feed 'y' has column 1 of 1");
	ck_assert_str_eq(DUMP(FEED("x"), FEED("y"), FETCH("y")), "feed 'y' has column 0 of 2");
	ck_assert_str_eq(DUMP(bare), "feed has no output");
	ck_assert_str_eq(DUMP(FEED("x"), end), "fetch has no input");
	ck_assert_str_eq(DUMP(OP_IO("feed", SLOT("X", "feed"), SLOT("Out", "x", "y"))),
			 "feed has no output");
}
END_TEST

TEST_MAIN("graph_import", a_name_that_is_written_again_is_another_value,
	  a_parameter_is_one_constant, an_update_of_a_parameter_is_left_out,
	  a_parameter_that_is_written_before_it_is_read_is_a_value,
	  what_cannot_be_imported_is_named)
