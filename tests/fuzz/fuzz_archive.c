// Fuzz target: a tar, tar.gz or zip is unpacked. What comes out lies within one file that gathers
// all of it, under names that lead nowhere.
#define _GNU_SOURCE // memfd_create
#include "common/file.h"
#include "daemon/conversion/unpack.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"

#include <string.h>
#include <sys/stat.h>

enum { FILES = 8, BYTES = 1 << 16 };

static void check(const struct cay_file_table *table, const struct cay_gathered_files *files)
{
	struct stat st;

	if (table->count > FILES)
		abort();
	for (size_t i = 0; i < table->count; i++) {
		const struct cay_file_place *place = cay_gathered_files_find(files, i);
		const char *name = table->names[i];

		if (!*name || *name == '/' || strstr(name, "../") || strcmp(name, "..") == 0)
			abort();
		if (place && (stat(files->path, &st) < 0 || st.st_size > BYTES ||
			      place->offset + place->size > (uint64_t)st.st_size))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char place[] = "/tmp/cayuco-fuzz-XXXXXX";
	struct memory_file archive = memory_file_new(data, len);
	struct cay_gathered_files files = {0};
	struct cay_file_table table = {0};
	struct cay_err err = {0};

	if (!mkdtemp(place) || cay_file_table_init(&table, FILES, &err) < 0 ||
	    cay_gathered_files_init(&files, place, "out", FILES, &err) < 0)
		abort();
	cay_unpack_probe(archive.path);
	if (cay_unpack(archive.path, BYTES, NULL, &table, &files, &err) == 0)
		check(&table, &files);
	else if (!*err.msg)
		abort();
	cay_file_table_finish(&table);
	cay_gathered_files_finish(&files);
	cay_file_remove_tree(place, &err);
	close(archive.fd);
	return 0;
}
