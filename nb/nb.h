// Paddle-Lite's .nb files: bytes to program, program to bytes. The format: api-spec/nb-format.md.
#ifndef CAY_NB_NB_H
#define CAY_NB_NB_H

#include "common/buf.h"
#include "common/tracker.h"
#include "nb/program.h"

// Decodes a file of any meta, 0 to 2. Trusts nothing: every offset, count and size is checked
// against the bytes that are there before it is used. *ret's names are its own; its params' data
// point into `data`, which must outlive them. On failure *ret is untouched and err is CAY_EMODEL
// (or out of memory).
int cay_nb_read(const uint8_t *data, size_t len, struct cay_program *ret, struct cay_err *err);

// Appends a file of meta 2 to *ret: the same program gives the same bytes. Slots and attributes are
// written sorted by name and parameters by name, whatever their order here.
int cay_nb_write(const struct cay_program *program, struct cay_buf *ret, struct cay_err *err);
// Writes the same bytes to a sink, without copying parameters, and tells the tracker how far it has
// come. *ret_size: how many bytes the file has.
int cay_nb_write_to(const struct cay_program *program, const struct cay_sink *sink,
		    const struct cay_tracker *progress, size_t *ret_size, struct cay_err *err);

// True if the bytes could be a .nb file of any version; a guess from the header only.
bool cay_nb_probe(const uint8_t *data, size_t len);

// The kernel that a .nb names for an op, decoded from `conv2d/int8_out/4/2/1`.
#define CAY_KERNEL_ATTR "__@kernel_type_attr@__"
enum { CAY_TARGET_HOST = 1, CAY_TARGET_X86 = 2, CAY_TARGET_ARM = 4 };
enum { CAY_PRECISION_FLOAT = 1, CAY_PRECISION_INT8 = 2 };
enum { CAY_PRECISION_INT32 = 3, CAY_PRECISION_INT64 = 7 };
struct cay_kernel_key {
	char op[64], alias[64];
	int target, precision, layout;
};
// CAY_EMODEL, and *ret is untouched, if text has no such form or a part is longer than its field.
int cay_kernel_key_parse(const char *text, struct cay_kernel_key *ret, struct cay_err *err);

#endif
