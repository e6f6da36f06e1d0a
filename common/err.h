// An error as a value: a code, and one line of text that names op, tensor and shapes.
#ifndef CAY_COMMON_ERR_H
#define CAY_COMMON_ERR_H

#define CAY_PRINTF(text, first) __attribute__((format(printf, text, first)))

enum cay_code {
	CAY_OK,
	CAY_EBAD,      // the request or the arguments are malformed
	CAY_ENOTFOUND, // no such model, job, file
	CAY_ECONFLICT, // the thing exists, or is in the wrong state
	CAY_ETOOLARGE, // over a limit
	CAY_EMEDIA,    // a content type that the route does not take
	CAY_EMODEL,    // the model, or a tensor that does not fit it, is at fault
	CAY_EBUSY,     // a queue is full
	CAY_ETIMEOUT,  // the deadline has passed
	CAY_ECANCELED, // somebody asked to stop it
	CAY_ENOMEM,
	CAY_ENOSPACE, // the disk is full
	CAY_EIO,      // the system is at fault
	CAY_CODES
};

// Lives on the caller's stack. The text is public: it names op, tensor and shapes, never a path;
// the tool and the log put the file in front.
struct cay_err {
	enum cay_code code;
	char msg[384];
};

// Fills *err and returns -1: `return cay_fail(...)` is the whole error path. Bytes of msg that a
// terminal or a JSON reader could trip over are replaced by '?', so names from a model may go in.
int cay_fail(struct cay_err *err, enum cay_code code, const char *fmt, ...) CAY_PRINTF(3, 4);
// Puts context in front of the message already in *err, keeps its code, returns -1.
int cay_wrap(struct cay_err *err, const char *fmt, ...) CAY_PRINTF(2, 3);
// "WHAT: strerror(errno)"; a full disk becomes CAY_ENOSPACE, a missing file CAY_ENOTFOUND, and no
// room for one more thread or process CAY_EBUSY.
int cay_fail_errno(struct cay_err *err, const char *fmt, ...) CAY_PRINTF(2, 3);
int cay_fail_memory(struct cay_err *err);

// The same functions, seen by the compiler to return -1: else it warns, in release builds, of
// results that could be read after a failure.
#define cay_fail(...)                                                                              \
	({                                                                                         \
		(cay_fail)(__VA_ARGS__);                                                           \
		-1;                                                                                \
	})
#define cay_wrap(...)                                                                              \
	({                                                                                         \
		(cay_wrap)(__VA_ARGS__);                                                           \
		-1;                                                                                \
	})
#define cay_fail_errno(...)                                                                        \
	({                                                                                         \
		(cay_fail_errno)(__VA_ARGS__);                                                     \
		-1;                                                                                \
	})
#define cay_fail_memory(err)                                                                       \
	({                                                                                         \
		(cay_fail_memory)(err);                                                            \
		-1;                                                                                \
	})

#endif
