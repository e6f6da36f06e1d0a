// Memory that jansson gets while it parses, when there is none.
#ifndef CAY_DAEMON_JSON_RESERVE_H
#define CAY_DAEMON_JSON_RESERVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// jansson 2.14 does not look whether the text of a token could grow, and reads and writes beside it
// if it could not. So what it takes for that is set aside first, for this thread's parsing of so
// many bytes. False: there is no memory even now.
bool cay_json_reserve_begin(size_t bytes);
// True if some of it was needed: what has been parsed is freed, and what jansson says is wrong is
// no fault of the text. *parsed may be NULL.
bool cay_json_reserve_end(json_t **parsed);

#endif
