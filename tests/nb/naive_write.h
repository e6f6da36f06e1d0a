// Writes files of meta 0, which nothing but tests does today.
#ifndef CAY_TESTS_NB_NAIVE_WRITE_H
#define CAY_TESTS_NB_NAIVE_WRITE_H

#include "nb/nb.h"

// Appends what opt 2.6 would have written. Attributes of types that are younger are left out.
void naive_write(const struct cay_program *program, struct cay_buf *ret);

#endif
