// Lays the tables of the instruction sets over each other, the weakest first.
#include "kernels/ref/ref.h"
#if CAY_HAVE_AVX2
#include "kernels/avx2/avx2.h"
#endif
#if CAY_HAVE_DOT
#include "kernels/dot/dot.h"
#endif
#if CAY_HAVE_I8MM
#include "kernels/i8mm/i8mm.h"
#endif
#if CAY_HAVE_NEON
#include "kernels/neon/neon.h"
#endif
#if CAY_HAVE_VNNI
#include "kernels/vnni/vnni.h"
#endif

#include <string.h>

static void init_ref(struct cay_kernels *k)
{
	k->gemm_s8 = &cay_gemm_s8_4x16_ref;
	k->gemm_f32 = &cay_gemm_f32_4x8_ref;
	k->depthwise_s8 = &cay_depthwise_s8_ref;
	k->depthwise_f32 = &cay_depthwise_f32_ref;
	k->quantize_s8 = cay_quantize_s8_ref;
	k->dequantize_s8 = cay_dequantize_s8_ref;
	memcpy(k->unary_f32, cay_unary_f32_ref, sizeof(k->unary_f32));
	memcpy(k->binary_f32, cay_binary_f32_ref, sizeof(k->binary_f32));
	k->pool_f32 = cay_pool_f32_ref;
	k->softmax_f32 = cay_softmax_f32_ref;
	k->norm_f32 = cay_norm_f32_ref;
	k->resize_f32 = cay_resize_f32_ref;
	k->transpose = cay_transpose_ref;
}

#if CAY_HAVE_NEON
static void init_neon(struct cay_kernels *k)
{
	k->gemm_s8 = &cay_gemm_s8_3x8_neon;
	k->gemm_f32 = &cay_gemm_f32_5x16_neon;
	k->depthwise_s8 = &cay_depthwise_s8_neon;
	k->depthwise_f32 = &cay_depthwise_f32_neon;
	k->quantize_s8 = cay_quantize_s8_neon;
	k->dequantize_s8 = cay_dequantize_s8_neon;
	memcpy(k->unary_f32, cay_unary_f32_neon, sizeof(k->unary_f32));
	memcpy(k->binary_f32, cay_binary_f32_neon, sizeof(k->binary_f32));
	k->pool_f32 = cay_pool_f32_neon;
	k->softmax_f32 = cay_softmax_f32_neon;
	k->norm_f32 = cay_norm_f32_neon;
	k->resize_f32 = cay_resize_f32_neon;
	k->transpose = cay_transpose_neon;
}
#endif
#if CAY_HAVE_AVX2
static void init_avx2(struct cay_kernels *k)
{
	k->gemm_s8 = &cay_gemm_s8_4x16_avx2;
	k->gemm_f32 = &cay_gemm_f32_6x16_avx2;
	k->depthwise_s8 = &cay_depthwise_s8_avx2;
	k->depthwise_f32 = &cay_depthwise_f32_avx2;
	k->quantize_s8 = cay_quantize_s8_avx2;
	k->dequantize_s8 = cay_dequantize_s8_avx2;
	memcpy(k->unary_f32, cay_unary_f32_avx2, sizeof(k->unary_f32));
	memcpy(k->binary_f32, cay_binary_f32_avx2, sizeof(k->binary_f32));
	k->pool_f32 = cay_pool_f32_avx2;
	k->softmax_f32 = cay_softmax_f32_avx2;
	k->norm_f32 = cay_norm_f32_avx2;
	k->resize_f32 = cay_resize_f32_avx2;
	k->transpose = cay_transpose_avx2;
}
#endif
#if CAY_HAVE_VNNI
static void init_vnni(struct cay_kernels *k)
{
	k->gemm_s8 = &cay_gemm_s8_12x32_vnni;
	k->quantize_s8 = cay_quantize_s8_vnni;
	k->dequantize_s8 = cay_dequantize_s8_vnni;
}
#endif

// The flags that this program has kernels for: the table tells what really runs.
static const unsigned built =
	(CAY_HAVE_NEON ? CAY_CPU_NEON : 0) | (CAY_HAVE_DOT ? CAY_CPU_DOT : 0) |
	(CAY_HAVE_I8MM ? CAY_CPU_I8MM : 0) | (CAY_HAVE_AVX2 ? CAY_CPU_AVX2 : 0) |
	(CAY_HAVE_VNNI ? CAY_CPU_VNNI : 0);

void cay_kernels_init(struct cay_kernels *k, unsigned cpu)
{
	*k = (struct cay_kernels){.cpu = cpu & built};
	init_ref(k);
#if CAY_HAVE_NEON
	if (cpu & CAY_CPU_NEON)
		init_neon(k);
#endif
#if CAY_HAVE_DOT
	if (cpu & CAY_CPU_DOT)
		k->gemm_s8 = cpu & CAY_CPU_IN_ORDER ? &cay_gemm_s8_5x16_dot_in_order
						    : &cay_gemm_s8_5x16_dot;
#endif
#if CAY_HAVE_I8MM
	if (cpu & CAY_CPU_I8MM)
		k->gemm_s8 = &cay_gemm_s8_6x16_i8mm;
#endif
#if CAY_HAVE_AVX2
	if (cpu & CAY_CPU_AVX2)
		init_avx2(k);
#endif
#if CAY_HAVE_VNNI
	if (cpu & CAY_CPU_VNNI)
		init_vnni(k);
#endif
}
