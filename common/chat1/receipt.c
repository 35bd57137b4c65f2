/* The payload of an ack. */
#include "common/chat1/receipt.h"

#include <endian.h>
#include <string.h>

#include "common/base/error.h"
#include "common/chat1/seal.h"

#define SIZE_SEQ sizeof(uint64_t)
#define PLAIN_LEN (SIZE_SEQ + SIZE_HASH)

_Static_assert(RECEIPT_LEN == PLAIN_LEN - PLAIN_LEN % SIZE_BLOCK + SIZE_BLOCK,
    "an encrypted receipt is padded");

int
receipt_seal(const struct suite *suite, const struct keys *keys,
    const struct receipt *receipt, uint8_t ciphertext[RECEIPT_LEN])
{
	uint64_t seq = htobe64(receipt->seq);
	uint8_t plain[PLAIN_LEN];
	struct keys reply;
	size_t len;
	int error;

	memcpy(plain, &seq, SIZE_SEQ);
	memcpy(plain + SIZE_SEQ, receipt->head, SIZE_HASH);
	if ((error = keys_reply(suite, keys, &reply)) == 0)
		error = seal_encrypt(suite, &reply, plain, sizeof(plain),
		    ciphertext, RECEIPT_LEN, &len);
	keys_wipe(&reply);
	return error;
}

int
receipt_open(const struct suite *suite, const struct keys *keys,
    const uint8_t *ciphertext, size_t len, struct receipt *receipt)
{
	uint8_t plain[RECEIPT_LEN];
	struct keys reply;
	size_t plain_len = 0;
	uint64_t seq;
	int error;

	if (len != RECEIPT_LEN)
		return CHAT_EMALFORMED;
	if ((error = keys_reply(suite, keys, &reply)) == 0)
		error = seal_decrypt(
		    suite, &reply, ciphertext, len, plain, &plain_len);
	keys_wipe(&reply);
	if (error == 0 && plain_len != PLAIN_LEN)
		error = CHAT_EMALFORMED;
	if (error != 0)
		return error;
	memcpy(&seq, plain, SIZE_SEQ);
	receipt->seq = be64toh(seq);
	memcpy(receipt->head, plain + SIZE_SEQ, SIZE_HASH);
	return CHAT_OK;
}
