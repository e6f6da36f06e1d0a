// The table of kernels: what the engine's inner loops are, one variant per instruction set.
//
// Kernels know nothing of tensors or models, allocate nothing and cannot fail. Activations are
// NHWC: a pixel is `channels` consecutive elements. int8 values are in [-127, 127] (weights may be
// -128); the arithmetic of the int8 kernels is written once, in kernels/requant.h.
#ifndef CAY_KERNELS_KERNELS_H
#define CAY_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a processor has, as flags; a table is made for a set of them.
enum {
	CAY_CPU_NEON = 1,
	CAY_CPU_DOT = 2,
	CAY_CPU_I8MM = 4,
	CAY_CPU_AVX2 = 8,
	CAY_CPU_VNNI = 16,
	CAY_CPU_IN_ORDER =
		32 // issues in order (64-bit ARM): no instruction set, but an order of loads
};

// The flags of the machine that this runs on. CAY_CPU_IN_ORDER is set if all its cores are such:
// where there are big cores as well, inference runs on those.
unsigned cay_cpu_detect(void);
// Tells by a core's main id register: implementer, variant, architecture, part, revision.
bool cay_cpu_is_in_order(uint32_t midr);
// The cap that a user names: "ref" 0, "neon", "dot" (with neon), "i8mm" (with both), "avx2", "vnni"
// (AVX-512 VNNI, with avx2). False if there is no such name.
bool cay_cpu_parse(const char *name, unsigned *ret);
// "neon dot", or "ref" for none. Returns text.
const char *cay_cpu_text(unsigned cpu, char text[64]);

// --- Activation functions applied to a sum before it is stored -----------------------------------
enum cay_act_kind {
	CAY_ACT_NONE,
	CAY_ACT_RELU,	    // max(y, 0)
	CAY_ACT_RELU6,	    // min(max(y, 0), limit)
	CAY_ACT_LEAKY_RELU, // y >= 0 ? y : y * alpha
	CAY_ACT_HARD_SWISH  // y * (1 / scale) * min(max(y + offset, 0), limit)
};
// In the domain of the output: for int8 outputs the engine has divided limit, scale and offset by
// the output's scale already.
struct cay_act {
	enum cay_act_kind kind;
	float limit, alpha, scale, offset;
};

// --- GEMM and convolution ----------------------------------------------------------------------
// c[i][j] = act(acc[i][j] * scale[j] + bias[j]), acc[i][j] = sum over taps t and depth d of
// A(i, t)[d] * b[j][t*k + d], where A(i, t) is k consecutive elements:
//   offsets == NULL: a + i*lda (taps is 1): a matrix, or a 1x1 convolution of stride 1
//   else:            a + offsets[t*offset_stride + i], or `zero` where it is negative (padding)
// The second form is a convolution without im2col ("indirect convolution", Dukhan 2019). A caller
// may run any range of rows by itself, with `a` or `offsets`, and `c`, moved to the first of them;
// and any range of columns between multiples of the variant's nr or n, with nothing moved.
struct cay_gemm_args {
	size_t m, n, k; // output rows (pixels), output columns (channels), depth of one tap
	size_t first_column, end_column; // columns to compute, [first, end); end 0: up to n
	size_t taps;
	const void *a; // int8 or float
	size_t lda;    // elements
	const int32_t *offsets;
	size_t offset_stride; // from a tap's offsets to the next tap's; at least m
	const void *zero;     // k zero elements, for the second form
	const void *packed;   // of the same variant, for the same n, k, taps
	void *c;	      // int8 or float, see to_f32
	size_t ldc;	      // elements
	bool to_f32;	      // int8 kernels only: store the real value instead of requantizing it
	struct cay_act act;
};

static inline size_t cay_gemm_end_column(const struct cay_gemm_args *args)
{
	return args->end_column ? args->end_column : args->n;
}

// A variant of the matrix product: its functions, which take it as their first argument, and its
// tile.
struct cay_gemm {
	const char *name;   // "gemm_s8_4x8_ref": what the checker and `cayuco bench` print
	uint8_t mr, nr, kr; // rows, columns and depth of one tile
	// For the int8 variants for ARM only, which share a driver: kernels/neon/gemm_driver.h.
	const struct cay_gemm_tiling *tiling;
	// Bytes of packed weights; the engine allocates them, aligned to 64.
	size_t (*packed_size)(const struct cay_gemm *gemm, size_t n, size_t k, size_t taps);
	// b: [n][taps*k], int8 or float. scale (int8 only, else NULL) and bias (NULL: zeros): [n].
	void (*pack)(const struct cay_gemm *gemm, void *packed, const void *b, const float *scale,
		     const float *bias, size_t n, size_t k, size_t taps);
	void (*run)(const struct cay_gemm *gemm, const struct cay_gemm_args *args);
};

// c[i][j] = act(acc[i][j] * scale[j] + bias[j]), acc[i][j] = sum over t of A(i, t)[j] * b[j][t]
struct cay_depthwise_args {
	size_t m, channels, taps;
	const void *a;
	const int32_t *offsets; // [taps][offset_stride], as above; negative: zero
	size_t offset_stride;
	const void *zero; // `channels` zero elements
	const void *packed;
	void *c; // [m][channels], rows ldc apart
	size_t ldc;
	bool to_f32;
	struct cay_act act;
};

