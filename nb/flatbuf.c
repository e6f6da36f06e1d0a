// FlatBuffers: a reader that checks all, and a writer.
#include "nb/flatbuf.h"
#include "common/size.h"

#include <assert.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they stand");

void cay_fb_init(struct cay_fb *fb, const uint8_t *data, size_t len, struct cay_err *err)
{
	*fb = (struct cay_fb){.data = data, .err = err};
	if (len > INT32_MAX)
		cay_fb_fail(fb, "longer than 2 GiB", 0);
	else
		fb->len = (uint32_t)len;
}

void cay_fb_fail(struct cay_fb *fb, const char *what, uint32_t at)
{
	if (!fb->failed)
		cay_fail(fb->err, CAY_EMODEL, "damaged data: %s at byte %u", what, at);
	fb->failed = true;
}

static int64_t get_int(const uint8_t *p, unsigned size)
{
	int32_t four;
	int64_t eight;

	if (size == 1)
		return *p;
	memcpy(&four, p, sizeof(four));
	if (size == 4)
		return four;
	memcpy(&eight, p, sizeof(eight));
	return eight;
}

static uint32_t get_u16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)get_int(p, 4);
}

// True if a whole aligned item of size bytes, a power of two, stands at `at`.
static bool has(struct cay_fb *fb, uint32_t at, unsigned size)
{
	if (at % size || at > fb->len || fb->len - at < size) {
		cay_fb_fail(fb, at % size ? "misaligned value" : "value outside", at);
		return false;
	}
	return true;
}

// Where the reference at `at` points to, 0 if nowhere. References point forward only, so no chain
// of them can be a cycle.
static uint32_t follow(struct cay_fb *fb, uint32_t at)
{
	uint32_t offset;

	if (fb->failed || !has(fb, at, 4))
		return 0;
	offset = get_u32(fb->data + at);
	if (offset == 0 || offset >= fb->len - at) {
		cay_fb_fail(fb, "reference to outside", at);
		return 0;
	}
	return at + offset;
}

static struct cay_fb_table table_at(struct cay_fb *fb, uint32_t at)
{
	struct cay_fb_table table = {.at = at};
	int64_t vtable;

	if (!at || !has(fb, at, 4))
		return (struct cay_fb_table){0};
	vtable = at - get_int(fb->data + at, 4);
	if (vtable < 0 || vtable % 2 || vtable > (int64_t)fb->len - 4) {
		cay_fb_fail(fb, "table without a vtable", at);
		return (struct cay_fb_table){0};
	}
	table.vtable = (uint32_t)vtable;
	table.vtable_size = get_u16(fb->data + vtable);
	table.size = get_u16(fb->data + vtable + 2);
	if (table.vtable_size < 4 || table.vtable_size % 2 ||
	    table.vtable_size > fb->len - table.vtable || table.size < 4 ||
	    table.size > fb->len - at) {
		cay_fb_fail(fb, "table of a wrong size", at);
		return (struct cay_fb_table){0};
	}
	return table;
}

struct cay_fb_table cay_fb_root(struct cay_fb *fb)
{
	return table_at(fb, follow(fb, 0));
}

// Where a field stands, 0 if it is absent.
static uint32_t field(struct cay_fb *fb, struct cay_fb_table table, unsigned slot, unsigned size)
{
	uint32_t entry = 4 + 2 * slot, offset;

	if (fb->failed || !table.at || entry + 2 > table.vtable_size)
		return 0;
	offset = get_u16(fb->data + table.vtable + entry);
	if (offset == 0)
		return 0;
	if (offset < 4 || offset + size > table.size) {
		cay_fb_fail(fb, "field outside of its table", table.at);
		return 0;
	}
	return has(fb, table.at + offset, size) ? table.at + offset : 0;
}

int64_t cay_fb_int(struct cay_fb *fb, struct cay_fb_table table, unsigned slot, unsigned size,
		   int64_t absent)
{
	uint32_t at = field(fb, table, slot, size);

	return at ? get_int(fb->data + at, size) : absent;
}

double cay_fb_real(struct cay_fb *fb, struct cay_fb_table table, unsigned slot, unsigned size)
{
	uint32_t at = field(fb, table, slot, size);
	float four;
	double eight;

	if (!at)
		return 0;
	if (size == 4) {
		memcpy(&four, fb->data + at, sizeof(four));
		return (double)four;
	}
	memcpy(&eight, fb->data + at, sizeof(eight));
	return eight;
}

struct cay_fb_table cay_fb_table(struct cay_fb *fb, struct cay_fb_table table, unsigned slot)
{
	uint32_t at = field(fb, table, slot, 4);

	return table_at(fb, at ? follow(fb, at) : 0);
}

static struct cay_fb_vector vector_at(struct cay_fb *fb, uint32_t at, unsigned size)
{
	struct cay_fb_vector vector = {0};

	if (!at || !has(fb, at, 4))
		return vector;
	vector.count = get_u32(fb->data + at);
	if (vector.count > (fb->len - at - 4) / size) {
		cay_fb_fail(fb, "list longer than the data", at);
		return (struct cay_fb_vector){0};
	}
	vector.at = at + 4;
	vector.data = fb->data + vector.at;
	return vector;
}

struct cay_fb_vector cay_fb_vector(struct cay_fb *fb, struct cay_fb_table table, unsigned slot,
				   unsigned size)
{
	uint32_t at = field(fb, table, slot, 4);

	return vector_at(fb, at ? follow(fb, at) : 0, size);
}

