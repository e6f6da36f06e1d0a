// The ops that can be converted, and their kernels.
#ifndef CAY_CONVERTER_KERNELS_H
#define CAY_CONVERTER_KERNELS_H

#include <stddef.h>

struct cay_convertible {
	const char *type;
	const char *kernel; // "def/4/1/1", that of fp32 if there are several; NULL: none is needed
};

size_t cay_convertibles(const struct cay_convertible **ret); // sorted; returns how many there are
const struct cay_convertible *cay_convertible_find(const char *type); // or NULL

#endif
