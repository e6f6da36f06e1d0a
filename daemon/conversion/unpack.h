// Archives to files gathered in one. libarchive reads what anybody sent: only in a conversion's
// process.
#ifndef CAY_DAEMON_CONVERSION_UNPACK_H
#define CAY_DAEMON_CONVERSION_UNPACK_H

#include "common/tracker.h"
#include "daemon/conversion/file_table.h"
#include "daemon/conversion/gathered_files.h"

#include <stdbool.h>

// True if the file begins as an archive does that cay_unpack reads.
bool cay_unpack_probe(const char *archive);

// Gathers the files of a tar, tar.gz or zip archive in `files`, where none is yet, and adds their
// names to `table`, whose limit bounds their number and is the count of `files`; all together may
// have max_bytes. Tells of the archive's bytes. CAY_EBAD: malformed, or it holds what is
// neither file nor directory, or a name that the table refuses. CAY_ETOOLARGE: over a limit.
// CAY_EMEDIA: not an archive.
// Names of a zip that are UTF-8 want a locale that is: setlocale(LC_CTYPE, "C.UTF-8").
int cay_unpack(const char *archive, uint64_t max_bytes, const struct cay_tracker *progress,
	       struct cay_file_table *table, struct cay_gathered_files *files, struct cay_err *err);

#endif
