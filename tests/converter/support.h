// What the tests of the converter share: conversions of the models in tests/data.
#ifndef CAY_TESTS_CONVERTER_SUPPORT_H
#define CAY_TESTS_CONVERTER_SUPPORT_H

#include "converter/convert.h"
#include "nb/nb.h"
#include "tests/test.h"

// A conversion of tests/data/NAME/model, and its .nb read back.
struct conversion {
	struct cay_buf nb;
	struct cay_program program;
	struct cay_report report;
};
void conversion_run(struct conversion *c, const char *name);
void conversion_run_for(struct conversion *c, const char *name, enum cay_compat compat);
void conversion_finish(struct conversion *c);

// The i-th op of this type in block 0, or NULL.
const struct cay_op_desc *find_op(const struct cay_program *program, const char *type, size_t i);
const char *kernel_of(const struct cay_op_desc *op);
const char *arg_of(const struct cay_op_desc *op, const char *slot); // the first, NULL if absent

#endif
