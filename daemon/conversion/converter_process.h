// The process that conversions are forked from. The daemon has threads and must not fork itself;
// what goes wrong in a conversion, a crash or an endless loop, ends that and nothing else.
#ifndef CAY_DAEMON_CONVERSION_CONVERTER_PROCESS_H
#define CAY_DAEMON_CONVERSION_CONVERTER_PROCESS_H

#include "daemon/conversion/conversion.h"
#include "daemon/conversion/sandbox.h"

#include <stdint.h>

struct cay_converter;

// How conversions are confined. UNSANDBOXED is for tests whose conversions read files elsewhere.
enum cay_confinement { CAY_SANDBOXED, CAY_UNSANDBOXED };

// Forks it: call before there is a thread, a socket or a secret. It dies with the daemon. Borrows
// conf. NULL on failure.
struct cay_converter *cay_converter_start(const struct cay_conf *conf, cay_convert_fn *convert,
					  enum cay_confinement confinement, struct cay_err *err);
void cay_converter_stop(struct cay_converter *converter); // kills what runs; NULL is fine

// Finds out what conversions are confined by, with one in the directory that ends at once.
int cay_converter_try(struct cay_converter *converter, const char *directory,
		      struct cay_sandbox *ret, struct cay_err *err);
// Converts what is in the job's directory (conversion.h) and waits for it; one thread at a time.
// *ret_sandbox is set on failure too: to nothing, unless it had begun. CAY_ETIMEOUT, CAY_ETOOLARGE:
// over the time or memory of conf. CAY_EIO: it crashed.
int cay_converter_run(struct cay_converter *converter, uint64_t number, const char *directory,
		      enum cay_compat compat, const struct cay_tracker *progress,
		      struct cay_sandbox *ret_sandbox, struct cay_err *err);
// From any thread, whether run with that number is under way or about to be: ends it at once
// with CAY_ECANCELED.
void cay_converter_cancel(struct cay_converter *converter, uint64_t number);

#endif
