// Rows of text in columns, for people: what comes from elsewhere is escaped and cut.
#include "cli/client/table.h"
#include "cli/cli.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GAP 2 // blanks between columns

void cay_table_text(struct cay_table *table, const char *text)
{
	cay_print_name(&table->cells, text);
	cay_buf_fill(&table->cells, 0, 1);
}

void cay_table_printf(struct cay_table *table, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cay_table_text(table, text);
}

// Characters of UTF-8: bytes that continue one are not counted.
static size_t width(const char *cell)
{
	size_t count = 0;

	for (; *cell; cell++)
		count += (*cell & 0xc0) != 0x80;
	return count;
}

static void put_cell(struct cay_buf *out, const char *cell, size_t wide, bool right, bool last)
{
	size_t blanks = wide - width(cell);

	if (right)
		cay_buf_fill(out, ' ', blanks);
	cay_buf_text(out, cell);
	if (!last) {
		cay_buf_fill(out, ' ', (right ? 0 : blanks) + GAP);
		return;
	}
	while (out->len && out->data[out->len - 1] == ' ')
		out->len--;
	cay_buf_text(out, "\n");
}

void cay_table_end(struct cay_table *table, struct cay_buf *out)
{
	const size_t count = strlen(table->columns);
	const char *begin = (const char *)table->cells.data, *end = begin + table->cells.len;
	size_t widest[CAY_TABLE_COLUMNS] = {0}, i = 0;

	assert(count <= CAY_TABLE_COLUMNS);
	out->failed |= table->cells.failed;
	for (const char *cell = begin; !out->failed && cell < end; cell += strlen(cell) + 1, i++)
		if (width(cell) > widest[i % count])
			widest[i % count] = width(cell);
	i = 0;
	for (const char *cell = begin; !out->failed && cell < end; cell += strlen(cell) + 1, i++)
		put_cell(out, cell, widest[i % count], table->columns[i % count] == 'r',
			 i % count == count - 1);
	cay_buf_finish(&table->cells);
}
