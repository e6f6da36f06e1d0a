// The names of uploaded files: keys, never paths.
#include "daemon/conversion/file_table.h"

#include <stdbool.h>
#include <string.h>

int cay_file_table_init(struct cay_file_table *table, size_t limit, struct cay_err *err)
{
	*table = (struct cay_file_table){.limit = limit};
	cay_arena_init(&table->arena, 0);
	cay_names_init(&table->index, &table->arena);
	table->names = cay_arena_array(&table->arena, limit, sizeof(*table->names), err);
	return table->names ? 0 : -1;
}

void cay_file_table_finish(struct cay_file_table *table)
{
	cay_arena_finish(&table->arena);
}

// Windows writes '\', and some archivers there do too.
static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

// Appends the components of `name` to out, without "." and empty ones. False for "..".
static bool normalize(const char *name, char *out)
{
	char *begin = out;

	for (size_t len; *name; name += len) {
		for (len = 0; name[len] && !is_separator(name[len]);)
			len++;
		if (len == 2 && name[0] == '.' && name[1] == '.')
			return false;
		if (len > 0 && !(len == 1 && name[0] == '.')) {
			if (out > begin)
				*out++ = '/';
			memcpy(out, name, len);
			out += len;
		}
		len += name[len] != '\0';
	}
	*out = '\0';
	return true;
}

int cay_file_table_add(struct cay_file_table *table, const char *name, struct cay_err *err)
{
	char key[CAY_FILE_NAME_MAX + 1];
	const char *copy;

	if (strnlen(name, CAY_FILE_NAME_MAX + 1) > CAY_FILE_NAME_MAX)
		return cay_fail(err, CAY_EBAD, "'%.32s...': the name is over %d bytes long", name,
				CAY_FILE_NAME_MAX);
	if (is_separator(name[0]))
		return cay_fail(err, CAY_EBAD, "'%.128s': the path is absolute", name);
	if (!normalize(name, key))
		return cay_fail(err, CAY_EBAD, "'%.128s': the path has a '..' in it", name);
	if (!key[0])
		return cay_fail(err, CAY_EBAD, "'%.128s': is not the name of a file", name);
	if (cay_names_get(&table->index, key) != CAY_NO_INDEX)
		return cay_fail(err, CAY_EBAD, "'%.128s': is there twice", key);
	if (table->count == table->limit)
		return cay_fail(err, CAY_ETOOLARGE, "more than %zu files", table->limit);
	copy = cay_arena_strdup(&table->arena, key, err);
	if (!copy || cay_names_set(&table->index, copy, (uint32_t)table->count, err) < 0)
		return -1;
	table->names[table->count++] = copy;
	return 0;
}

// The length of the directories that both names begin with, with their last '/'.
static size_t common_directories(const char *a, const char *b, size_t len)
{
	size_t common = 0;

	for (size_t i = 0; i < len && a[i] == b[i]; i++)
		if (a[i] == '/')
			common = i + 1;
	return common;
}

void cay_file_table_strip(struct cay_file_table *table)
{
	const char *first = NULL;
	size_t len = 0;

	for (size_t i = 0; i < table->count; i++) {
		if (!table->names[i])
			continue;
		if (!first) {
			first = table->names[i];
			len = strlen(first);
		}
		len = common_directories(first, table->names[i], len);
	}
	for (size_t i = 0; i < table->count; i++)
		if (table->names[i])
			table->names[i] += len;
}

size_t cay_file_table_find(const struct cay_file_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->names[i] && strcmp(table->names[i], name) == 0)
			return i;
	return SIZE_MAX;
}

void cay_file_table_write(const struct cay_file_table *table, struct cay_buf *ret)
{
	for (size_t i = 0; i < table->count; i++)
		cay_buf_put(ret, table->names[i], strlen(table->names[i]) + 1);
}

int cay_file_table_read(struct cay_file_table *table, const struct cay_buf *from,
			struct cay_err *err)
{
	for (size_t at = 0; at < from->len;) {
		const char *name = (const char *)from->data + at;

		if (!memchr(name, '\0', from->len - at))
			return cay_fail(err, CAY_EBAD, "the table of names is cut off");
		if (cay_file_table_add(table, name, err) < 0)
			return -1;
		at += strlen(name) + 1;
	}
	return 0;
}
