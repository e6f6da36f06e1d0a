// Transposes a matrix in blocks of registers; a picture's three planes are woven together.
#include "kernels/neon/neon.h"
#include "kernels/blocks.h"

#include <arm_neon.h>
#include <string.h>

// 8 rows of 16 bytes.
ALWAYS_INLINE void move_bytes(const struct cay_matrices *m, size_t row, size_t column)
{
	const uint8_t *x = (const uint8_t *)m->x + row * m->x_pitch + column;
	uint8_t *y = (uint8_t *)m->y + column * m->y_pitch + row;
	uint8x16_t a[8], b[8];

	for (size_t i = 0; i < 8; i++)
		a[i] = vld1q_u8(x + i * m->x_pitch);
	for (size_t step = 0; step < 3; step++) {
		for (size_t i = 0; i < 4; i++) {
			b[2 * i] = vzip1q_u8(a[i], a[i + 4]);
			b[2 * i + 1] = vzip2q_u8(a[i], a[i + 4]);
		}
		memcpy(a, b, sizeof(a));
	}
	for (size_t i = 0; i < 8; i++) {
		vst1_u8(y + 2 * i * m->y_pitch, vget_low_u8(a[i]));
		vst1_u8(y + (2 * i + 1) * m->y_pitch, vget_high_u8(a[i]));
	}
}

// 4 rows of 4 words.
ALWAYS_INLINE void move_words(const struct cay_matrices *m, size_t row, size_t column)
{
	const uint32_t *x = (const uint32_t *)(const void *)m->x + row * m->x_pitch + column;
	uint32_t *y = (uint32_t *)(void *)m->y + column * m->y_pitch + row;
	const uint32x4_t a0 = vld1q_u32(x), a1 = vld1q_u32(x + m->x_pitch);
	const uint32x4_t a2 = vld1q_u32(x + 2 * m->x_pitch), a3 = vld1q_u32(x + 3 * m->x_pitch);
	const uint32x4_t b0 = vzip1q_u32(a0, a2), b1 = vzip2q_u32(a0, a2);
	const uint32x4_t b2 = vzip1q_u32(a1, a3), b3 = vzip2q_u32(a1, a3);

	vst1q_u32(y, vzip1q_u32(b0, b2));
	vst1q_u32(y + m->y_pitch, vzip2q_u32(b0, b2));
	vst1q_u32(y + 2 * m->y_pitch, vzip1q_u32(b1, b3));
	vst1q_u32(y + 3 * m->y_pitch, vzip2q_u32(b1, b3));
}

// 2 rows of 2.
ALWAYS_INLINE void move_pairs(const struct cay_matrices *m, size_t row, size_t column)
{
	const uint64_t *x = (const uint64_t *)(const void *)m->x + row * m->x_pitch + column;
	uint64_t *y = (uint64_t *)(void *)m->y + column * m->y_pitch + row;
	const uint64x2_t a0 = vld1q_u64(x), a1 = vld1q_u64(x + m->x_pitch);

	vst1q_u64(y, vzip1q_u64(a0, a1));
	vst1q_u64(y + m->y_pitch, vzip2q_u64(a0, a1));
}

// Three rows become triples. Returns how many columns it did.
static size_t weave(const struct cay_matrices *m, size_t size)
{
	const uint8_t *x = (const uint8_t *)m->x;
	const size_t pitch = m->x_pitch * size, bytes = m->columns * size / 16 * 16;
	uint8_t *y = (uint8_t *)m->y;

	for (size_t at = 0; at < bytes; at += 16, x += 16, y += 48)
		if (size == 1)
			vst3q_u8(y, (uint8x16x3_t){{vld1q_u8(x), vld1q_u8(x + pitch),
						    vld1q_u8(x + 2 * pitch)}});
		else
			vst3q_u32((uint32_t *)(void *)y,
				  (uint32x4x3_t){{vreinterpretq_u32_u8(vld1q_u8(x)),
						  vreinterpretq_u32_u8(vld1q_u8(x + pitch)),
						  vreinterpretq_u32_u8(vld1q_u8(x + 2 * pitch))}});
	return bytes / size;
}

// Triples become three rows. Returns how many triples it did.
static size_t unravel(const struct cay_matrices *m, size_t size)
{
	const uint8_t *x = (const uint8_t *)m->x;
	const size_t pitch = m->y_pitch * size, bytes = m->rows * size / 16 * 16;
	uint8_t *y = (uint8_t *)m->y;

	for (size_t at = 0; at < bytes; at += 16, x += 48, y += 16)
		if (size == 1) {
			const uint8x16x3_t v = vld3q_u8(x);

			for (size_t i = 0; i < 3; i++)
				vst1q_u8(y + i * pitch, v.val[i]);
		} else {
			const uint32x4x3_t v = vld3q_u32((const uint32_t *)(const void *)x);

			for (size_t i = 0; i < 3; i++)
				vst1q_u8(y + i * pitch, vreinterpretq_u8_u32(v.val[i]));
		}
	return bytes / size;
}

void cay_transpose_neon(const void *x, size_t x_pitch, void *y, size_t y_pitch, size_t rows,
			size_t columns, size_t size)
{
	const struct cay_matrices m = {x, y, x_pitch, y_pitch, rows, columns};

	if (size == 1 && rows == 3 && y_pitch == 3)
		cay_move_elements(&m, 0, weave(&m, 1), columns, 1);
	else if (size == 4 && rows == 3 && y_pitch == 3)
		cay_move_elements(&m, 0, weave(&m, 4), columns, 4);
	else if (size == 1 && columns == 3 && x_pitch == 3)
		cay_move_elements(&m, unravel(&m, 1), 0, columns, 1);
	else if (size == 4 && columns == 3 && x_pitch == 3)
		cay_move_elements(&m, unravel(&m, 4), 0, columns, 4);
	else if (size == 1)
		cay_move_blocks(&m, move_bytes, 8, 16, 1);
	else if (size == 4)
		cay_move_blocks(&m, move_words, 4, 4, 4);
	else
		cay_move_blocks(&m, move_pairs, 2, 2, 8);
}
