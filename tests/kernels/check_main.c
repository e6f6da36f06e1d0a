// Runs every check for every table that this machine's processor allows.
#include "tests/kernels/checker.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	static const char *const caps[] = {"ref", "neon", "dot", "i8mm", "avx2", "vnni"};
	static check_fn *const checks[] = {check_gemm,	  check_depthwise, check_quantize,
					   check_unary,	  check_binary,	   check_pool,
					   check_softmax, check_transpose};
	struct cay_kernels tables[CAY_ARRAY_SIZE(caps)];
	size_t count = 0;

	for (size_t i = 0; i < CAY_ARRAY_SIZE(caps); i++) {
		struct check_tables t = {.ref = &tables[0],
					 .weaker = count ? &tables[count - 1] : NULL,
					 .now = &tables[count],
					 .bench = argc > 1 && strcmp(argv[1], "--bench") == 0};
		unsigned cpu;
		char text[64];

		if (!cay_cpu_parse(caps[i], &cpu) || (cpu & ~cay_cpu_detect()))
			continue;
		printf("# %s\n", cay_cpu_text(cpu, text));
		cay_kernels_init(&tables[count++], cpu);
		for (size_t c = 0; c < CAY_ARRAY_SIZE(checks); c++)
			checks[c](&t);
	}
	return check_finish();
}
