// Rows of text in columns, for people: what comes from elsewhere is escaped and cut.
#ifndef CAY_CLI_CLIENT_TABLE_H
#define CAY_CLI_CLIENT_TABLE_H

#include "common/buf.h"

#define CAY_TABLE_COLUMNS 16

// Zeroed but for `columns` is an empty table; the first row is its head.
struct cay_table {
	const char *columns;  // a letter for each: l or r, where its text begins or ends
	struct cay_buf cells; // one after another, each with its NUL
};

// Appends a cell; rows are full when they have as many as there are columns.
void cay_table_text(struct cay_table *table, const char *text);
void cay_table_printf(struct cay_table *table, const char *fmt, ...) CAY_PRINTF(2, 3);
// Appends the whole of it to `out` and frees the cells.
void cay_table_end(struct cay_table *table, struct cay_buf *out);

#endif
