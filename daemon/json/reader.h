// A thread that reads the numbers of a long JSON body while the HTTP thread receives it: one body
// at a time. What it has not read at the end of the body is left to who wants the numbers.
#ifndef CAY_DAEMON_JSON_READER_H
#define CAY_DAEMON_JSON_READER_H

#include "common/err.h"
#include "daemon/json/ahead.h"

struct cay_reader;

struct cay_reader *cay_reader_new(struct cay_err *err);
void cay_reader_free(struct cay_reader *reader); // that has nothing lent to it; NULL is fine

// Lends it a body of which nothing has come yet, and which will not move: false if it has another.
bool cay_reader_lend(struct cay_reader *reader, struct cay_json_ahead *ahead, const char *body);
// Tells it how many bytes of its body are there now.
void cay_reader_tell(struct cay_reader *reader, size_t size);
// Afterwards neither is used any more. Waits for the end of what it is at, which takes 15 us. Does
// nothing if it has another.
void cay_reader_take_back(struct cay_reader *reader, const struct cay_json_ahead *ahead);

#endif
