// Where an upload goes: one of the places that bound the disk used, a directory, a file at a time.
#ifndef CAY_DAEMON_CONVERSION_UPLOAD_SPACE_H
#define CAY_DAEMON_CONVERSION_UPLOAD_SPACE_H

#include "common/err.h"
#include "daemon/app.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct cay_upload_space {
	struct cay_app *app;
	char *directory; // owned; NULL: not there
	bool has_place;	 // see cay_jobs_reserve
	int fd;		 // of the file that is being written, or -1
};

// Takes a place and makes the directory. Finish follows, on failure too. CAY_EBUSY: no place.
int cay_upload_space_init(struct cay_upload_space *ret, struct cay_app *app, struct cay_err *err);
// Removes what was uploaded and gives the place back. Calling it twice is fine.
void cay_upload_space_finish(struct cay_upload_space *space);
// Makes the path of a file in the directory. CAY_EIO: it is too long.
int cay_upload_space_path(const struct cay_upload_space *space, const char *name,
			  char ret[PATH_MAX], struct cay_err *err);
// Begins a new file of the directory; the one before has been closed.
int cay_upload_space_open(struct cay_upload_space *space, const char *name, struct cay_err *err);
int cay_upload_space_close(struct cay_upload_space *space, struct cay_err *err); // none is fine
// Appends to a file of the directory, which may be new. None is being written.
int cay_upload_space_append(struct cay_upload_space *space, const char *name, const void *data,
			    size_t size, struct cay_err *err);

#endif
