// Powers of ten, exact and as products want them.
#ifndef CAY_DAEMON_JSON_POWERS_H
#define CAY_DAEMON_JSON_POWERS_H

#include <stdint.h>

typedef unsigned __int128 uint128;

// 10^q as an integer of 128 bits times a power of two; the highest bit is set.
struct cay_power {
	uint64_t high, low;
};
#define CAY_POWERS_FIRST (-342)
#define CAY_POWERS_LAST	 308
extern const struct cay_power cay_powers[]; // from 10^FIRST to 10^LAST

// floor(log2(10^q)), of each q in the table.
static inline int cay_power_log2(int q)
{
	return q * 217706 >> 16;
}

// The powers of ten that fit into 64 bits.
static const uint64_t cay_tens[] = {
	1,
	10,
	100,
	1000,
	10000,
	100000,
	1000000,
	10000000,
	100000000,
	1000000000,
	10000000000,
	100000000000,
	1000000000000,
	10000000000000,
	100000000000000,
	1000000000000000,
	10000000000000000,
	100000000000000000,
	1000000000000000000,
	10000000000000000000u,
};

#endif
