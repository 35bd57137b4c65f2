/*
 * Preloaded: a long message, or with ODD=refusal the comparison of a wrong MAC,
 * makes an unusual system call.
 */
#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LONG 60000

static int at_refusal;

/* Later is too late: sessions have no environment. */
__attribute__((constructor)) static void
choose(void)
{
	at_refusal = getenv("ODD") != NULL;
}

int
EVP_DecryptUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *out_len,
    const unsigned char *in, int len)
{
	int (*next)(EVP_CIPHER_CTX *, unsigned char *, int *,
	    const unsigned char *, int);

	*(void **)&next = dlsym(RTLD_NEXT, "EVP_DecryptUpdate");
	if (len > LONG && !at_refusal)
		(void)syscall(SYS_getppid);
	return next(ctx, out, out_len, in, len);
}

int
CRYPTO_memcmp(const void *a, const void *b, size_t len)
{
	int (*next)(const void *, const void *, size_t), different;

	*(void **)&next = dlsym(RTLD_NEXT, "CRYPTO_memcmp");
	different = next(a, b, len);
	if (different != 0 && at_refusal)
		(void)syscall(SYS_getppid);
	return different;
}