static const char *string_at(struct cay_fb *fb, uint32_t at)
{
	struct cay_fb_vector text = vector_at(fb, at, 1);

	if (!text.data)
		return "";
	if (text.count == fb->len - text.at || text.data[text.count] != 0 ||
	    memchr(text.data, 0, text.count)) {
		cay_fb_fail(fb, "string with a NUL within or without one at its end", at);
		return "";
	}
	return (const char *)text.data;
}

const char *cay_fb_string(struct cay_fb *fb, struct cay_fb_table table, unsigned slot)
{
	uint32_t at = field(fb, table, slot, 4);

	if (!at)
		cay_fb_fail(fb, "table without a required string", table.at);
	return string_at(fb, at ? follow(fb, at) : 0);
}

int64_t cay_fb_vector_int(struct cay_fb_vector vector, uint32_t i, unsigned size)
{
	return get_int(vector.data + (size_t)i * size, size);
}

struct cay_fb_table cay_fb_vector_table(struct cay_fb *fb, struct cay_fb_vector vector, uint32_t i)
{
	return table_at(fb, follow(fb, vector.at + i * 4));
}

const char *cay_fb_vector_string(struct cay_fb *fb, struct cay_fb_vector vector, uint32_t i)
{
	return string_at(fb, follow(fb, vector.at + i * 4));
}

static size_t position(const struct cay_fb_writer *writer)
{
	return writer->buf->len - writer->start;
}

// Appends zeros until the position is `behind` bytes in front of a multiple of unit.
static void align(struct cay_fb_writer *writer, size_t unit, size_t behind)
{
	size_t at = position(writer) + behind;

	cay_buf_fill(writer->buf, 0, cay_size_round_up(at, unit) - at);
}

// Lets the reference at `hole` point to what is written next.
static void fill(struct cay_fb_writer *writer, size_t hole)
{
	uint32_t offset = (uint32_t)(position(writer) - hole);

	if (!writer->buf->failed)
		memcpy(writer->buf->data + writer->start + hole, &offset, sizeof(offset));
}

void cay_fb_writer_init(struct cay_fb_writer *writer, struct cay_buf *buf)
{
	*writer = (struct cay_fb_writer){.buf = buf, .start = buf->len};
	cay_buf_fill(buf, 0, 4);
}

static size_t put_vtable(struct cay_fb_writer *writer, const uint16_t *vtable)
{
	size_t at;

	for (size_t i = 0; i < writer->vtable_count && !writer->buf->failed; i++) {
		const uint8_t *old = writer->buf->data + writer->start + writer->vtables[i];

		if (get_u16(old) == vtable[0] && memcmp(old, vtable, vtable[0]) == 0)
			return writer->vtables[i];
	}
	align(writer, 2, 0);
	at = position(writer);
	cay_buf_put(writer->buf, vtable, vtable[0]);
	if (writer->vtable_count < CAY_FB_VTABLES)
		writer->vtables[writer->vtable_count++] = at;
	return at;
}

void cay_fb_put_table(struct cay_fb_writer *writer, size_t hole, struct cay_fb_field *fields,
		      size_t count)
{
	uint16_t vtable[2 + CAY_FB_SLOTS] = {4, 4}; // its own bytes, the table's bytes, offsets
	uint8_t table[4 + 16 * CAY_FB_SLOTS] = {0};
	size_t unit = 4, at;
	int32_t back;

	for (size_t i = 0; i < count; i++) {
		struct cay_fb_field *f = &fields[i];

		assert(f->slot < CAY_FB_SLOTS);
		f->at = cay_size_round_up(vtable[1], f->size);
		memcpy(table + f->at, &f->value, f->size);
		vtable[2 + f->slot] = (uint16_t)f->at;
		vtable[1] = (uint16_t)(f->at + f->size);
		if (vtable[0] < 4 + 2 * (f->slot + 1))
			vtable[0] = (uint16_t)(4 + 2 * (f->slot + 1));
		unit = f->size > unit ? f->size : unit;
	}
	at = put_vtable(writer, vtable);
	align(writer, unit, 0);
	fill(writer, hole);
	back = (int32_t)(position(writer) - at);
	memcpy(table, &back, sizeof(back));
	for (size_t i = 0; i < count; i++)
		fields[i].at += position(writer);
	cay_buf_put(writer->buf, table, vtable[1]);
}

void cay_fb_put_string(struct cay_fb_writer *writer, size_t hole, const char *text)
{
	cay_fb_put_vector(writer, hole, text, strlen(text), 1);
	cay_buf_fill(writer->buf, 0, 1);
}

void cay_fb_put_last_vector(struct cay_fb_writer *writer, size_t hole, size_t count, size_t size)
{
	uint32_t count32 = (uint32_t)count;

	align(writer, size > 4 ? size : 4, 4);
	fill(writer, hole);
	cay_buf_put(writer->buf, &count32, sizeof(count32));
}

size_t cay_fb_put_vector(struct cay_fb_writer *writer, size_t hole, const void *elements,
			 size_t count, size_t size)
{
	size_t bytes, at;

	cay_fb_put_last_vector(writer, hole, count, size);
	at = position(writer);
	if (!cay_size_mul(count, size, &bytes))
		writer->buf->failed = true;
	else if (elements)
		cay_buf_put(writer->buf, elements, bytes);
	else
		cay_buf_fill(writer->buf, 0, bytes);
	return at;
}

int cay_fb_writer_check(const struct cay_fb_writer *writer, struct cay_err *err)
{
	if (cay_buf_check(writer->buf, err) < 0)
		return -1;
	if (position(writer) > INT32_MAX)
		return cay_fail(err, CAY_EMODEL, "more than 2 GiB");
	return 0;
}
