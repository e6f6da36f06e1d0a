// Where a daemon is, and the token that it wants.
#ifndef CAY_CLI_CLIENT_ADDRESS_H
#define CAY_CLI_CLIENT_ADDRESS_H

#include "common/buf.h"

struct cay_address {
	char *text;	  // http://ADDRESS:PORT, https://..., unix:PATH
	const char *path; // of a Unix socket, or NULL; in text
};

// The URL that is given, that of the environment, or the first of the usual ones that is there.
int cay_address_find(struct cay_address *ret, const char *url, struct cay_err *err);
void cay_address_finish(struct cay_address *address);

// Appends the token in a file: one line of printable text.
int cay_token_read(const char *path, struct cay_buf *ret, struct cay_err *err);

#endif
