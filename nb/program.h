// A Paddle program as data: what a .nb file stores, and what the converter reads and writes.
#ifndef CAY_NB_PROGRAM_H
#define CAY_NB_PROGRAM_H

#include "common/arena.h"
#include "common/tensor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Numbers are those of Paddle's framework.proto; the .nb format uses the same ones up to 15.
enum cay_attr_type {
	CAY_ATTR_INT = 0,
	CAY_ATTR_FLOAT = 1,
	CAY_ATTR_STRING = 2,
	CAY_ATTR_INTS = 3,
	CAY_ATTR_FLOATS = 4,
	CAY_ATTR_STRINGS = 5,
	CAY_ATTR_BOOLEAN = 6,
	CAY_ATTR_BOOLEANS = 7,
	CAY_ATTR_BLOCK = 8,
	CAY_ATTR_LONG = 9,
	CAY_ATTR_BLOCKS = 10,
	CAY_ATTR_LONGS = 11,
	CAY_ATTR_FLOAT64S = 12,
	CAY_ATTR_FLOAT64 = 15,
	CAY_ATTR_TYPES = 16
};

struct cay_attr {
	const char *name;
	enum cay_attr_type type;
	union {
		int64_t i;		    // INT, BOOLEAN, BLOCK, LONG
		double f;		    // FLOAT (a float's exact value), FLOAT64
		const char *s;		    // STRING
		const int64_t *ints;	    // INTS, BOOLEANS, BLOCKS, LONGS: count of them
		const float *floats;	    // FLOATS
		const double *doubles;	    // FLOAT64S
		const char *const *strings; // STRINGS
	};
	size_t count; // of the list types
};

// A named list of variables: conv2d's "Input", "Filter", "Bias". No arguments: absent.
struct cay_slot {
	const char *name;
	const char *const *args;
	size_t count;
};

struct cay_op_desc {
	const char *type;
	struct cay_slot *in, *out;
	size_t in_count, out_count;
	struct cay_attr *attrs;
	size_t attr_count;
};

// Numbers are those of Paddle's VarType.Type. The tensor types are mapped to enum cay_dtype.
enum cay_var_type {
	CAY_VAR_TENSOR = 7,
	CAY_VAR_FEED = 9,
	CAY_VAR_FETCH = 10,
	CAY_VAR_STEP_SCOPES = 11,
	CAY_VAR_TENSOR_ARRAY = 13,
	CAY_VAR_RAW = 17
};

// Paddle's numbers for the element types, which are VarTypes, too. CAY_DTYPES or -1 if there is
// none.
enum cay_dtype cay_dtype_from_var_type(int64_t number);
int cay_dtype_to_var_type(enum cay_dtype dtype);

struct cay_var_desc {
	const char *name;
	int type; // enum cay_var_type, or another of Paddle's numbers
	bool persistable;
	enum cay_dtype dtype; // of tensors and tensor arrays; CAY_DTYPES: none that we know
	struct cay_shape shape;
};

// A weight. data may be unaligned and is borrowed from the file that was read; row-major.
struct cay_param {
	const char *name;
	enum cay_dtype dtype;
	struct cay_shape shape;
	const void *data;
	size_t size; // bytes; equals the shape's count times the element size
};

struct cay_block {
	int idx;    // its place in the program
	int parent; // the idx of the block around it, which is lower; -1: none
	struct cay_var_desc *vars;
	size_t var_count;
	struct cay_op_desc *ops; // in execution order, feed and fetch included
	size_t op_count;
};

struct cay_program {
	struct cay_arena arena; // owns all that follows, but not the params' data
	int meta;		// .nb: 0, 1 or 2
	char opt_version[17];	// .nb: the converter's version
	int64_t version; // Paddle's: major*1000000 + minor*1000 + patch, 0 for develop builds
	struct cay_block *blocks; // block 0 is the main one
	size_t block_count;
	struct cay_param *params; // in ascending byte order of their names
	size_t param_count;
};

#define CAY_PROGRAM_MAX_OPS    100000 // in all blocks
#define CAY_PROGRAM_MAX_BLOCKS 256
#define CAY_PROGRAM_MAX_MEMORY ((size_t)256 << 20) // of the description, weights not counted

// Fine on a zeroed or half-read program.
void cay_program_finish(struct cay_program *program);

// Checks that the element type is known and that the data have as many bytes as the shape takes;
// else CAY_EMODEL.
int cay_param_check(const struct cay_param *param, struct cay_err *err);

size_t cay_program_param_bytes(const struct cay_program *program); // of all of them
// Sorts parameters as a program has them: in ascending byte order of their names.
void cay_params_sort(struct cay_param *params, size_t count);
const struct cay_param *cay_program_param(const struct cay_program *program, const char *name);
const struct cay_attr *cay_op_desc_attr(const struct cay_op_desc *op, const char *name);
const struct cay_slot *cay_slot_find(const struct cay_slot *slots, size_t count, const char *name);

// Look an attribute up in a list, and return `absent` if it is not there. Numbers of another type
// than the one asked for are converted if the value fits, because Paddle's versions disagree about
// INT and LONG, FLOAT and FLOAT64, BOOLEAN and INT. Any other type counts as absent.
const struct cay_attr *cay_attr_find(const struct cay_attr *attrs, size_t count, const char *name);
int64_t cay_attr_int(const struct cay_attr *attrs, size_t count, const char *name, int64_t absent);
float cay_attr_float(const struct cay_attr *attrs, size_t count, const char *name, float absent);
bool cay_attr_bool(const struct cay_attr *attrs, size_t count, const char *name, bool absent);
const char *cay_attr_string(const struct cay_attr *attrs, size_t count, const char *name,
			    const char *absent);
// The list's values and *ret_count; NULL and 0 if it is absent. A single INT is a list of one.
const int64_t *cay_attr_ints(const struct cay_attr *attrs, size_t count, const char *name,
			     size_t *ret_count);
const float *cay_attr_floats(const struct cay_attr *attrs, size_t count, const char *name,
			     size_t *ret_count);
// The scales of a weight that is stored as integers: the floats of an op's attribute that is named
// after it, WEIGHT_quant_scale.
const float *cay_attr_weight_scales(const struct cay_attr *attrs, size_t count, const char *weight,
				    size_t *ret_count);

#endif
