// Text in vectors: 32 characters told apart at once, 16 digits joined at once.
#ifndef CAY_DAEMON_JSON_VECTORS_H
#define CAY_DAEMON_JSON_VECTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// As gcc has them for every machine.
typedef uint8_t cay_bytes __attribute__((vector_size(16)));

static inline cay_bytes cay_bytes_load(const void *at)
{
	cay_bytes ret;

	memcpy(&ret, at, sizeof(ret));
	return ret;
}

// cay_bytes_mask: a bit for each of 32 bytes that are 0 or 255; the first byte's is the lowest.
// cay_bytes_are_digits: none of 32 bytes is above 9.
// cay_bytes_fraction: the value of 16 digits (0 to 9) behind a point, wrong by 2 units of the last
// place at the most.
#if defined(__SSE2__) && !defined(CAY_PLAIN_VECTORS)

#include <immintrin.h>

static inline uint32_t cay_bytes_mask(cay_bytes first, cay_bytes second)
{
	return (uint32_t)_mm_movemask_epi8((__m128i)first) |
	       (uint32_t)_mm_movemask_epi8((__m128i)second) << 16;
}

static inline bool cay_bytes_are_digits(cay_bytes first, cay_bytes second)
{
	const __m128i largest = _mm_max_epu8((__m128i)first, (__m128i)second);
	const __m128i above = _mm_subs_epu8(largest, _mm_set1_epi8(9));

	return _mm_movemask_epi8(_mm_cmpeq_epi8(above, _mm_setzero_si128())) == 0xffff;
}

static inline double cay_bytes_fraction(cay_bytes digits)
{
	// Neighbours a and b become 10 a + b in the upper byte: 2561 is 10 there and 1 below.
	const __m128i pairs =
		_mm_srli_epi16(_mm_mullo_epi16((__m128i)digits, _mm_set1_epi16(2561)), 8);
	const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
	const __m128i eights =
		_mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10000));
	const __m128d parts = _mm_mul_pd(_mm_cvtepi32_pd(eights), _mm_setr_pd(1e-8, 1e-16));

	return _mm_cvtsd_f64(_mm_add_sd(parts, _mm_unpackhi_pd(parts, parts)));
}

#elif defined(__ARM_NEON) && defined(__aarch64__) && !defined(CAY_PLAIN_VECTORS)

#include <arm_neon.h>

static inline uint32_t cay_bytes_mask(cay_bytes first, cay_bytes second)
{
	static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	const uint8x16_t weights = vld1q_u8(bits);
	uint8x16_t sum = vpaddq_u8(vandq_u8((uint8x16_t)first, weights),
				   vandq_u8((uint8x16_t)second, weights));

	sum = vpaddq_u8(sum, sum);
	sum = vpaddq_u8(sum, sum);
	return vgetq_lane_u32(vreinterpretq_u32_u8(sum), 0);
}

static inline bool cay_bytes_are_digits(cay_bytes first, cay_bytes second)
{
	return vmaxvq_u8(vmaxq_u8((uint8x16_t)first, (uint8x16_t)second)) <= 9;
}

static inline double cay_bytes_fraction(cay_bytes digits)
{
	const uint16x8_t pairs =
		vshrq_n_u16(vmulq_n_u16(vreinterpretq_u16_u8((uint8x16_t)digits), 2561), 8);
	const uint16x8_t hundred = vreinterpretq_u16_u32(vdupq_n_u32(1 << 16 | 100));
	const uint32x4_t fours = vpaddlq_u16(vmulq_u16(pairs, hundred));
	const uint32x4_t myriad = vreinterpretq_u32_u64(vdupq_n_u64((uint64_t)1 << 32 | 10000));
	const uint64x2_t eights = vpaddlq_u32(vmulq_u32(fours, myriad));
	const float64x2_t scale = {1e-8, 1e-16};

	return vaddvq_f64(vmulq_f64(vcvtq_f64_u64(eights), scale));
}

#else

static inline uint32_t cay_bytes_mask(cay_bytes first, cay_bytes second)
{
	uint32_t ret = 0;

	for (int i = 0; i < 16; i++)
		ret |= (first[i] & (uint32_t)1) << i | (second[i] & (uint32_t)1) << (16 + i);
	return ret;
}

static inline bool cay_bytes_are_digits(cay_bytes first, cay_bytes second)
{
	bool ret = true;

	for (int i = 0; i < 16; i++)
		ret = ret && first[i] <= 9 && second[i] <= 9;
	return ret;
}

static inline double cay_bytes_fraction(cay_bytes digits)
{
	uint64_t value = 0;

	for (int i = 0; i < 16; i++)
		value = value * 10 + digits[i];
	return (double)(int64_t)value * 1e-16;
}

#endif

#endif
