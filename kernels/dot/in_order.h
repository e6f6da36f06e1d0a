// The woven tile of five rows by sixteen columns for cores that issue in order (Cortex-A55).
//
// There a load of several registers holds up whatever follows, a load of one runs beside an SDOT.
// So weights are loaded one register at a time, each as soon as its last product is under way and
// fifteen products before its next. It costs a tenth more instructions, which cores that reorder
// would pay for nothing; and the compiler does not keep such an order, so it is written out.
#ifndef CAY_KERNELS_DOT_IN_ORDER_H
#define CAY_KERNELS_DOT_IN_ORDER_H

#include "kernels/inline.h"

#include <arm_neon.h>
#include <stddef.h>

// Sums of row i and columns 4j to 4j + 3 are operand 4i + j; v20-v24 are the rows, v25-v28 weights.
// clang-format off
#define ZERO(i) "movi %" #i ".4s, #0\n"
#define ZERO_4(a, b, c, d) ZERO(a) ZERO(b) ZERO(c) ZERO(d)
#define LOAD(w, from, offset) "ldr q" #w ", [%[" #from "], #" #offset "]\n"
#define LOAD_4(r, from, offset) "ldr s" #r ", [%[" #from "], #" #offset "]\n"
#define SDOT(acc, w, x, lane) "sdot %" #acc ".4s, v" #w ".16b, v" #x ".4b[" #lane "]\n"
#define COLUMNS(a, b, c, d, e, w, lane)                                    \
	SDOT(a, w, 20, lane) SDOT(b, w, 21, lane) SDOT(c, w, 22, lane)       \
	SDOT(d, w, 23, lane) SDOT(e, w, 24, lane)
// Four depths; n0 to n3: the loads of the next four.
#define DEPTHS(lane, n0, n1, n2, n3)                                       \
	COLUMNS(0, 4,  8, 12, 16, 25, lane) n0                               \
	COLUMNS(1, 5,  9, 13, 17, 26, lane) n1                               \
	COLUMNS(2, 6, 10, 14, 18, 27, lane) n2                               \
	COLUMNS(3, 7, 11, 15, 19, 28, lane) n3
#define NEXT(o0, o1, o2, o3) LOAD(25, b, o0), LOAD(26, b, o1), LOAD(27, b, o2), LOAD(28, b, o3)
#define DEPTHS_AND(lane, next) DEPTHS_OF(lane, next)
#define DEPTHS_OF(lane, n0, n1, n2, n3) DEPTHS(lane, n0, n1, n2, n3)

ALWAYS_INLINE void
multiply_in_order(const int8_t *a, const int8_t *b, size_t depth, int32x4_t *acc)
{
	size_t steps = depth / 16, rest = depth % 16;

	__asm__ volatile(
		ZERO_4(0, 1, 2, 3) ZERO_4(4, 5, 6, 7) ZERO_4(8, 9, 10, 11)
		ZERO_4(12, 13, 14, 15) ZERO_4(16, 17, 18, 19)
		"cbz %[steps], 2f\n"
	"1:\n"	LOAD(25, b, 0) LOAD(20, a, 0) LOAD(21, a, 16) LOAD(22, a, 32) LOAD(23, a, 48)
		LOAD(24, a, 64) LOAD(26, b, 16) LOAD(27, b, 32) LOAD(28, b, 48)
		"add %[a], %[a], #80\n"
		DEPTHS_AND(0, NEXT(64, 80, 96, 112))
		DEPTHS_AND(1, NEXT(128, 144, 160, 176))
		DEPTHS_AND(2, NEXT(192, 208, 224, 240))
		"add %[b], %[b], #256\n"
		"subs %[steps], %[steps], #1\n"
		DEPTHS(3, , , , )
		"b.ne 1b\n"
	"2:\n"	"cbz %[rest], 4f\n"
	"3:\n"	LOAD(25, b, 0) LOAD_4(20, a, 0) LOAD_4(21, a, 16) LOAD_4(22, a, 32)
		LOAD_4(23, a, 48) LOAD_4(24, a, 64) LOAD(26, b, 16) LOAD(27, b, 32)
		LOAD(28, b, 48)
		"add %[a], %[a], #4\n"
		"add %[b], %[b], #64\n"
		"subs %[rest], %[rest], #4\n"
		DEPTHS(0, , , , )
		"b.ne 3b\n"
	"4:\n"
		: "=&w"(acc[0]), "=&w"(acc[1]), "=&w"(acc[2]), "=&w"(acc[3]), "=&w"(acc[4]),
		  "=&w"(acc[5]), "=&w"(acc[6]), "=&w"(acc[7]), "=&w"(acc[8]), "=&w"(acc[9]),
		  "=&w"(acc[10]), "=&w"(acc[11]), "=&w"(acc[12]), "=&w"(acc[13]),
		  "=&w"(acc[14]), "=&w"(acc[15]), "=&w"(acc[16]), "=&w"(acc[17]),
		  "=&w"(acc[18]), "=&w"(acc[19]),
		  [a] "+&r"(a), [b] "+&r"(b), [steps] "+&r"(steps), [rest] "+&r"(rest)
		:
		: "cc", "memory", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28");
}
// clang-format on

#undef ZERO
#undef ZERO_4
#undef LOAD
#undef LOAD_4
#undef SDOT
#undef COLUMNS
#undef DEPTHS
#undef NEXT
#undef DEPTHS_AND
#undef DEPTHS_OF

#endif
