// A small program with something of everything that a .nb stores.
#ifndef CAY_TESTS_NB_SAMPLE_H
#define CAY_TESTS_NB_SAMPLE_H

#include "nb/nb.h"

// Owns nothing: not to be finished.
struct cay_program sample_program(void);

#endif
