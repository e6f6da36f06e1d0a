// Files that are given where a Paddle model is wanted: what they are by their names, what to do.
#ifndef CAY_CONVERTER_PADDLE_FOREIGN_H
#define CAY_CONVERTER_PADDLE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

// Where such a file was met.
enum cay_foreign_place {
	CAY_FOREIGN_INSIDE = 1,	      // in a directory that has no model
	CAY_FOREIGN_AS_DIRECTORY = 2, // given instead of a directory
	CAY_FOREIGN_AS_MODEL = 4,     // given instead of a directory or a .nb file
};

// What goes on after "NAME is", like "ONNX, which ..."; NULL if the name says nothing.
const char *cay_foreign_tell(const char *name, enum cay_foreign_place place);
// What a Mac leaves in directories and archives; a name may have several parts.
bool cay_foreign_is_junk(const char *name);
// What Git has in the place of a large file that has not been fetched.
bool cay_foreign_is_pointer(const void *data, size_t size);

#endif
