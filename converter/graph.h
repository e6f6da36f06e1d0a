// The program between reading and writing: nodes in order, values with one definition each.
#ifndef CAY_CONVERTER_GRAPH_H
#define CAY_CONVERTER_GRAPH_H

#include "common/buf.h"
#include "common/names.h"
#include "common/tracker.h"
#include "converter/compat.h"
#include "nb/program.h"

// What a node reads: a link between the node and the value, on both their lists.
struct cay_use {
	struct cay_node *node;
	struct cay_value *value;
	const char *slot;     // "Input"
	float scale;	      // the real value of one step of an int8 activation; 0: not quantized
	struct cay_use *next; // of the node
	struct cay_use *next_use, **link_use; // of the value
};

// A tensor: an output of a node, or a constant.
struct cay_value {
	const char *name; // unique in the graph
	enum cay_dtype dtype;
	struct cay_shape shape; // -1 is free; of activations a hint, rank 0: unknown
	struct cay_node *def;	// NULL: a constant
	const char *slot;	// of def
	struct cay_value *next; // output of def
	const void *data;	// of a constant: row-major, maybe unaligned
	size_t size;		// bytes
	const float *scales;	// of a quantized constant, INT8 or INT16: one per output channel
	size_t scale_count;
	bool is_end; // fed or fetched: its name is the user's
	struct cay_use *uses;
};

// An op. `feed` and `fetch` are nodes as well: what no fetch needs is dead.
struct cay_node {
	const char *op;
	// Lists; the inputs of one slot stand together, and so do the outputs.
	struct cay_use *in, **in_end; // in_end: where the next one is linked in
	struct cay_value *out, **out_end;
	struct cay_attr *attrs;
	size_t attr_count, attr_capacity;
	const char *name; // of feed and fetch: what the user calls the tensor
	float out_scale;  // of an int8 output: the real value of one step
	struct cay_node *prev, *next;
	size_t order; // the node's place, as the last cay_graph_verify counted it
};

struct cay_note {
	const char *text;
	struct cay_note *next;
};

// All memory is the arena's; what a pass drops is freed with the graph. Names, attributes and
// constants are borrowed from the program, whose attributes cay_node_set changes in place.
struct cay_graph {
	struct cay_arena arena;
	struct cay_names names; // of all values ever made
	size_t renamed;		// how many got another name than the wanted one
	struct cay_node *first, *last;
	struct cay_note *notes, **last_note; // for the report
	enum cay_compat compat;		     // the runtimes that the file is for
	unsigned weight_bits;		     // as struct cay_convert_options has it
	struct cay_tracker progress;	     // of the pass that runs
	size_t worked_bytes, all_bytes;	     // of parameters: those it has worked on, and all
};

void cay_graph_init(struct cay_graph *graph);
void cay_graph_finish(struct cay_graph *graph);

// Makes a graph of block 0 of a program; more blocks are refused. Leaves out the outputs by which
// batch_norm and the observers of quantization update parameters in training.
int cay_graph_import(const struct cay_program *program, struct cay_graph *graph,
		     struct cay_err *err);

// Construction. A node is inserted before another one, or at the end if that is NULL. A value gets
// the name that is asked for, or one made of it if that is taken. Texts and data are borrowed, and
// must live as long as the graph. NULL, or -1, if memory runs out.
struct cay_node *cay_graph_insert(struct cay_graph *graph, struct cay_node *before, const char *op,
				  struct cay_err *err);
struct cay_value *cay_graph_constant(struct cay_graph *graph, const char *name,
				     enum cay_dtype dtype, const struct cay_shape *shape,
				     const void *data, struct cay_err *err);
struct cay_value *cay_node_add_out(struct cay_graph *graph, struct cay_node *node, const char *slot,
				   const char *name, struct cay_err *err);
struct cay_use *cay_node_add_in(struct cay_graph *graph, struct cay_node *node, const char *slot,
				struct cay_value *value, struct cay_err *err);
const char *cay_graph_unique_name(struct cay_graph *graph, const char *wanted, struct cay_err *err);

