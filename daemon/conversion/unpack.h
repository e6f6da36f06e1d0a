// Archives to numbered files. libarchive reads what anybody sent: only in a conversion's process.
#ifndef CAY_DAEMON_CONVERSION_UNPACK_H
#define CAY_DAEMON_CONVERSION_UNPACK_H

#include "common/tracker.h"
#include "daemon/conversion/file_table.h"

#include <stdbool.h>

// True if the file begins as an archive does that cay_unpack reads.
bool cay_unpack_probe(const char *archive);

// Writes the files of a tar, tar.gz or zip archive to the empty directory `directory`, file i of
// the table as "i", and adds their names to `table`, whose limit bounds their number; all together
// may have max_bytes. Tells of the archive's bytes. CAY_EBAD: malformed, or it holds what is
// neither file nor directory, or a name that the table refuses. CAY_ETOOLARGE: over a limit.
// CAY_EMEDIA: not an archive.
// Names of a zip that are UTF-8 want a locale that is: setlocale(LC_CTYPE, "C.UTF-8").
int cay_unpack(const char *archive, const char *directory, uint64_t max_bytes,
	       const struct cay_tracker *progress, struct cay_file_table *table,
	       struct cay_err *err);

#endif
