// One model as text, its inputs and what must come out.
#ifndef CAY_TESTS_ENGINE_OPS_OP_CASE_H
#define CAY_TESTS_ENGINE_OPS_OP_CASE_H

#include "common/size.h"
#include "tests/engine/model_text.h"
#include "tests/test.h"

struct op_tensor {
	const char *shape;   // "2x3"; NULL ends a list of inputs
	const float *values; // NULL: 1, 2, 3 and so on
};
#define VALUES(...) ((const float[]){__VA_ARGS__})

// Runs the model and compares its only output, within 1e-6 of the value's size.
void expect_output(const char *text, const struct op_tensor *in, struct op_tensor want);
// The same with one input of 1, 2, 3 and so on.
void expect_counted(const char *text, const char *shape, struct op_tensor want);
// The model must not load, or not run on such an input; the message holds `why`.
void expect_failure(const char *text, const char *shape, const char *why);
// The same with these inputs and this code.
void expect_failure_of(const char *text, const struct op_tensor *in, enum cay_code code,
		       const char *why);

#define MAX_ELEMENTS 4096 // of a tensor in these tests
// The only output's values, copied to y, and its shape.
struct cay_shape run_op(const char *text, const struct op_tensor *in, float y[MAX_ELEMENTS]);

// Numbers that look random and are the same in every run.
uint32_t test_random(uint32_t *state);

#endif
