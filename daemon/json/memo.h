// The tree of the document that was parsed last. Clients say the same before the bytes of each
// tensor, and parsing that took longer than all else that is done with such a request.
#ifndef CAY_DAEMON_JSON_MEMO_H
#define CAY_DAEMON_JSON_MEMO_H

#include <jansson.h>
#include <pthread.h>

#define CAY_JSON_MEMO 1024 // bytes of the longest document that is kept

struct cay_json_memo {
	pthread_mutex_t lock; // of what follows
	json_t *root;	      // NULL: none yet
	size_t size;
	char text[CAY_JSON_MEMO];
};

void cay_json_memo_init(struct cay_json_memo *memo);
void cay_json_memo_finish(struct cay_json_memo *memo);

// The tree of this text, if it is what is kept; else NULL. The reference is the caller's
// (json_decref), but others read the same tree: it is not to be changed. From any thread.
json_t *cay_json_memo_find(struct cay_json_memo *memo, const char *text, size_t size);
// Keeps the tree, with a reference of its own, instead of the one before; no longer text than
// CAY_JSON_MEMO is. From any thread.
void cay_json_memo_keep(struct cay_json_memo *memo, const char *text, size_t size, json_t *root);

#endif
