// Copies that leave the caches as they are.
#ifndef CAY_DAEMON_HTTP_COPY_H
#define CAY_DAEMON_HTTP_COPY_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

// memcpy of what another thread reads, and not soon: the memory written is not read first, and what
// inferences need stays in the caches. ARM's cores find out by themselves that a copy is one.
static inline void cay_copy_for_later(uint8_t *to, const void *from, size_t size)
{
#ifdef __SSE2__
	const size_t unaligned = -(uintptr_t)to % sizeof(__m128i);
	const size_t head = unaligned < size ? unaligned : size;
	const uint8_t *at = from;

	memcpy(to, at, head);
	for (to += head, at += head, size -= head; size >= 64; to += 64, at += 64, size -= 64) {
		__m128i piece[4];

		memcpy(piece, at, sizeof(piece));
		for (int i = 0; i < 4; i++)
			_mm_stream_si128((__m128i *)(void *)to + i, piece[i]);
	}
	_mm_sfence(); // before another thread is told
	from = at;
#endif
	memcpy(to, from, size);
}

#endif
