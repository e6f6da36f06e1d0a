// Who may ask for what: the tokens in token_file and admin_token_file.
#ifndef CAY_DAEMON_HTTP_ACCESS_H
#define CAY_DAEMON_HTTP_ACCESS_H

#include "daemon/conf.h"

#include <stdint.h>

// What a route wants, and what a request has; each includes those before it.
enum cay_access_level {
	CAY_ACCESS_NONE,  // health, the page: anybody's
	CAY_ACCESS_INFER, // asks a model, or reads
	CAY_ACCESS_ADMIN, // changes what is served, or sees how it is built
};

#define CAY_TOKEN_MIN 16 // letters: a shorter one could be guessed
#define CAY_TOKEN_MAX 256

struct cay_token {
	size_t len; // 0: there is none
	uint8_t text[CAY_TOKEN_MAX];
};

struct cay_access {
	struct cay_token infer, admin;
};

// Reads the files that conf names. A file that others may read, or whose token is too short or too
// long, is CAY_EBAD; err names the line or flag. Without admin_token_file the token of token_file
// opens everything; without both, everything is open.
int cay_access_load(struct cay_access *ret, const struct cay_conf *conf, struct cay_err *err);

// What the value of an Authorization header opens; NULL: there is none. A token that opens nothing
// takes as many instructions as any other, whatever its length and wherever it differs.
enum cay_access_level cay_access_level(const struct cay_access *access, const char *authorization);

#endif
