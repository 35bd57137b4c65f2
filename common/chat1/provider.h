/*
 * A provider of libcrypto for the four algorithms of chat1. A fetch makes
 * every algorithm of its kind ready that the providers of its library context
 * have. The default provider has 124 ciphers, which would take a chat-send
 * nearly as long as all its other cryptography.
 */
#ifndef COMMON_CHAT1_PROVIDER_H
#define COMMON_CHAT1_PROVIDER_H

#include <openssl/types.h>

/*
 * The library context to fetch from: SHA-256, SHA-512, HMAC and AES-256-CBC,
 * as the default provider implements them. There is one for the process,
 * which nobody frees. Returns NULL when memory ran out; a later call tries
 * again. provider(7ossl).
 */
OSSL_LIB_CTX *provider_context(void);

#endif
