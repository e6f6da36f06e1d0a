// Runs every check for every table that this machine's processor allows.
#include "tests/kernels/checker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A cap's flags. Which order a core issues in is no matter of what it can run: "dot" is checked as
// both.
static bool parse(const char *name, unsigned *ret)
{
	if (strcmp(name, "dot in order") == 0)
		return cay_cpu_parse("dot", ret);
	if (!cay_cpu_parse(name, ret))
		return false;
	*ret &= ~(unsigned)CAY_CPU_IN_ORDER;
	return true;
}

// only: the cap whose table is meant, NULL for all.
static void check_tables(const char *only, bool bench)
{
	static const char *const caps[] = {"ref",  "neon", "dot", "dot in order",
					   "i8mm", "avx2", "vnni"};
	static check_fn *const checks[] = {
		check_gemm, check_depthwise, check_quantize,  check_unary, check_binary,
		check_pool, check_softmax,   check_transpose, check_norm,  check_resize};
	struct cay_kernels tables[CAY_ARRAY_SIZE(caps)];
	size_t count = 0;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(caps); i++) {
		struct check_tables t = {.ref = &tables[0],
					 .weaker = count ? &tables[count - 1] : NULL,
					 .now = &tables[count],
					 .bench = bench};
		unsigned cpu;
		char text[64];

		if (!parse(caps[i], &cpu) || (cpu & ~(cay_cpu_detect() | CAY_CPU_IN_ORDER)))
			continue;
		cay_kernels_init(&tables[count++], cpu);
		if (only && strcmp(only, caps[i]) != 0)
			continue;
		if (!only)
			printf("# %s: %s\n", caps[i], cay_cpu_text(cpu, text));
		for (size_t c = 0; c < CAY_ARRAY_SIZE(checks); c++)
			checks[c](&t);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--table") == 0) {
		check_print_table();
		return EXIT_SUCCESS;
	}
	if (argc == 5 && strcmp(argv[1], "--count") == 0) {
		check_count(argv[3], strtoul(argv[4], NULL, 10));
		check_tables(argv[2], true);
		return EXIT_SUCCESS;
	}
	check_tables(NULL, argc == 2 && strcmp(argv[1], "--bench") == 0);
	return check_finish();
}
