// The graph's structure, its text, and its check.
#include "tests/converter/graph_text.h"
#include "tests/test.h"

#include <string.h>

#define CONV                                                                                       \
	"feed image() -> Out=x:FP32:?x1x4x4 {col=0}\n"                                             \
	"const w INT8 2x1x1x1 = 1 -2 * 0.5 0.25\n"                                                 \
	"conv2d(Input=x*0.125, Filter=w) -> Output=y:FP32:?x2x4x4 {groups=1, strides=[1, 1]}\n"    \
	"scale(X=y) -> Out=z:FP32 {bias=0.0, bias_after_scale=true, note=\"a b\", scale=2.0}\n"    \
	"fetch prob(X=z) {col=0}\n"

START_TEST(a_dump_read_back_dumps_the_same)
{
	struct cay_graph graph;
	struct cay_buf text = {0};

	graph_read(CONV, &graph);
	cay_graph_dump(&graph, &text);
	ck_assert_str_eq(cay_buf_cstr(&text), CONV);
	cay_buf_finish(&text);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(a_dump_shows_long_constants_in_part)
{
	struct cay_graph graph;
	struct cay_buf text = {0};

	graph_read("const w FP32 100 = 7\nrelu(X=w) -> Out=y\n", &graph);
	cay_graph_dump(&graph, &text);
	ck_assert_ptr_nonnull(
		strstr(cay_buf_cstr(&text), "= 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 ...\n"));
	cay_buf_finish(&text);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(a_use_moves_from_one_value_to_another)
{
	struct cay_graph graph;
	struct cay_node *a, *b;

	graph_read("feed x() -> Out=x\nrelu(X=x) -> Out=y\ntanh(X=y) -> Out=z\n", &graph);
	a = graph.first->next;
	b = a->next;
	ck_assert_ptr_eq(cay_value_only_use(a->out), b->in);
	cay_graph_replace_uses(a->out, graph.first->out);
	ck_assert_ptr_null(a->out->uses);
	ck_assert_ptr_null(cay_value_only_use(graph.first->out)); // two of them
	ck_assert_ptr_eq(b->in->value, graph.first->out);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(inputs_are_removed_and_added_at_the_end)
{
	const char *text = "feed x() -> Out=x\nconcat(X=x, X=x, X=x) -> Out=y\n";
	struct cay_graph graph;
	struct cay_node *concat;
	struct cay_err err = {0};

	graph_read(text, &graph);
	concat = graph.last;
	cay_use_remove(concat->in->next->next);
	cay_use_remove(concat->in);
	ck_assert_ptr_nonnull(
		cay_node_add_in(&graph, concat, "AxisTensor", graph.first->out, &err));
	ck_assert_str_eq(concat->in->slot, "X");
	ck_assert_str_eq(concat->in->next->slot, "AxisTensor");
	ck_assert_ptr_null(concat->in->next->next);
	ck_ok(cay_graph_verify(&graph, &err), err);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(values_get_names_of_their_own)
{
	struct cay_graph graph;
	struct cay_err err = {0};
	const char *again;

	graph_read("feed x() -> Out=x\n", &graph);
	again = cay_graph_unique_name(&graph, "x", &err);
	ck_assert_str_eq(again, "x/1");
	ck_assert_str_ne(cay_graph_unique_name(&graph, "x", &err), again);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(a_shared_constant_is_copied_before_a_change)
{
	struct cay_graph graph;
	struct cay_err err = {0};
	struct cay_use *first, *second;

	graph_read("const w FP32 2 = 1 2\nrelu(X=w) -> Out=a\nrelu(X=w) -> Out=b\n", &graph);
	first = graph.first->in;
	second = graph.last->in;
	ck_assert_ptr_ne(cay_use_own(&graph, first, &err), second->value);
	ck_assert_str_eq(second->value->name, "w");
	ck_assert_str_eq(first->value->name, "w/1");
	ck_assert_ptr_eq(cay_use_own(&graph, second, &err), second->value); // alone by now
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(attributes_are_replaced_or_added)
{
	struct cay_graph graph;
	struct cay_err err = {0};
	struct cay_node *n;

	graph_read("feed x() -> Out=x {col=0}\n", &graph);
	n = graph.first;
	ck_ok(cay_node_set_int(&graph, n, "col", 3, &err), err);
	ck_ok(cay_node_set_float(&graph, n, "scale", 0.5F, &err), err);
	ck_assert_uint_eq(n->attr_count, 2);
	ck_assert_int_eq(cay_node_int(n, "col", 0), 3);
	ck_assert_float_eq(cay_node_float(n, "scale", 0), 0.5F);
	ck_assert(!cay_node_has(n, "bias"));
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(a_use_of_a_removed_node_is_found)
{
	struct cay_graph graph;
	struct cay_err err = {0};

	graph_read("feed x() -> Out=x\nrelu(X=x) -> Out=y\ntanh(X=y) -> Out=z\n", &graph);
	cay_graph_remove(&graph, graph.first->next);
	ck_assert_int_lt(cay_graph_verify(&graph, &err), 0);
	ck_assert_str_eq(err.msg, "tanh 'z': 'y' is not defined before");
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(a_use_before_the_definition_is_found)
{
	struct cay_graph graph;
	struct cay_err err = {0};

	graph_read("feed x() -> Out=x\nrelu(X=x) -> Out=y\ntanh(X=x) -> Out=z\n", &graph);
	cay_use_set(graph.first->next->in, graph.last->out);
	ck_assert_int_lt(cay_graph_verify(&graph, &err), 0);
	ck_assert_int_eq(err.code, CAY_EIO);
	cay_graph_finish(&graph);
}
END_TEST

START_TEST(notes_are_kept_in_order)
{
	struct cay_graph graph;
	struct cay_err err = {0};

	cay_graph_init(&graph);
	ck_ok(cay_graph_note(&graph, &err, "%d", 1), err);
	ck_ok(cay_graph_note(&graph, &err, "%d", 2), err);
	ck_assert_str_eq(graph.notes->text, "1");
	ck_assert_str_eq(graph.notes->next->text, "2");
	cay_graph_finish(&graph);
}
END_TEST

TEST_MAIN("graph", a_dump_read_back_dumps_the_same, a_dump_shows_long_constants_in_part,
	  a_use_moves_from_one_value_to_another, inputs_are_removed_and_added_at_the_end,
	  values_get_names_of_their_own, a_shared_constant_is_copied_before_a_change,
	  attributes_are_replaced_or_added, a_use_of_a_removed_node_is_found,
	  a_use_before_the_definition_is_found, notes_are_kept_in_order)
