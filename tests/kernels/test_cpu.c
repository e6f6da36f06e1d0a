// Names of instruction sets, and the table that they choose.
#include "kernels/kernels.h"
#include "tests/test.h"

#include <string.h>

START_TEST(a_name_caps_at_its_instruction_set_and_all_that_it_builds_on)
{
	unsigned cpu = 99;

	ck_assert(cay_cpu_parse("ref", &cpu));
	ck_assert_uint_eq(cpu, 0);
	ck_assert(cay_cpu_parse("dot", &cpu));
	ck_assert_uint_eq(cpu, CAY_CPU_NEON | CAY_CPU_DOT | CAY_CPU_IN_ORDER);
	ck_assert(cay_cpu_parse("i8mm", &cpu));
	ck_assert_uint_eq(cpu, CAY_CPU_NEON | CAY_CPU_DOT | CAY_CPU_I8MM | CAY_CPU_IN_ORDER);
	ck_assert(cay_cpu_parse("avx2", &cpu));
	ck_assert_uint_eq(cpu, CAY_CPU_AVX2);
}
END_TEST

START_TEST(unknown_names_are_refused_and_leave_the_result_alone)
{
	static const char *const names[] = {"", "NEON", "neon ", "sve", "avx512"};
	unsigned cpu = 99;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert(!cay_cpu_parse(names[i], &cpu));
	ck_assert_uint_eq(cpu, 99);
}
END_TEST

START_TEST(flags_are_spelled_as_the_names)
{
	char text[64];

	ck_assert_str_eq(cay_cpu_text(0, text), "ref");
	ck_assert_str_eq(cay_cpu_text(CAY_CPU_NEON | CAY_CPU_DOT, text), "neon dot");
	ck_assert_str_eq(cay_cpu_text(~0u, text), "neon dot i8mm avx2 vnni");
}
END_TEST

START_TEST(this_machine_has_only_sets_of_its_own_family)
{
	const unsigned arm = CAY_CPU_NEON | CAY_CPU_DOT | CAY_CPU_I8MM | CAY_CPU_IN_ORDER;
	const unsigned cpu = cay_cpu_detect();

#if defined(__aarch64__)
	ck_assert(cpu & CAY_CPU_NEON);
	ck_assert(!(cpu & ~arm));
#else
	ck_assert(!(cpu & arm));
#endif
}
END_TEST

START_TEST(the_same_flags_give_the_same_full_table)
{
	static const unsigned cpus[] = {0, CAY_CPU_NEON, CAY_CPU_AVX2, ~0u};

	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		struct cay_kernels a, b;

		cay_kernels_init(&a, cpus[i]);
		memset(&b, 0x55, sizeof(b));
		cay_kernels_init(&b, cpus[i]);
		ck_assert(a.gemm_s8 == b.gemm_s8 && a.gemm_f32 == b.gemm_f32);
		ck_assert((a.cpu & ~cpus[i]) == 0 && a.gemm_s8 && a.gemm_f32 && a.depthwise_s8);
		ck_assert(a.depthwise_f32 && a.quantize_s8 && a.dequantize_s8 && a.pool_f32);
		ck_assert(a.softmax_f32 && a.transpose);
		for (size_t kind = 0; kind < CAY_UNARY_KINDS; kind++)
			ck_assert(a.unary_f32[kind] && a.unary_f32[kind] == b.unary_f32[kind]);
		for (size_t kind = 0; kind < CAY_BINARY_KINDS; kind++)
			ck_assert(a.binary_f32[kind] && a.binary_f32[kind] == b.binary_f32[kind]);
	}
}
END_TEST

START_TEST(cores_that_issue_in_order_are_known_by_their_part)
{
	ck_assert(cay_cpu_is_in_order(0x410fd034));  // Cortex-A53 r0p4
	ck_assert(cay_cpu_is_in_order(0x412fd050));  // Cortex-A55 r2p0
	ck_assert(cay_cpu_is_in_order(0x411fd461));  // Cortex-A510
	ck_assert(!cay_cpu_is_in_order(0x414fd0b1)); // Cortex-A76
	ck_assert(!cay_cpu_is_in_order(0x511fd050)); // another maker's part of the same number
	ck_assert(!cay_cpu_is_in_order(0));
}
END_TEST

START_TEST(cores_that_issue_in_order_have_a_dot_kernel_of_their_own)
{
	struct cay_kernels a, b;

	cay_kernels_init(&a, CAY_CPU_NEON | CAY_CPU_DOT);
	cay_kernels_init(&b, CAY_CPU_NEON | CAY_CPU_DOT | CAY_CPU_IN_ORDER);
	ck_assert(a.cpu == b.cpu);
	ck_assert((a.gemm_s8 != b.gemm_s8) == ((a.cpu & CAY_CPU_DOT) != 0));
}
END_TEST

TEST_MAIN("cpu", cores_that_issue_in_order_are_known_by_their_part,
	  cores_that_issue_in_order_have_a_dot_kernel_of_their_own,
	  a_name_caps_at_its_instruction_set_and_all_that_it_builds_on,
	  unknown_names_are_refused_and_leave_the_result_alone, flags_are_spelled_as_the_names,
	  this_machine_has_only_sets_of_its_own_family, the_same_flags_give_the_same_full_table)
