// A small program with something of everything that a .nb stores.
#ifndef CAY_TESTS_NB_SAMPLE_H
#define CAY_TESTS_NB_SAMPLE_H

#include "nb/nb.h"

// Owns nothing: not to be finished.
struct cay_program sample_program(void);

// Of the description and the parameters; slots, attributes and parameters in any order.
void assert_equal_programs(const struct cay_program *a, const struct cay_program *b);

#endif
