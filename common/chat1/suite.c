/* The algorithms of chat1, each fetched once. */
#include "common/chat1/suite.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <string.h>

#include "common/base/error.h"
#include "common/base/wipe.h"
#include "common/chat1/provider.h"

static int
digest_spans(
    const EVP_MD *md, const struct span *spans, size_t count, uint8_t *digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int error = CHAT_EINTERNAL;

	if (ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (EVP_DigestUpdate(ctx, spans[i].data, spans[i].len) != 1)
			goto out;
	if (EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		goto out;
	error = CHAT_OK;
out:
	EVP_MD_CTX_free(ctx);
	return error;
}

static EVP_MAC_CTX *
hmac_template(OSSL_LIB_CTX *context)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(context, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);

	EVP_MAC_free(mac);
	if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

int
suite_open(struct suite *suite)
{
	OSSL_LIB_CTX *context;

	memset(suite, 0, sizeof(*suite));
	if (wipe_libcrypto() != 0 ||
	    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
		    OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
		    OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
		    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS,
		NULL) != 1)
		return CHAT_EINTERNAL;
	/* If memory ran out for this, libcrypto 3.0 would crash later. */
	if (OSSL_LIB_CTX_get0_global_default() == NULL)
		return CHAT_EINTERNAL;
	if ((context = provider_context()) == NULL)
		return CHAT_EINTERNAL;
	suite->sha256 = EVP_MD_fetch(context, "SHA256", NULL);
	suite->sha512 = EVP_MD_fetch(context, "SHA512", NULL);
	suite->hmac_sha256 = hmac_template(context);
	suite->aes256_cbc = EVP_CIPHER_fetch(context, "AES-256-CBC", NULL);
	if (suite->sha256 != NULL && suite->sha512 != NULL &&
	    suite->hmac_sha256 != NULL && suite->aes256_cbc != NULL)
		return CHAT_OK;
	suite_close(suite);
	return CHAT_EINTERNAL;
}

void
suite_close(struct suite *suite)
{
	EVP_MD_free(suite->sha256);
	EVP_MD_free(suite->sha512);
	EVP_MAC_CTX_free(suite->hmac_sha256);
	EVP_CIPHER_free(suite->aes256_cbc);
	memset(suite, 0, sizeof(*suite));
}

int
suite_sha256(const struct suite *suite, const struct span *spans, size_t count,
    uint8_t digest[SIZE_HASH])
{
	return digest_spans(suite->sha256, spans, count, digest);
}

int
suite_sha512(const struct suite *suite, const struct span *spans, size_t count,
    uint8_t digest[64])
{
	return digest_spans(suite->sha512, spans, count, digest);
}

int
suite_hmac(const struct suite *suite, const void *key, size_t key_len,
    const struct span *spans, size_t count, uint8_t mac[SIZE_HASH])
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(suite->hmac_sha256);
	size_t len;
	int error = CHAT_EINTERNAL;

	if (ctx == NULL || EVP_MAC_init(ctx, key, key_len, NULL) != 1)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (EVP_MAC_update(ctx, spans[i].data, spans[i].len) != 1)
			goto out;
	if (EVP_MAC_final(ctx, mac, &len, SIZE_HASH) != 1 || len != SIZE_HASH)
		goto out;
	error = CHAT_OK;
out:
	EVP_MAC_CTX_free(ctx);
	return error;
}
