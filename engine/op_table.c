// The table of ops: those of common/ops.def, by their type.
#include "engine/op.h"
#include "common/size.h"

#include <string.h>

static const struct {
	const char *type;
	const struct cay_op *op;
} ops[] = {
#define OP(name) {#name, &cay_op_##name},
#include "common/ops.def"
#undef OP
};

const struct cay_op *cay_op_find(const char *type)
{
	for (size_t i = 0; i < CAY_ARRAY_SIZE(ops); i++)
		if (strcmp(ops[i].type, type) == 0)
			return ops[i].op;
	return NULL;
}
