// JSON from outside, under limits; and the numbers of tensors, which never become a tree.
#ifndef CAY_DAEMON_JSON_JSON_H
#define CAY_DAEMON_JSON_JSON_H

#include "common/buf.h"
#include "common/tensor.h"

#include <jansson.h>

struct cay_json_ahead; // see daemon/json/ahead.h

#define CAY_JSON_TREE ((size_t)1 << 20) // bytes of JSON that may become a tree
#define CAY_JSON_DATA 64		// arrays under "data" in one document

// The text of an array that stood under a key "data", or of a string that was a file.
struct cay_json_span {
	const char *begin, *end; // borrowed from the document
	size_t offset;		 // of begin in it, for messages
	size_t tree_offset;	 // where the text for the tree goes on behind it
	bool used;
	const struct cay_json_ahead *ahead; // has read a part of it; or NULL
};
struct cay_json_data {
	const struct cay_json_ahead *ahead; // has read a part of the document; or NULL. Borrowed
	struct cay_json_span span[CAY_JSON_DATA];
	size_t count;
};

// Parses a document: nested no deeper than `depth`, no key twice, nothing behind its end, no tree
// of more than CAY_JSON_TREE bytes of text. With `data`, arrays under the key "data" are left out
// and stand there, in `span`, for cay_json_data_take. text[size] must be NUL. NULL with CAY_EBAD
// and the offset of the byte, or CAY_ETOOLARGE. The caller owns the result (json_decref).
json_t *cay_json_parse(const char *text, size_t size, size_t depth, struct cay_json_data *data,
		       struct cay_err *err);
// The same, but what is left out are the strings under keys that begin with "file:".
json_t *cay_json_parse_files(const char *text, size_t size, size_t depth,
			     struct cay_json_data *data, struct cay_err *err);
// The array that was left out at this value. Each can be taken once; NULL with CAY_EBAD.
struct cay_json_span *cay_json_data_take(struct cay_json_data *data, const json_t *value,
					 struct cay_err *err);
// Fails if there are arrays that nobody took.
int cay_json_data_check(const struct cay_json_data *data, struct cay_err *err);

// Reads an array in one pass: its numbers, each rounded once, into `data` as far as there is room
// (in elements), and what its nesting says into *ret: a flat list of n has the shape n. What is not
// an array of numbers, is ragged, or is more than the type can hold is CAY_EBAD.
int cay_json_span_read(const struct cay_json_span *span, enum cay_dtype dtype, void *data,
		       size_t room, struct cay_shape *ret, struct cay_err *err);
// Memory for `room` elements where those that have been read ahead stand already; NULL: there is
// none. It is the request's, and overwritten by reading into it.
void *cay_json_span_place(const struct cay_json_span *span, enum cay_dtype dtype, size_t room);
// Numbers that can be in it at the most: what to make room for if no shape has been told.
size_t cay_json_span_most(const struct cay_json_span *span);

// Appends the bytes of a string that is base64 (RFC 4648, section 4): padded, and nothing between;
// '/' may be escaped, as JSON allows. CAY_EBAD.
int cay_json_span_base64(const struct cay_json_span *span, struct cay_buf *ret,
			 struct cay_err *err);

// Fails for a key of an object that is none of those that `what` has, and says which may be meant;
// without `strict` only if there is such a one. CAY_EBAD.
int cay_json_check_keys(const json_t *object, const char *what, const char *const *known,
			size_t count, bool strict, struct cay_err *err);
// [1, 3, 224, 224] as a shape. What is not a list of whole numbers that are at least 1 is CAY_EBAD.
int cay_json_shape(const json_t *value, struct cay_shape *ret, struct cay_err *err);
// Appends elements as JSON, separated by commas: floats so that they read back the same, and null
// for what is not finite.
void cay_json_numbers(struct cay_buf *buf, enum cay_dtype dtype, const void *data, size_t count);

#endif
