// FlatBuffers, the little of it that a .nb uses: a reader that checks all, and a writer.
#ifndef CAY_NB_FLATBUF_H
#define CAY_NB_FLATBUF_H

#include "common/buf.h"

// A buffer being read. The first failure sticks in `failed` and *err: after it every field is
// absent, every list empty and every string "": a reader takes what it wants and asks at the end.
struct cay_fb {
	const uint8_t *data; // borrowed; may be unaligned: alignment is checked from its start
	uint32_t len;
	bool failed;
	struct cay_err *err;
};

struct cay_fb_table {
	uint32_t at, size;	      // at 0: absent, all fields too
	uint32_t vtable, vtable_size; // bytes
};

struct cay_fb_vector {
	const uint8_t *data; // NULL if absent; elements may be unaligned
	uint32_t at, count;
};

// Fails for more than 2 GiB, as every implementation does.
void cay_fb_init(struct cay_fb *fb, const uint8_t *data, size_t len, struct cay_err *err);
struct cay_fb_table cay_fb_root(struct cay_fb *fb);
void cay_fb_fail(struct cay_fb *fb, const char *what, uint32_t at);

// Slots number a table's fields as the schema does. Sizes of integers: 1 (unsigned), 4 or 8 bytes.
int64_t cay_fb_int(struct cay_fb *fb, struct cay_fb_table table, unsigned slot, unsigned size,
		   int64_t absent);
double cay_fb_real(struct cay_fb *fb, struct cay_fb_table table, unsigned slot, unsigned size);
struct cay_fb_table cay_fb_table(struct cay_fb *fb, struct cay_fb_table table, unsigned slot);
struct cay_fb_vector cay_fb_vector(struct cay_fb *fb, struct cay_fb_table table, unsigned slot,
				   unsigned size);
// A string must be there. It is NUL-terminated in the buffer, with no NUL within.
const char *cay_fb_string(struct cay_fb *fb, struct cay_fb_table table, unsigned slot);

// Element i, which must be below the count.
int64_t cay_fb_vector_int(struct cay_fb_vector vector, uint32_t i, unsigned size);
struct cay_fb_table cay_fb_vector_table(struct cay_fb *fb, struct cay_fb_vector vector, uint32_t i);
const char *cay_fb_vector_string(struct cay_fb *fb, struct cay_fb_vector vector, uint32_t i);

// A buffer being written at the end of `buf`, parents before their children: a parent leaves a hole
// for each reference, the child fills it. Out of memory sticks in `buf`.
#define CAY_FB_VTABLES 64
struct cay_fb_writer {
	struct cay_buf *buf;
	size_t start;			// of the FlatBuffer in buf; positions count from there
	size_t vtables[CAY_FB_VTABLES]; // positions of those written so far, to be shared
	size_t vtable_count;
};

// A field to write: a scalar's bits, or a reference, which is filled through `at`.
#define CAY_FB_SLOTS 16
struct cay_fb_field {
	uint16_t slot; // below CAY_FB_SLOTS
	uint8_t size;  // bytes
	uint64_t value;
	size_t at; // position, set by cay_fb_put_table
};
#define CAY_FB_SCALAR(slot, size, bits) ((struct cay_fb_field){slot, size, (uint64_t)(bits), 0})
#define CAY_FB_REFERENCE(slot)		((struct cay_fb_field){slot, 4, 0, 0})

#define CAY_FB_ROOT 0 // the hole of the root table
void cay_fb_writer_init(struct cay_fb_writer *writer, struct cay_buf *buf);
void cay_fb_put_table(struct cay_fb_writer *writer, size_t hole, struct cay_fb_field *fields,
		      size_t count);
void cay_fb_put_string(struct cay_fb_writer *writer, size_t hole, const char *text);
// Elements of 1, 4 or 8 bytes; elements NULL: zeros, the holes of a vector of references. Returns
// the position of the first.
size_t cay_fb_put_vector(struct cay_fb_writer *writer, size_t hole, const void *elements,
			 size_t count, size_t size);
// A vector that ends the buffer, without its elements: those that follow are the caller's to write.
void cay_fb_put_last_vector(struct cay_fb_writer *writer, size_t hole, size_t count, size_t size);
// 0, or -1 with *err set out of memory or over 2 GiB.
int cay_fb_writer_check(const struct cay_fb_writer *writer, struct cay_err *err);

#endif
