// Who may ask for what: the tokens in token_file and admin_token_file.
#include "daemon/http/access.h"
#include "common/file.h"

#include <string.h>
#include <strings.h>

// Letters of a bearer token (RFC 6750): none of them means anything to a header.
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			      "-._~+/=";

// The one line of text, without its end.
static int parse_token(struct cay_token *ret, const struct cay_buf *text, struct cay_err *err)
{
	size_t len = text->len;

	while (len > 0 && strchr("\r\n", text->data[len - 1]))
		len--;
	if (len < CAY_TOKEN_MIN || len > CAY_TOKEN_MAX)
		return cay_fail(err, CAY_EBAD, "the token has %zu letters, %d to %d are wanted",
				len, CAY_TOKEN_MIN, CAY_TOKEN_MAX);
	for (size_t i = 0; i < len; i++)
		if (!text->data[i] || !strchr(letters, text->data[i]))
			return cay_fail(err, CAY_EBAD,
					"a token is one line of letters, digits and -._~+/=");
	*ret = (struct cay_token){.len = len};
	memcpy(ret->text, text->data, len);
	return 0;
}

static int load_token(struct cay_token *ret, const char *path, struct cay_err *err)
{
	struct cay_buf text = {0};
	int result;

	*ret = (struct cay_token){0};
	if (!path)
		return 0;
	result = cay_file_read_secret(path, CAY_TOKEN_MAX + 2, &text, err);
	if (result == 0)
		result = parse_token(ret, &text, err);
	if (text.data)
		explicit_bzero(text.data, text.capacity);
	cay_buf_finish(&text);
	if (result < 0 && err->code == CAY_ETOOLARGE)
		cay_fail(err, CAY_EBAD, "a token has %d letters at most", CAY_TOKEN_MAX);
	return result < 0 ? cay_wrap(err, "%s", path) : 0;
}

// The same time for every token: all bytes are looked at, whichever differs.
static bool is_token(const struct cay_token *token, const struct cay_token *sent)
{
	size_t different = token->len ^ sent->len;

	for (size_t i = 0; i < CAY_TOKEN_MAX; i++)
		different |= (size_t)(token->text[i] ^ sent->text[i]);
	return different == 0 && token->len > 0;
}

int cay_access_load(struct cay_access *ret, const struct cay_conf *conf, struct cay_err *err)
{
	if (load_token(&ret->infer, conf->token_file, err) < 0)
		return cay_conf_blame(conf, &conf->token_file, err);
	if (load_token(&ret->admin, conf->admin_token_file, err) < 0)
		return cay_conf_blame(conf, &conf->admin_token_file, err);
	if (is_token(&ret->infer, &ret->admin)) {
		cay_fail(err, CAY_EBAD, "the token is that of token_file");
		return cay_conf_blame(conf, &conf->admin_token_file, err);
	}
	return 0;
}

// Copies a letter a turn, and goes on when they have ended: as many steps whatever is sent. What is
// too long to be a token becomes one that is nobody's.
static void copy_token(struct cay_token *ret, const char *sent)
{
	for (size_t i = 0; i < CAY_TOKEN_MAX; i++) {
		ret->text[i] = (uint8_t)*sent;
		ret->len += *sent != '\0';
		sent += *sent != '\0';
	}
	ret->len += *sent != '\0';
}

static void parse_header(struct cay_token *ret, const char *authorization)
{
	static const char scheme[] = "Bearer ";

	*ret = (struct cay_token){0};
	if (strncasecmp(authorization, scheme, strlen(scheme)) != 0)
		return;
	authorization += strlen(scheme);
	copy_token(ret, authorization + strspn(authorization, " "));
}

enum cay_access_level cay_access_level(const struct cay_access *access, const char *authorization)
{
	const bool has_infer = access->infer.len > 0, has_admin = access->admin.len > 0;
	struct cay_token sent;
	bool infer, admin;

	if (!has_infer && !has_admin)
		return CAY_ACCESS_ADMIN;
	if (!authorization)
		return has_infer ? CAY_ACCESS_NONE : CAY_ACCESS_INFER;
	parse_header(&sent, authorization);
	infer = is_token(&access->infer, &sent);
	admin = is_token(&access->admin, &sent);
	if (admin || (infer && !has_admin))
		return CAY_ACCESS_ADMIN;
	return infer ? CAY_ACCESS_INFER : CAY_ACCESS_NONE;
}
