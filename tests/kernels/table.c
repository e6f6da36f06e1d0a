// Prints which instruction set's table has which kernel, as a table in Markdown.
#include "tests/kernels/checker.h"

#include <stdio.h>
#include <string.h>

#define SLOT(member, variant)                                                                      \
	{                                                                                          \
#member, offsetof(struct cay_kernels, member), variant                             \
	}

// The members of struct cay_kernels; those of a variant are named by it.
static const struct slot {
	const char *name;
	size_t offset;
	bool variant;
} slots[] = {
	SLOT(gemm_s8, true),
	SLOT(gemm_f32, true),
	SLOT(depthwise_s8, true),
	SLOT(depthwise_f32, true),
	SLOT(quantize_s8, false),
	SLOT(dequantize_s8, false),
	SLOT(unary_f32[CAY_UNARY_RELU], false),
	SLOT(unary_f32[CAY_UNARY_RELU6], false),
	SLOT(unary_f32[CAY_UNARY_LEAKY_RELU], false),
	SLOT(unary_f32[CAY_UNARY_SIGMOID], false),
	SLOT(unary_f32[CAY_UNARY_TANH], false),
	SLOT(unary_f32[CAY_UNARY_HARD_SWISH], false),
	SLOT(unary_f32[CAY_UNARY_HARD_SIGMOID], false),
	SLOT(unary_f32[CAY_UNARY_SWISH], false),
	SLOT(unary_f32[CAY_UNARY_GELU], false),
	SLOT(unary_f32[CAY_UNARY_GELU_TANH], false),
	SLOT(unary_f32[CAY_UNARY_EXP], false),
	SLOT(unary_f32[CAY_UNARY_SQRT], false),
	SLOT(unary_f32[CAY_UNARY_ABS], false),
	SLOT(unary_f32[CAY_UNARY_SQUARE], false),
	SLOT(unary_f32[CAY_UNARY_CLIP], false),
	SLOT(unary_f32[CAY_UNARY_SCALE], false),
	SLOT(binary_f32[CAY_BINARY_ADD], false),
	SLOT(binary_f32[CAY_BINARY_SUB], false),
	SLOT(binary_f32[CAY_BINARY_MUL], false),
	SLOT(binary_f32[CAY_BINARY_DIV], false),
	SLOT(binary_f32[CAY_BINARY_MAX], false),
	SLOT(binary_f32[CAY_BINARY_MIN], false),
	SLOT(binary_f32[CAY_BINARY_PRELU], false),
	SLOT(pool_f32, false),
	SLOT(softmax_f32, false),
	SLOT(norm_f32, false),
	SLOT(resize_f32, false),
	SLOT(transpose, false),
};
_Static_assert(offsetof(struct cay_kernels, gemm_s8) + sizeof(void *) * CAY_ARRAY_SIZE(slots) ==
		       sizeof(struct cay_kernels),
	       "every kernel is a row");

struct table {
	const char *cap;
	struct cay_kernels kernels;
};

static const void *get(const struct table *table, const struct slot *slot)
{
	const void *kernel;

	memcpy(&kernel, (const char *)&table->kernels + slot->offset, sizeof(kernel));
	return kernel;
}

// The variant's name, or the weakest instruction set that has this kernel.
static const char *cell(const struct table *tables, const struct table *table,
			const struct slot *slot)
{
	const void *kernel = get(table, slot);
	const char *name;

	if (slot->variant) {
		memcpy(&name, kernel, sizeof(name)); // the first member of both kinds
		return name;
	}
	while (get(tables, slot) != kernel)
		tables++;
	return tables->cap;
}

void check_print_table(void)
{
	static const char *const caps[] = {"ref", "neon", "dot", "i8mm", "avx2", "vnni"};
	struct table tables[CAY_ARRAY_SIZE(caps)];
	size_t count = 0;

	printf("| kernel |");
	for (size_t i = 0; i < CAY_ARRAY_SIZE(caps); i++) {
		unsigned cpu;

		if (!cay_cpu_parse(caps[i], &cpu))
			continue;
		cpu &= ~(unsigned)CAY_CPU_IN_ORDER;
		tables[count].cap = caps[i];
		cay_kernels_init(&tables[count].kernels, cpu);
		if (tables[count].kernels.cpu == cpu) // this program has all of its kernels
			printf(" %s |", tables[count++].cap);
	}
	printf("\n|---|");
	for (size_t i = 0; i < count; i++)
		printf("---|");
	printf("\n");
	for (size_t s = 0; s < CAY_ARRAY_SIZE(slots); s++) {
		printf("| `%s` |", slots[s].name);
		for (size_t i = 0; i < count; i++)
			printf(" %s |", cell(tables, &tables[i], &slots[s]));
		printf("\n");
	}
}
