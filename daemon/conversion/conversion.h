// What one conversion does, in a process of its own: uploaded files to a model and a report.
#ifndef CAY_DAEMON_CONVERSION_CONVERSION_H
#define CAY_DAEMON_CONVERSION_CONVERSION_H

#include "converter/convert.h"
#include "daemon/conf.h"

// A job's directory. The daemon puts in it what was uploaded: files named by their numbers, or
// gathered in CAY_JOB_SMALL, and their names in CAY_JOB_NAMES; or, without that, an archive as file
// 0. The rest comes out of it.
#define CAY_JOB_NAMES	 "names"
#define CAY_JOB_SMALL	 "small"    // see gathered_files.h
#define CAY_JOB_UNPACKED "unpacked" // what was in the archive
#define CAY_JOB_MODEL	 "model.nb"
#define CAY_JOB_REPORT	 "report.json"
#define CAY_JOB_JSON	 "model.json" // if it was among the files; likewise
#define CAY_JOB_LABELS	 "labels.txt"
#define CAY_JOB_TEXT_MAX ((size_t)1 << 20) // bytes of each of those two

// cay_convert_to, or a test's function in its place.
typedef int cay_convert_fn(const struct cay_paddle_dir *dir,
			   const struct cay_convert_options *options, const struct cay_sink *sink,
			   struct cay_report *report, struct cay_err *err);

// Reads and writes files of the job's directory. A report is written after a failed conversion too.
// The options are passed on to `convert`, but for a part of their progress: unpacking has its own.
int cay_conversion_run(const char *directory, const struct cay_conf *conf, cay_convert_fn *convert,
		       const struct cay_convert_options *options, struct cay_err *err);

#endif
