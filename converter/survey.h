// What kinds of ops a program or a graph has, and which of them cannot be converted.
#ifndef CAY_CONVERTER_SURVEY_H
#define CAY_CONVERTER_SURVEY_H

#include "converter/graph.h"
#include "converter/report.h"

// Fills report->missing, report->quantized and report->paddle_version. CAY_EMODEL for a program
// that trains, and one that has missing ops: the message names them.
int cay_survey_check(const struct cay_program *program, struct cay_report *report,
		     struct cay_err *err);
// Fill report->ops.
int cay_survey_program(const struct cay_program *program, struct cay_report *report,
		       struct cay_err *err);
int cay_survey_graph(const struct cay_graph *graph, struct cay_report *report, struct cay_err *err);

#endif
