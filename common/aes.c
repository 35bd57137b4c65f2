/*
 * AES-256-CBC of libcrypto. EVP_CIPHER_fetch() would make all 124 ciphers
 * ready for use to return this one, which takes a chat-send nearly as long as
 * all its other cryptography. libcrypto 3, unless built without what is
 * deprecated, lets a program put an EVP_CIPHER together, here from functions
 * of its own; 4 does not.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "common/aes.h"

#include <stddef.h>

#if OPENSSL_VERSION_MAJOR < 4 && !defined(OPENSSL_NO_DEPRECATED_3_0)

EVP_CIPHER *
aes256_cbc_new(void)
{
	const EVP_CIPHER *from = EVP_aes_256_cbc();
	EVP_CIPHER *cipher = EVP_CIPHER_meth_new(EVP_CIPHER_get_nid(from),
	    EVP_CIPHER_get_block_size(from), EVP_CIPHER_get_key_length(from));

	if (cipher == NULL)
		return NULL;
	/* These fail only on what has been set before. */
	(void)EVP_CIPHER_meth_set_iv_length(
	    cipher, EVP_CIPHER_get_iv_length(from));
	(void)EVP_CIPHER_meth_set_flags(cipher, EVP_CIPHER_get_flags(from));
	(void)EVP_CIPHER_meth_set_impl_ctx_size(
	    cipher, EVP_CIPHER_impl_ctx_size(from));
	(void)EVP_CIPHER_meth_set_init(cipher, EVP_CIPHER_meth_get_init(from));
	(void)EVP_CIPHER_meth_set_do_cipher(
	    cipher, EVP_CIPHER_meth_get_do_cipher(from));
	(void)EVP_CIPHER_meth_set_cleanup(
	    cipher, EVP_CIPHER_meth_get_cleanup(from));
	(void)EVP_CIPHER_meth_set_ctrl(cipher, EVP_CIPHER_meth_get_ctrl(from));
	return cipher;
}

void
aes256_cbc_free(EVP_CIPHER *cipher)
{
	EVP_CIPHER_meth_free(cipher);
}

#else

EVP_CIPHER *
aes256_cbc_new(void)
{
	return EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
}

void
aes256_cbc_free(EVP_CIPHER *cipher)
{
	EVP_CIPHER_free(cipher);
}

#endif
