// Protobuf messages for tests, field by field.
#ifndef CAY_TESTS_CONVERTER_PB_H
#define CAY_TESTS_CONVERTER_PB_H

#include "common/buf.h"

void pb_varint(struct cay_buf *message, unsigned field, uint64_t value);
void pb_float(struct cay_buf *message, unsigned field, float value);
void pb_text(struct cay_buf *message, unsigned field, const char *text);
void pb_bytes(struct cay_buf *message, unsigned field, const void *data, size_t len);
// Appends part as a field and empties it.
void pb_part(struct cay_buf *message, unsigned field, struct cay_buf *part);

// A record of a parameter file: `lod` levels of no bytes each, a TensorDesc of these dimensions,
// data.
void pb_record(struct cay_buf *file, unsigned lod, int type, const int64_t *dims, size_t rank,
	       const void *data, size_t len);

#endif
