// The numbers of a long JSON document, read while the rest of it is still on its way.
//
// This judges nothing. It guesses that the first `"data": [` in the text is a tensor of floats.
// cay_json_parse uses what was read if it finds that array in the same place, and
// cay_json_span_read goes on where this has stopped, if it is to read floats: both then do and say
// what they would have without.
#ifndef CAY_DAEMON_JSON_AHEAD_H
#define CAY_DAEMON_JSON_AHEAD_H

#include <stdbool.h>
#include <stddef.h>

struct cay_json_ahead;
// room: numbers that it may hold. NULL: there is no memory.
struct cay_json_ahead *cay_json_ahead_new(size_t room);
void cay_json_ahead_free(struct cay_json_ahead *ahead); // NULL is fine

// Reads on: the first `size` bytes of the document are there now; it may have moved.
void cay_json_ahead_read(struct cay_json_ahead *ahead, const char *text, size_t size);

#endif
