/* AES-256-CBC, ready for EVP_EncryptInit_ex2() and its like. */
#ifndef COMMON_AES_H
#define COMMON_AES_H

#include <openssl/evp.h>

/*
 * Returns the cipher, or NULL for want of memory. aes256_cbc_free() frees it,
 * and takes NULL too. NIST SP 800-38A, with the padding of PKCS #7.
 */
EVP_CIPHER *aes256_cbc_new(void);
void aes256_cbc_free(EVP_CIPHER *cipher);

#endif
