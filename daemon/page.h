// The page's files, which the build makes from web/.
#ifndef CAY_DAEMON_PAGE_H
#define CAY_DAEMON_PAGE_H

#include <stddef.h>
#include <stdint.h>

struct cay_page_bytes {
	const uint8_t *data;
	size_t size;
};

struct cay_page_file {
	const char *folder; // below web/: "" or "panels/"
	const char *name;   // "index.html", which is also the page at /
	const char *content_type;
	const char *etag;
	struct cay_page_bytes plain, gzip;
};

extern const struct cay_page_file cay_page_files[];
extern const size_t cay_page_file_count;

#endif
