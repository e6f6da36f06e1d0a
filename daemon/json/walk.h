// A walk over an array of numbers, from its text into memory: what the files of this folder share.
#ifndef CAY_DAEMON_JSON_WALK_H
#define CAY_DAEMON_JSON_WALK_H

#include "common/tensor.h"

// It can be halted at a comma, and go on where text and numbers have moved to.
struct cay_json_walk {
	const char *at, *end;		 // *end can be read, too
	const char *wrong;		 // what the text is not; NULL: nothing
	int64_t count[CAY_MAX_RANK + 1]; // elements so far, by depth from 1 on
	int64_t dim[CAY_MAX_RANK + 1];	 // of the arrays that have ended; -1: none yet
	uint32_t depth, rank;
	uint32_t leaf;	   // depth of the numbers; 0: none yet
	bool value, fresh; // a value may come next; it would be the first of its array
	enum cay_dtype dtype;
	uint8_t *out;
	size_t room; // elements that out can still take; the others are looked at all the same
};

void cay_json_walk_init(struct cay_json_walk *walk, enum cay_dtype dtype);
// Walks on to the end of the array or of the text, or to what is wrong.
void cay_json_walk_on(struct cay_json_walk *walk);

// True once the array has ended.
static inline bool cay_json_walk_is_done(const struct cay_json_walk *walk)
{
	return walk->rank > 0 && walk->depth == 0;
}

static inline bool cay_json_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct cay_json_ahead {
	struct cay_json_walk walk; // over an array, for FP32
	float *values;
	size_t count, room;
	bool found;   // an array
	size_t begin; // of the array
	size_t at;    // in the document: where to look on, or to walk on
};
// True if it has read on in the array that begins there, and found nothing wrong. NULL is fine.
bool cay_json_ahead_has(const struct cay_json_ahead *ahead, size_t begin);

#endif