// Change.
void cay_use_set(struct cay_use *use, struct cay_value *value);
void cay_use_remove(struct cay_use *use);
void cay_graph_replace_uses(struct cay_value *old, struct cay_value *new);
// Nothing may use the output, or any output of the node.
void cay_node_remove_out(struct cay_node *node, struct cay_value *out);
void cay_graph_remove(struct cay_graph *graph, struct cay_node *node);
// Fuses two nodes: `node` computes `result` instead of its output `own`. The node that computed
// `result`, the only one that used `own`, is removed.
void cay_graph_absorb(struct cay_graph *graph, struct cay_node *node, struct cay_value *own,
		      struct cay_value *result);
int cay_node_set_slot(struct cay_graph *graph, struct cay_node *node, const char *slot,
		      struct cay_value *value, struct cay_err *err);
// Returns the use's constant in order to change it. If others use it, too, the use gets a copy of
// the value; the data stay shared.
struct cay_value *cay_use_own(struct cay_graph *graph, struct cay_use *use, struct cay_err *err);

// Questions.
struct cay_use *cay_node_use(const struct cay_node *node, const char *slot); // first one, or NULL
struct cay_value *cay_node_in(const struct cay_node *node, const char *slot);
struct cay_value *cay_node_out(const struct cay_node *node, const char *slot);
const char *cay_node_label(const struct cay_node *node); // a tensor's name, to tell it by in errors
bool cay_node_is(const struct cay_node *node, const char *op);
struct cay_use *cay_value_only_use(const struct cay_value *value); // NULL: none, or several
bool cay_value_is_constant(const struct cay_value *value);
// True for the last use in the list of a constant's uses: whoever goes through the inputs of all
// nodes meets each constant once by it.
bool cay_use_is_last_of_constant(const struct cay_use *use);

// Attributes. Names, texts and lists are borrowed, as above.
int64_t cay_node_int(const struct cay_node *node, const char *name, int64_t absent);
float cay_node_float(const struct cay_node *node, const char *name, float absent);
bool cay_node_bool(const struct cay_node *node, const char *name, bool absent);
const char *cay_node_string(const struct cay_node *node, const char *name, const char *absent);
bool cay_node_has(const struct cay_node *node, const char *name);
int cay_node_set(struct cay_graph *graph, struct cay_node *node, const struct cay_attr *attr,
		 struct cay_err *err);
int cay_node_set_int(struct cay_graph *graph, struct cay_node *node, const char *name,
		     int64_t value, struct cay_err *err);
int cay_node_set_bool(struct cay_graph *graph, struct cay_node *node, const char *name, bool value,
		      struct cay_err *err);
int cay_node_set_float(struct cay_graph *graph, struct cay_node *node, const char *name,
		       float value, struct cay_err *err);
int cay_node_set_string(struct cay_graph *graph, struct cay_node *node, const char *name,
			const char *value, struct cay_err *err);
int cay_node_set_floats(struct cay_graph *graph, struct cay_node *node, const char *name,
			const float *values, size_t count, struct cay_err *err);

// Tells that the pass has worked on so many more bytes of parameters; -1 if it is to stop.
int cay_graph_tell(struct cay_graph *graph, size_t bytes, struct cay_err *err);
// Adds a line to the report.
int cay_graph_note(struct cay_graph *graph, struct cay_err *err, const char *fmt, ...)
	CAY_PRINTF(3, 4);

// Checks that every value is defined before it is used and that the lists of uses agree. A failure
// is a bug in a pass.
int cay_graph_verify(struct cay_graph *graph, struct cay_err *err);

// A line per constant, somewhere, and a line per node in order; tests of passes read it back:
//   const w INT8 8x1x3x3 = 1 -2 ... * 0.5 0.25
//   feed image() -> Out=x:FP32:?x1x32x32 {col=0}
//   conv2d(Filter=w, Input=x*0.125) -> Output=y:FP32:?x8x32x32 {groups=1, strides=[1, 1]}
// *0.125 is a scale: that of a quantized input, of an int8 output, or of a constant's channels.
void cay_graph_dump(const struct cay_graph *graph, struct cay_buf *ret);

#endif
