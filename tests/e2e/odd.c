/* Preloaded: a long message makes a system call that others do not make. */
#include <dlfcn.h>
#include <openssl/evp.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LONG 60000

int
EVP_DecryptUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *out_len,
    const unsigned char *in, int len)
{
	int (*next)(EVP_CIPHER_CTX *, unsigned char *, int *,
	    const unsigned char *, int);

	*(void **)&next = dlsym(RTLD_NEXT, "EVP_DecryptUpdate");
	if (len > LONG)
		(void)syscall(SYS_getppid);
	return next(ctx, out, out_len, in, len);
}