struct cay_depthwise {
	const char *name;
	size_t (*packed_size)(size_t channels, size_t taps);
	// b: [channels][taps]
	void (*pack)(void *packed, const void *b, const float *scale, const float *bias,
		     size_t channels, size_t taps);
	void (*run)(const struct cay_depthwise_args *args);
};

// --- Between int8 and float --------------------------------------------------------------------
// y = sat(round half away from zero(x * inverse_scale)); NaN gives -127.
typedef void cay_quantize_fn(const float *x, int8_t *y, size_t n, float inverse_scale);
typedef void cay_dequantize_fn(const int8_t *x, float *y, size_t n, float scale); // y = x * scale

// --- float, element by element -----------------------------------------------------------------
enum cay_unary_kind {
	CAY_UNARY_RELU,
	CAY_UNARY_RELU6,      // min(max(x, 0), a)
	CAY_UNARY_LEAKY_RELU, // x >= 0 ? x : x * a
	CAY_UNARY_SIGMOID,    // 1 / (1 + exp(-x))
	CAY_UNARY_TANH,
	CAY_UNARY_HARD_SWISH,	// x * min(max(x + a, 0), b) / c
	CAY_UNARY_HARD_SIGMOID, // min(max(x * a + b, 0), 1)
	CAY_UNARY_SWISH,	// x / (1 + exp(-a * x))
	CAY_UNARY_GELU,		// x times the share of a normal distribution below x
	CAY_UNARY_GELU_TANH,	// the same by tanh: x / (1 + exp(-1.5957691x - 0.0713548x^3))
	CAY_UNARY_EXP,
	CAY_UNARY_SQRT,
	CAY_UNARY_ABS,
	CAY_UNARY_SQUARE,
	CAY_UNARY_CLIP,	 // min(max(x, a), b)
	CAY_UNARY_SCALE, // x * a + b, rounded twice
	CAY_UNARY_KINDS
};
// x and y may be the same memory. NaN gives NaN.
typedef void cay_unary_fn(const float *x, float *y, size_t n, float a, float b, float c);

enum cay_binary_kind {
	CAY_BINARY_ADD,
	CAY_BINARY_SUB,
	CAY_BINARY_MUL,
	CAY_BINARY_DIV,
	CAY_BINARY_MAX,	  // x1 > x2 ? x1 : x2, also for NaN
	CAY_BINARY_MIN,	  // x1 < x2 ? x1 : x2
	CAY_BINARY_PRELU, // x1 < 0 ? x1 * x2 : x1
	CAY_BINARY_KINDS
};
// y[i] = x1[i*step1] op x2[i*step2], then relu if asked; a step is 0 or 1. y may be x1 or x2.
typedef void cay_binary_fn(const float *x1, size_t step1, const float *x2, size_t step2, float *y,
			   size_t n, bool relu);

// --- float, by windows and rows ----------------------------------------------------------------
// One image, NHWC. Output pixel (i, j) covers rows [row[2i], row[2i+1]) and columns [column[2j],
// column[2j+1]), not empty and inside the input; avg: y = sum * inverse_area[i*out_w + j].
struct cay_pool_args {
	size_t in_w, out_h, out_w, channels;
	const int32_t *row, *column;
	const float *inverse_area; // NULL: maximum
	const float *x;
	float *y;
};
typedef void cay_pool_fn(const struct cay_pool_args *args);

// y[o][i][n] over the middle axis: x is [outer][count][inner].
typedef void cay_softmax_fn(const float *x, float *y, size_t outer, size_t count, size_t inner);

// y = (x - mean) / sqrt(variance + epsilon) of one row of n values, at least one; then times
// scale[i] and plus bias[i], where they are not NULL. Sums are doubles. y may be x.
typedef void cay_norm_fn(const float *x, float *y, size_t n, float epsilon, const float *scale,
			 const float *bias);

// Where a row or a column of a picture of another size lies in the old one: `weight` of the way
// from the first to the second.
struct cay_resize_source {
	int32_t first, second;
	float weight;
};
// One row of the output, NHWC: `weight` of the way from the row `top` to the row `bottom`.
struct cay_resize_args {
	const float *top, *bottom;
	float weight;
	const struct cay_resize_source *columns; // [out_w]
	size_t out_w, channels;
	float *y;
};
typedef void cay_resize_fn(const struct cay_resize_args *args);

// y[c][r] = x[r][c] for a matrix of rows x columns elements of `size` bytes (1, 4 or 8). Pitches
// are elements from one row to the next, of x at least columns, of y at least rows.
typedef void cay_transpose_fn(const void *x, size_t x_pitch, void *y, size_t y_pitch, size_t rows,
			      size_t columns, size_t size);

struct cay_kernels {
	unsigned cpu; // the flags that it was made for, without those that have no kernels here
	const struct cay_gemm *gemm_s8, *gemm_f32;
	const struct cay_depthwise *depthwise_s8, *depthwise_f32;
	cay_quantize_fn *quantize_s8;
	cay_dequantize_fn *dequantize_s8;
	cay_unary_fn *unary_f32[CAY_UNARY_KINDS];
	cay_binary_fn *binary_f32[CAY_BINARY_KINDS];
	cay_pool_fn *pool_f32;
	cay_softmax_fn *softmax_f32;
	cay_norm_fn *norm_f32;
	cay_resize_fn *resize_f32;
	cay_transpose_fn *transpose;
};

// Pure: the same flags give the same table. Stronger instruction sets are laid over weaker ones.
void cay_kernels_init(struct cay_kernels *k, unsigned cpu);

#endif
