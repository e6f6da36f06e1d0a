// Models written as text, for tests.
#ifndef CAY_TESTS_ENGINE_MODEL_TEXT_H
#define CAY_TESTS_ENGINE_MODEL_TEXT_H

#include "engine/model.h"
#include "nb/program.h"

// A line each, in execution order:
//   input NAME SHAPE                  float32; "?" is a free dimension
//   param NAME SHAPE VALUE...         float32; values repeat until the shape is full
//   param8 NAME SHAPE VALUE...        int8
//   OP SLOT=NAME[,NAME] ... > SLOT=NAME ... : ATTR=VALUE ...
//   output NAME
// A value is 1 (INT), 1.0 (FLOAT), true (BOOLEAN), [1,2] (INTS), [1.0,2.0] (FLOATS) or a word
// (STRING). A kernel other than OP/def/4/1/1 is written as `kernel=conv2d/int8_out/4/2/1`.
// Aborts the test on a text that is wrong. The caller finishes the program.
void program_from_text(const char *text, struct cay_program *program);
// The same, through a .nb and cay_model_load; NULL with *err set as that does.
struct cay_model *model_from_text_with(const char *text, const struct cay_kernels *kernels,
				       const struct cay_model_limits *limits, struct cay_err *err);
// With the machine's kernels; failure aborts the test.
struct cay_model *model_from_text(const char *text);
const struct cay_kernels *test_kernels(void);

#endif
