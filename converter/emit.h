// A graph into a program that a .nb file can hold.
#ifndef CAY_CONVERTER_EMIT_H
#define CAY_CONVERTER_EMIT_H

#include "converter/graph.h"

// version: that of Paddle which *ret is to name. *ret borrows names, attributes and constants from
// the graph. On failure *ret is untouched.
int cay_graph_emit(const struct cay_graph *graph, int64_t version, struct cay_program *ret,
		   struct cay_err *err);

#endif
