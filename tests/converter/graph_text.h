// Graphs as text, in the form of cay_graph_dump, for the tests of the passes.
#ifndef CAY_TESTS_CONVERTER_GRAPH_TEXT_H
#define CAY_TESTS_CONVERTER_GRAPH_TEXT_H

#include "converter/graph.h"

typedef int pass_fn(struct cay_graph *graph, struct cay_err *err);

// Fails the test if the text is no graph. Constants may stand anywhere, with their data type; that
// of an output is FP32 if it is left out; "..." repeats the values before it.
void graph_read(const char *text, struct cay_graph *graph);

// Runs a pass on the graph `before` and compares the dump with `after`.
void check_pass(pass_fn *pass, const char *before, const char *after);
// Likewise for other runtimes than those from 2.9 on.
void check_pass_for(enum cay_compat compat, pass_fn *pass, const char *before, const char *after);
// The pass must refuse the graph with a message that contains `part`.
void check_pass_fails(pass_fn *pass, const char *before, const char *part);

#endif
