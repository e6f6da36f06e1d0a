// Files of meta 0: a sequence of fields, each stored in its order. Private to nb.
#ifndef CAY_NB_NAIVE_H
#define CAY_NB_NAIVE_H

#include "nb/program.h"

// Reads the topology, which is all of the bytes, into the version and blocks of a program whose
// arena is empty.
int cay_naive_read_topology(const uint8_t *data, size_t len, struct cay_program *program,
			    struct cay_err *err);
// Sets the parameters, in the order of the file; their data point into `data`.
int cay_naive_read_params(const uint8_t *data, size_t len, struct cay_program *program,
			  struct cay_err *err);

#endif
