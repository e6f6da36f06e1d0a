// Whether the head of a request is made of plain lines, as proxies read them. libmicrohttpd 0.9.75
// cuts a line at a NUL, takes "Name :" for another header than "Name:", and appends a folded line
// to the name of its header. A proxy that reads one of these in another way sees another length of
// the body, and that is how requests are smuggled. Later versions check this by themselves.
#include "daemon/http/exchange.h"

#include <string.h>

const char cay_exchange_no_cookies[] = "Cookie";

struct reading {
	const char *at; // the NUL that ends what has been read; NULL: places say nothing
	bool is_plain;
};

// Whatever the locale says.
static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 9110, section 5.6.2
static bool is_token(const char *name)
{
	const char *at = name;

	while (is_alphanumeric(*at) || (*at && strchr("!#$%&'*+-.^_`|~", *at)))
		at++;
	return at > name && !*at;
}

static bool is_value(const char *value)
{
	for (; *value; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') || *value == 127)
			return false;
	return true;
}

// True if only the end of a line is between the two: what was CR and LF, or LF, is NUL.
static bool is_next_line(const char *end, const char *line)
{
	return line == end + 1 || (line == end + 2 && !end[1]);
}

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct reading *reading = context;

	(void)kind;
	if (name == cay_exchange_no_cookies)
		return MHD_YES;
	if (!value)
		value = "";
	reading->is_plain &= is_token(name) && is_value(value);
	if (!reading->at)
		return MHD_YES;
	reading->is_plain &= is_next_line(reading->at, name);
	reading->at = name + strlen(name) + 1;
	reading->is_plain &= value == reading->at + strspn(reading->at, " \t");
	reading->at = value + strlen(value);
	return MHD_YES;
}

// The strings of a head lie in the buffer as they came. A string that does not follow on the one
// before means that something else stood between them.
bool cay_exchange_has_plain_lines(const struct cay_exchange *x, const char *version)
{
	const bool has_places = cay_exchange_is_0_9_75();
	struct reading reading = {.is_plain = is_token(x->method)};
	const union MHD_ConnectionInfo *head;
	const char *end;

	if (has_places) {
		reading.at = version + strlen(version);
		reading.is_plain &= x->path == x->method + strlen(x->method) + 1;
		reading.is_plain &= x->uri_end && version == x->uri_end + 1;
	}
	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, on_header, &reading);
	if (has_places) {
		head = MHD_get_connection_info(x->connection,
					       MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
		end = x->method + head->header_size; // behind the empty line
		reading.is_plain &= is_next_line(reading.at, end - 1) ||
				    (is_next_line(reading.at, end - 2) && !end[-2]);
	}
	return reading.is_plain;
}
