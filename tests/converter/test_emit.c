// Graphs into programs.
#include "converter/emit.h"
#include "tests/converter/graph_text.h"
#include "tests/converter/support.h"
#include "tests/test.h"

#include <string.h>

static void emit(const char *text, struct cay_graph *graph, struct cay_program *program)
{
	struct cay_err err = {0};

	graph_read(text, graph);
	ck_ok(cay_graph_emit(graph, 1008005, program, &err), err);
}

START_TEST(a_program_has_slots_variables_and_parameters)
{
	struct cay_graph graph;
	struct cay_program p;
	const struct cay_op_desc *sum;
	const struct cay_slot *x;

	emit("feed x() -> Out=x:FP32:?x2 {col=0}\n"
	     "const b FP32 2 = 1 2\n"
	     "const a FP32 2 = 3 4\n"
	     "sum(X=x, X=b, Y=a) -> Out=y:FP32:?x2, Out=z:FP32 {axis=1}\n"
	     "fetch y(X=y) {col=0}\n",
	     &graph, &p);
	ck_assert_int_eq(p.version, 1008005);
	ck_assert_int_eq(p.blocks[0].parent, -1);
	ck_assert_uint_eq(p.blocks[0].op_count, 3);
	ck_assert_str_eq(arg_of(&p.blocks[0].ops[0], "X"), "feed");
	ck_assert_str_eq(arg_of(&p.blocks[0].ops[2], "Out"), "fetch");
	sum = find_op(&p, "sum", 0);
	ck_assert_uint_eq(sum->in_count, 2);
	x = cay_slot_find(sum->in, sum->in_count, "X");
	ck_assert_uint_eq(x->count, 2);
	ck_assert_str_eq(x->args[1], "b");
	ck_assert_uint_eq(sum->out[0].count, 2);
	ck_assert_int_eq(cay_op_desc_attr(sum, "axis")->i, 1);
	ck_assert_uint_eq(p.param_count, 2);
	ck_assert_str_eq(p.params[0].name, "a"); // sorted
	ck_assert_str_eq(p.params[1].name, "b");
	ck_assert_uint_eq(p.blocks[0].var_count, 7); // and feed, fetch
	cay_program_finish(&p);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(a_constant_of_several_nodes_is_one_parameter)
{
	struct cay_graph graph;
	struct cay_program p;

	emit("const w FP32 1 = 1\nrelu(X=w) -> Out=a\nrelu(X=w) -> Out=b\n", &graph, &p);
	ck_assert_uint_eq(p.param_count, 1);
	ck_assert_str_eq(arg_of(&p.blocks[0].ops[1], "X"), "w");
	cay_program_finish(&p);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(attributes_without_a_place_in_the_file_are_left_out)
{
	const struct cay_attr flags = {.name = "flags", .type = CAY_ATTR_BOOLEANS};
	struct cay_graph graph;
	struct cay_program p;
	struct cay_err err = {0};

	graph_read("feed x() -> Out=x {col=0}\n", &graph);
	ck_ok(cay_node_set(&graph, graph.first, &flags, &err), err);
	ck_ok(cay_graph_emit(&graph, 0, &p, &err), err);
	ck_assert_uint_eq(p.blocks[0].ops[0].attr_count, 1);
	cay_program_finish(&p);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(the_version_fits_the_header_with_its_nul)
{
	struct cay_graph graph;
	struct cay_program p;

	emit("feed x() -> Out=x\n", &graph, &p);
	ck_assert_uint_lt(strlen(p.opt_version), 16);
	ck_assert_int_eq(strncmp(p.opt_version, "cayuco-", 7), 0);
	cay_program_finish(&p);
	cay_graph_finish(&graph);
}
END_TEST

TEST_MAIN("emit", a_program_has_slots_variables_and_parameters,
	  a_constant_of_several_nodes_is_one_parameter,
	  attributes_without_a_place_in_the_file_are_left_out,
	  the_version_fits_the_header_with_its_nul)
