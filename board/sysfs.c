// Numbers that the kernel shows as small files.
#include "board/sysfs.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cay_sysfs_indices(const char *folder, const char *prefix, bool ret[CAY_SYSFS_INDICES])
{
	const size_t length = strlen(prefix);
	DIR *directory = opendir(folder);
	struct dirent *entry;
	unsigned index;

	while (directory && (entry = readdir(directory)))
		if (strncmp(entry->d_name, prefix, length) == 0 &&
		    sscanf(entry->d_name + length, "%u", &index) == 1 && index < CAY_SYSFS_INDICES)
			ret[index] = true;
	if (directory)
		closedir(directory);
}

long cay_sysfs_number(long absent, int base, const char *path, ...)
{
	char full[PATH_MAX], line[32] = "", *end;
	va_list args;
	FILE *file;
	long value;
	int length;

	va_start(args, path);
	length = vsnprintf(full, sizeof(full), path, args);
	va_end(args);
	file = length > 0 && (size_t)length < sizeof(full) ? fopen(full, "re") : NULL;
	if (!file)
		return absent;
	if (!fgets(line, sizeof(line), file))
		*line = '\0';
	fclose(file);
	value = strtol(line, &end, base);
	return end > line ? value : absent;
}
