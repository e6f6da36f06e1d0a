// The program in a .nb as it stands there, for `inspect --program`.
#ifndef CAY_CLI_PROGRAM_DUMP_H
#define CAY_CLI_PROGRAM_DUMP_H

#include "common/buf.h"
#include "nb/program.h"

// Append. Floats have as many digits as bring them back to the last bit; parameters are shown by
// dtype, shape and a fingerprint of their bytes.
void cay_program_dump_text(const struct cay_program *program, struct cay_buf *out);
void cay_program_dump_json(const struct cay_program *program, struct cay_buf *out);

#endif
