// A program's params from and to parameter files.
#ifndef CAY_CONVERTER_PADDLE_PARAMS_H
#define CAY_CONVERTER_PADDLE_PARAMS_H

#include "common/buf.h"
#include "nb/program.h"

// Makes program->params from block 0's persistable tensors, in ascending byte order of their names,
// with no data yet.
int cay_params_list(struct cay_program *program, struct cay_err *err);

// One record, that of a parameter saved in a file of its own. param borrows data; nothing may
// follow the record.
int cay_params_decode_one(const uint8_t *data, size_t len, struct cay_param *param,
			  struct cay_err *err);

// All records in the order of program->params, as combined files hold them.
int cay_params_decode_all(const uint8_t *data, size_t len, struct cay_program *program,
			  struct cay_err *err);

// Appends a combined file of program->params, in their order.
int cay_params_encode(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err);

#endif
