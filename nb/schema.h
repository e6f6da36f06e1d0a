// The FlatBuffers schema of a .nb: which slot of which table holds what. Private to nb.
#ifndef CAY_NB_SCHEMA_H
#define CAY_NB_SCHEMA_H

#include "nb/program.h"

#define CAY_NB_META	    2  // what this writes
#define CAY_NB_HEADER	    26 // bytes: u16 meta, opt_version, u64 size of the topology
#define CAY_NB_VERSION_TEXT 16
#define CAY_NB_PARAM_HEADER 6	  // bytes: u16 count, u32 largest tensor
#define CAY_NB_MAX_PARAMS   65535 // their count is a u16
#define CAY_NB_UNION_TENSOR 1	  // tag of the only kind of parameter

enum { PROGRAM_BLOCKS, PROGRAM_VERSION };
enum { VERSION_NUMBER };
enum { BLOCK_IDX, BLOCK_PARENT, BLOCK_VARS, BLOCK_OPS, BLOCK_FORWARD };
enum { VAR_NAME, VAR_TYPE, VAR_PERSISTABLE };
enum { TYPE_NUMBER, TYPE_SELECTED_ROWS, TYPE_TENSOR, TYPE_TENSOR_ARRAY };
enum { LOD_TENSOR_TENSOR };
enum { TENSOR_DATA_TYPE, TENSOR_DIMS };
enum { OP_TYPE, OP_INPUTS, OP_OUTPUTS, OP_ATTRS };
enum { SLOT_NAME, SLOT_ARGS };
enum { ATTR_NAME, ATTR_TYPE };
enum { COMBINED_PARAMS }; // of meta 1
enum { PARAM_VERSION, PARAM_NAME, PARAM_UNION, PARAM_TENSOR };
enum { PARAM_TENSOR_LEVEL, PARAM_TENSOR_LOD, PARAM_DIMS, PARAM_DATA_TYPE, PARAM_DATA };

// Where an attribute's value stands: each type has its own slot of the table.
enum cay_nb_form {
	FORM_NONE,
	FORM_INT,
	FORM_REAL,
	FORM_STRING,
	FORM_INTS,
	FORM_REALS,
	FORM_STRINGS
};
struct cay_nb_value {
	enum cay_nb_form form;
	uint8_t slot, size; // size: bytes of a value, or of a list's element
};

static const struct cay_nb_value cay_nb_values[CAY_ATTR_TYPES] = {
	[CAY_ATTR_INT] = {FORM_INT, 2, 4},	 [CAY_ATTR_FLOAT] = {FORM_REAL, 3, 4},
	[CAY_ATTR_STRING] = {FORM_STRING, 4, 4}, [CAY_ATTR_INTS] = {FORM_INTS, 5, 4},
	[CAY_ATTR_FLOATS] = {FORM_REALS, 6, 4},	 [CAY_ATTR_STRINGS] = {FORM_STRINGS, 7, 4},
	[CAY_ATTR_BOOLEAN] = {FORM_INT, 8, 1},	 [CAY_ATTR_BOOLEANS] = {FORM_INTS, 9, 1},
	[CAY_ATTR_BLOCK] = {FORM_INT, 10, 4},	 [CAY_ATTR_LONG] = {FORM_INT, 11, 8},
	[CAY_ATTR_BLOCKS] = {FORM_INTS, 12, 4},	 [CAY_ATTR_LONGS] = {FORM_INTS, 13, 8},
	[CAY_ATTR_FLOAT64] = {FORM_REAL, 14, 8}, [CAY_ATTR_FLOAT64S] = {FORM_REALS, 15, 8},
};

#endif
