// The files of a model directory, or one archive, on their way to a daemon.
#ifndef CAY_CLI_CLIENT_UPLOAD_H
#define CAY_CLI_CLIENT_UPLOAD_H

#include "common/err.h"

#include <stddef.h>

#define CAY_UPLOAD_FILES 4096 // the daemon's own limit, as it comes

struct cay_upload {
	struct cay_upload_file {
		char *path, *name; // owned; the name is that below the directory
	} * files;
	size_t count;
};

// All files in the directory and those below it, in the order of their names; hidden ones are left
// out. A path that is no directory is the only file. The caller calls finish, also after a failure.
int cay_upload_find(struct cay_upload *ret, const char *path, struct cay_err *err);
void cay_upload_finish(struct cay_upload *upload);

#endif
