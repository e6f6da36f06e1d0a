// The ops that can be converted, and the kernel that each is given in a .nb file.
#ifndef CAY_CONVERTER_CONVERTIBLE_H
#define CAY_CONVERTER_CONVERTIBLE_H

#include <stddef.h>

struct cay_convertible {
	const char *type; // of the op, as Paddle calls it
	// Alias, target, precision and layout by Paddle-Lite's numbers: "def/4/1/1". Of an op that
	// has several kernels, that for fp32. NULL: a pass removes the op.
	const char *kernel;
};

// Sets *ret to all of them, sorted by type; returns how many there are.
size_t cay_convertibles(const struct cay_convertible **ret);
// Returns NULL if an op of that type cannot be converted.
const struct cay_convertible *cay_convertible_find(const char *type);

#endif
