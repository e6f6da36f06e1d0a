// Text in vectors: 32 characters told apart at once, 16 digits joined at once.
#ifndef CAY_DAEMON_JSON_VECTORS_H
#define CAY_DAEMON_JSON_VECTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Vectors of the compiler, which it makes of what any machine has.
typedef uint8_t cay_bytes __attribute__((vector_size(16)));
typedef uint16_t cay_words __attribute__((vector_size(16)));
typedef double cay_doubles __attribute__((vector_size(16)));

static inline cay_bytes cay_bytes_load(const void *at)
{
	cay_bytes ret;

	memcpy(&ret, at, sizeof(ret));
	return ret;
}

// cay_bytes_mask: a bit for each of 32 bytes that are 0 or 255; the first byte's is the lowest.
// cay_bytes_exceed: a byte is larger than its limit.
// cay_bytes_digits_before: how many of the first 15 characters are digits, up to one that is none.
// cay_bytes_eights: the integers that eight digits (0 to 9) make, and the next eight. `pairs` has
// CAY_PAIR for each two digits, or CAY_FIRST_OF_PAIR to leave the second out.
#define CAY_PAIR	  2561 // a + 256 b times this has 10 a + b in its upper byte
#define CAY_FIRST_OF_PAIR 256
#if defined(__SSE2__) && !defined(CAY_PLAIN_VECTORS)

#include <immintrin.h>

static inline uint32_t cay_bytes_mask(cay_bytes first, cay_bytes second)
{
	return (uint32_t)_mm_movemask_epi8((__m128i)first) |
	       (uint32_t)_mm_movemask_epi8((__m128i)second) << 16;
}

static inline bool cay_bytes_exceed(cay_bytes bytes, cay_bytes limits)
{
	const __m128i fit =
		_mm_cmpeq_epi8(_mm_max_epu8((__m128i)bytes, (__m128i)limits), (__m128i)limits);

	return _mm_movemask_epi8(fit) != 0xffff;
}

static inline unsigned cay_bytes_digits_before(cay_bytes text)
{
	// Digits become the ten smallest signed numbers.
	const __m128i moved = _mm_add_epi8((__m128i)text, _mm_set1_epi8(128 - '0'));
	const __m128i digits = _mm_cmplt_epi8(moved, _mm_set1_epi8(-128 + 10));

	return (unsigned)__builtin_ctz(~(unsigned)_mm_movemask_epi8(digits) | 1u << 15);
}

static inline cay_doubles cay_bytes_eights(cay_bytes digits, cay_words pairs)
{
	const __m128i twos = _mm_srli_epi16(_mm_mullo_epi16((__m128i)digits, (__m128i)pairs), 8);
	const __m128i fours = _mm_madd_epi16(twos, _mm_set1_epi32(1 << 16 | 100));

	return (cay_doubles)_mm_cvtepi32_pd(
		_mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10000)));
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

static inline bool cay_bytes_exceed(cay_bytes bytes, cay_bytes limits)
{
	return vmaxvq_u8(vqsubq_u8((uint8x16_t)bytes, (uint8x16_t)limits)) > 0;
}

static inline unsigned cay_bytes_digits_before(cay_bytes text)
{
	const uint8x16_t values = vsubq_u8((uint8x16_t)text, vdupq_n_u8('0'));
	const uint16x8_t others = vreinterpretq_u16_u8(vcgtq_u8(values, vdupq_n_u8(9)));
	// Four bits of each character.
	const uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(others, 4)), 0);

	return (unsigned)__builtin_ctzll(mask | (uint64_t)1 << 63) / 4;
}

static inline cay_doubles cay_bytes_eights(cay_bytes digits, cay_words pairs)
{
	const uint16x8_t twos = vshrq_n_u16(
		vmulq_u16(vreinterpretq_u16_u8((uint8x16_t)digits), (uint16x8_t)pairs), 8);
	const uint16x8_t hundred = vreinterpretq_u16_u32(vdupq_n_u32(1 << 16 | 100));
	const uint32x4_t fours = vpaddlq_u16(vmulq_u16(twos, hundred));
	const uint32x4_t myriad = vreinterpretq_u32_u64(vdupq_n_u64((uint64_t)1 << 32 | 10000));

	return (cay_doubles)vcvtq_f64_u64(vpaddlq_u32(vmulq_u32(fours, myriad)));
}

#else

static inline uint32_t cay_bytes_mask(cay_bytes first, cay_bytes second)
{
	uint32_t ret = 0;

	for (int i = 0; i < 16; i++)
		ret |= (first[i] & (uint32_t)1) << i | (second[i] & (uint32_t)1) << (16 + i);
	return ret;
}

static inline bool cay_bytes_exceed(cay_bytes bytes, cay_bytes limits)
{
	bool ret = false;

	for (int i = 0; i < 16; i++)
		ret = ret || bytes[i] > limits[i];
	return ret;
}

static inline unsigned cay_bytes_digits_before(cay_bytes text)
{
	unsigned count = 0;

	while (count < 15 && text[count] >= '0' && text[count] <= '9')
		count++;
	return count;
}

static inline cay_doubles cay_bytes_eights(cay_bytes digits, cay_words pairs)
{
	uint32_t value[2] = {0, 0}; // of what are no digits they wrap around

	for (int i = 0; i < 16; i += 2)
		value[i / 8] =
			value[i / 8] * 100 +
			(pairs[i / 2] == CAY_PAIR ? digits[i] * 10u + digits[i + 1] : digits[i]);
	return (cay_doubles){value[0], value[1]};
}

#endif

#endif
