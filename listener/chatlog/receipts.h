/*
 * Receipts that senders kept: lines that chat-send -j wrote. Each says where a
 * message was recorded.
 */
#ifndef LISTENER_CHATLOG_RECEIPTS_H
#define LISTENER_CHATLOG_RECEIPTS_H

#include "common/chat1/receipt.h"
#include "listener/chatlog/scroll.h"

struct kept {
	struct receipt receipt;
	char to[LIMIT_NAME + 1];
	uint8_t id[SIZE_ID];
	const char *file;
	unsigned long line;
	bool found; /* the log has this very line */
};

struct receipts {
	struct kept *list; /* by seq, once receipts_sort() was called */
	size_t count, room;
};

/*
 * Takes the receipt of a line, if it is a result of chat-send -j with one.
 * Returns 0, CHAT_EMALFORMED if it is not such a result, or CHAT_EINTERNAL if
 * there is no memory.
 */
int receipts_add(struct receipts *receipts, const struct scroll *scroll);

void receipts_sort(struct receipts *receipts);

/*
 * Returns the first receipt with this number or a higher one, or the end of the
 * list.
 */
size_t receipts_from(const struct receipts *receipts, uint64_t seq);

void receipts_free(struct receipts *receipts);

#endif
