// The table of ops that can be converted.
#include "converter/convertible.h"
#include "common/size.h"
#include "tests/test.h"

#include <string.h>

static const char *const engine_ops[] = {
#define OP(type) #type,
#include "common/ops.def"
#undef OP
};
#define ENGINE_OPS CAY_ARRAY_SIZE(engine_ops)

START_TEST(every_op_of_the_engine_has_a_kernel)
{
	for (size_t i = 0; i < ENGINE_OPS; i++) {
		const struct cay_convertible *row = cay_convertible_find(engine_ops[i]);

		ck_assert_msg(row && row->kernel, "%s", engine_ops[i]);
	}
}
END_TEST

START_TEST(every_kernel_is_one_of_the_engine)
{
	const struct cay_convertible *rows;
	size_t count = cay_convertibles(&rows);

	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		if (!rows[i].kernel || strcmp(rows[i].type, "feed") == 0 ||
		    strcmp(rows[i].type, "fetch") == 0)
			continue;
		while (k < ENGINE_OPS && strcmp(engine_ops[k], rows[i].type) != 0)
			k++;
		ck_assert_msg(k < ENGINE_OPS, "%s", rows[i].type);
	}
}
END_TEST

START_TEST(the_table_is_sorted)
{
	const struct cay_convertible *rows;
	size_t count = cay_convertibles(&rows);

	for (size_t i = 1; i < count; i++)
		ck_assert_str_lt(rows[i - 1].type, rows[i].type);
}
END_TEST

TEST_MAIN("convertible", every_op_of_the_engine_has_a_kernel, every_kernel_is_one_of_the_engine,
	  the_table_is_sorted)
