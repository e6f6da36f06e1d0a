// How far a long command is: one line on stderr that is written over, if that is a terminal.
#ifndef CAY_CLI_PROGRESS_H
#define CAY_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define CAY_PROGRESS_LINE     128 // bytes, the NUL included
#define CAY_PROGRESS_DELAY_MS 500 // of what is usually over sooner

struct cay_progress {
	unsigned columns; // of the terminal; 0: nothing is shown
	int64_t from_ms;  // of CLOCK_MONOTONIC: nothing is shown before
	char shown[CAY_PROGRESS_LINE];
};

// Shows nothing yet, and nothing at all of a command that ends within delay_ms.
void cay_progress_begin(struct cay_progress *ret, unsigned delay_ms);
void cay_progress_show(struct cay_progress *progress, const char *stage, unsigned percent);
// A cay_tracker_fn that shows what the converter tells; it never stops the work.
bool cay_progress_step(void *progress, const char *stage, float done);
void cay_progress_end(struct cay_progress *progress); // takes the line away

// "[########                ]  33% stage", cut to fewer than `columns`. The stage may be anything.
void cay_progress_line(char ret[CAY_PROGRESS_LINE], unsigned columns, const char *stage,
		       unsigned percent);

#endif
