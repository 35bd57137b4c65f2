/* The algorithms of chat1, taken from libcrypto's default provider. */
#include "common/chat1/provider.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <stdbool.h>
#include <string.h>

#define NAME "chat1"

/* The algorithms offered, by kind; an empty entry ends each list. */
static OSSL_ALGORITHM digests[3], ciphers[2], macs[2];

/* The default provider, in a library context of its own. */
static OSSL_PROVIDER *whole;

/* The names of an algorithm are separated by colons. */
static bool
has_name(const OSSL_ALGORITHM *algorithm, const char *name)
{
	const char *names = algorithm->algorithm_names;
	size_t len = strlen(name);

	while (names != NULL) {
		if (strncmp(names, name, len) == 0 &&
		    (names[len] == ':' || names[len] == '\0'))
			return true;
		names = strchr(names, ':');
		if (names != NULL)
			names++;
	}
	return false;
}

static bool
choose(int operation, const char *name, OSSL_ALGORITHM *chosen)
{
	int no_cache;
	const OSSL_ALGORITHM *all =
	    OSSL_PROVIDER_query_operation(whole, operation, &no_cache);

	for (; all != NULL && all->algorithm_names != NULL; all++)
		if (has_name(all, name)) {
			*chosen = *all;
			return true;
		}
	return false;
}

static bool
choose_all(void)
{
	return choose(OSSL_OP_DIGEST, "SHA256", &digests[0]) &&
	    choose(OSSL_OP_DIGEST, "SHA512", &digests[1]) &&
	    choose(OSSL_OP_CIPHER, "AES-256-CBC", &ciphers[0]) &&
	    choose(OSSL_OP_MAC, "HMAC", &macs[0]);
}

static const OSSL_ALGORITHM *
query(void *context, int operation, int *no_cache)
{
	(void)context;
	*no_cache = 0;
	return operation == OSSL_OP_DIGEST ? digests
	    : operation == OSSL_OP_CIPHER  ? ciphers
	    : operation == OSSL_OP_MAC     ? macs
					   : NULL;
}

/* The algorithms need the context of the provider that implements them. */
static int
start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **context)
{
	static const OSSL_DISPATCH functions[] = {
	    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
	    {0, NULL},
	};

	(void)handle;
	(void)in;
	*out = functions;
	*context = OSSL_PROVIDER_get0_provider_ctx(whole);
	return 1;
}

OSSL_LIB_CTX *
provider_context(void)
{
	static OSSL_LIB_CTX *offered;
	OSSL_LIB_CTX *source, *context;

	if (offered != NULL)
		return offered;
	source = OSSL_LIB_CTX_new();
	context = OSSL_LIB_CTX_new();
	if (source != NULL && context != NULL &&
	    (whole = OSSL_PROVIDER_load(source, "default")) != NULL &&
	    choose_all() &&
	    OSSL_PROVIDER_add_builtin(context, NAME, start) == 1 &&
	    OSSL_PROVIDER_load(context, NAME) != NULL)
		return offered = context;
	OSSL_LIB_CTX_free(context);
	OSSL_LIB_CTX_free(source); /* this frees `whole` too */
	return NULL;
}
