// The files of a Paddle model directory, and which of them are topology and parameters.
#ifndef CAY_CONVERTER_PADDLE_PADDLE_DIR_H
#define CAY_CONVERTER_PADDLE_PADDLE_DIR_H

#include "common/names.h"
#include "common/tracker.h"
#include "nb/program.h"

// A file of a model. The names of an upload are only looked up, and never used as paths.
struct cay_paddle_file {
	const char *name; // that the user gave it
	const char *path; // the file that has its bytes, which may have those of others as well
	uint64_t offset;  // where in it they begin
	size_t size;	  // how many there are; SIZE_MAX: all up to the end
};
struct cay_paddle_dir {
	struct cay_arena arena;
	struct cay_paddle_file *files;
	size_t count, capacity;
	struct cay_names index;		     // of files, by name
	const char *model_file, *param_file; // names that the user insists on, or NULL: detect
};

void cay_paddle_dir_init(struct cay_paddle_dir *dir);
void cay_paddle_dir_finish(struct cay_paddle_dir *dir);
// Adds every regular file below path, names relative to it. Symbolic links to files are followed.
int cay_paddle_dir_scan(struct cay_paddle_dir *dir, const char *path, struct cay_err *err);
// Adds the file `path` under a name. Does nothing for what a Mac leaves beside files.
int cay_paddle_dir_add(struct cay_paddle_dir *dir, const char *name, const char *path,
		       struct cay_err *err);
// Adds a file whose bytes are `size` bytes of the file `path`, from `offset` on.
int cay_paddle_dir_add_part(struct cay_paddle_dir *dir, const char *name, const char *path,
			    uint64_t offset, size_t size, struct cay_err *err);
const struct cay_paddle_file *cay_paddle_dir_find(const struct cay_paddle_dir *dir,
						  const char *name); // or NULL

size_t cay_paddle_file_size(const struct cay_paddle_file *file); // 0: it cannot be told
// Appends the file's bytes to *ret; more than limit is CAY_ETOOLARGE. Tells the tracker how many
// have been read.
int cay_paddle_file_read(const struct cay_paddle_file *file, size_t limit,
			 const struct cay_tracker *progress, struct cay_buf *ret,
			 struct cay_err *err);

// Finds the directory that the model is in. *ret is its name with a slash at the end; "" if it is
// `dir` itself, or if there is no model. If it is another one, *below, which the caller has
// initialized, gets its files with their names in it; it borrows their paths from `dir`. Several
// such directories are an error that lists them.
int cay_paddle_dir_enter(const struct cay_paddle_dir *dir, struct cay_paddle_dir *below,
			 const char **ret, struct cay_err *err);
// The file with the program: the one that the user insists on, or the only one with a name that
// Paddle gives to such files.
int cay_paddle_dir_topology(const struct cay_paddle_dir *dir, const struct cay_paddle_file **ret,
			    struct cay_err *err);
// The file with all of the program's params; NULL in *ret if each has a file of its own name, or if
// there are none.
int cay_paddle_dir_params(const struct cay_paddle_dir *dir, const struct cay_paddle_file *topology,
			  const struct cay_program *program, const struct cay_paddle_file **ret,
			  struct cay_err *err);

#endif
