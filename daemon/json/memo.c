// The tree of the document that was parsed last.
#include "daemon/json/memo.h"

#include <string.h>

void cay_json_memo_init(struct cay_json_memo *memo)
{
	memo->root = NULL;
	memo->size = 0;
	pthread_mutex_init(&memo->lock, NULL);
}

void cay_json_memo_finish(struct cay_json_memo *memo)
{
	json_decref(memo->root);
	pthread_mutex_destroy(&memo->lock);
}

json_t *cay_json_memo_find(struct cay_json_memo *memo, const char *text, size_t size)
{
	json_t *found = NULL;

	pthread_mutex_lock(&memo->lock);
	if (memo->root && size == memo->size && memcmp(text, memo->text, size) == 0)
		found = json_incref(memo->root);
	pthread_mutex_unlock(&memo->lock);
	return found;
}

void cay_json_memo_keep(struct cay_json_memo *memo, const char *text, size_t size, json_t *root)
{
	json_t *before;

	if (size > sizeof(memo->text))
		return;
	pthread_mutex_lock(&memo->lock);
	before = memo->root;
	memo->root = json_incref(root);
	memo->size = size;
	memcpy(memo->text, text, size);
	pthread_mutex_unlock(&memo->lock);
	json_decref(before);
}
