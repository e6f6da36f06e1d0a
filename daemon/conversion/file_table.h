// The names of uploaded files: keys, never paths. The bytes of name i are in a file called "i".
#ifndef CAY_DAEMON_CONVERSION_FILE_TABLE_H
#define CAY_DAEMON_CONVERSION_FILE_TABLE_H

#include "common/buf.h"
#include "common/names.h"

#define CAY_FILE_NAME_MAX 1024 // bytes

struct cay_file_table {
	struct cay_arena arena;
	struct cay_names index; // of the names as they were added
	const char **names;	// relative, with '/' between; NULL: taken out
	size_t count, limit;
};

// Makes a table for at most `limit` files. A zeroed table may be finished, too.
int cay_file_table_init(struct cay_file_table *table, size_t limit, struct cay_err *err);
void cay_file_table_finish(struct cay_file_table *table);

// Adds a name as client or archive gave it; its number is table->count - 1. CAY_EBAD: empty, too
// long, absolute, leaves its directory, or is there already. CAY_ETOOLARGE: too many.
int cay_file_table_add(struct cay_file_table *table, const char *name, struct cay_err *err);
// Takes the directories that all names have in common away from them.
void cay_file_table_strip(struct cay_file_table *table);
// The number of a name after stripping, or SIZE_MAX.
size_t cay_file_table_find(const struct cay_file_table *table, const char *name);

// All names, each with its NUL: how a table goes from the daemon to a conversion. Reading fails as
// add does, and for what is cut off: CAY_EBAD.
void cay_file_table_write(const struct cay_file_table *table, struct cay_buf *ret);
int cay_file_table_read(struct cay_file_table *table, const struct cay_buf *from,
			struct cay_err *err);

#endif
