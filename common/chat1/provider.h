/*
 * A provider of libcrypto that offers the four algorithms of chat1. A fetch
 * prepares every algorithm of the same kind that the library context offers.
 * The default provider offers 124 ciphers; preparing them would take chat-send
 * nearly as long as all its other cryptography.
 */
#ifndef COMMON_CHAT1_PROVIDER_H
#define COMMON_CHAT1_PROVIDER_H

#include <openssl/types.h>

/*
 * Returns the library context to fetch from. It offers SHA-256, SHA-512, HMAC
 * and AES-256-CBC, as the default provider implements them. The process has one
 * such context and never frees it. Returns NULL if memory ran out; a later call
 * tries again. provider(7ossl).
 */
OSSL_LIB_CTX *provider_context(void);

#endif
