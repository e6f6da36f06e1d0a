// Protobuf messages for tests.
#include "tests/converter/pb.h"

#include <string.h>

static void put_varint(struct cay_buf *message, uint64_t value)
{
	do {
		uint8_t byte = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);

		cay_buf_put(message, &byte, 1);
		value >>= 7;
	} while (value);
}

void pb_varint(struct cay_buf *message, unsigned field, uint64_t value)
{
	put_varint(message, field << 3);
	put_varint(message, value);
}

void pb_float(struct cay_buf *message, unsigned field, float value)
{
	put_varint(message, field << 3 | 5);
	cay_buf_put(message, &value, sizeof(value));
}

void pb_bytes(struct cay_buf *message, unsigned field, const void *data, size_t len)
{
	put_varint(message, field << 3 | 2);
	put_varint(message, len);
	cay_buf_put(message, data, len);
}

void pb_text(struct cay_buf *message, unsigned field, const char *text)
{
	pb_bytes(message, field, text, strlen(text));
}

void pb_part(struct cay_buf *message, unsigned field, struct cay_buf *part)
{
	pb_bytes(message, field, part->data, part->len);
	cay_buf_finish(part);
}

void pb_record(struct cay_buf *file, unsigned lod, int type, const int64_t *dims, size_t rank,
	       const void *data, size_t len)
{
	struct cay_buf desc = {0};
	uint32_t zero = 0, size;
	uint64_t levels = lod;

	pb_varint(&desc, 1, (uint64_t)type);
	for (size_t i = 0; i < rank; i++)
		pb_varint(&desc, 2, (uint64_t)dims[i]);
	size = (uint32_t)desc.len;
	cay_buf_put(file, &zero, sizeof(zero));
	cay_buf_put(file, &levels, sizeof(levels));
	cay_buf_fill(file, 0, 8 * lod);
	cay_buf_put(file, &zero, sizeof(zero));
	cay_buf_put(file, &size, sizeof(size));
	cay_buf_put(file, desc.data, desc.len);
	cay_buf_put(file, data, len);
	cay_buf_finish(&desc);
}
