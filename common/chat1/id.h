/* The id of a message. chat-protocol(7), Ids and retries. */
#ifndef COMMON_CHAT1_ID_H
#define COMMON_CHAT1_ID_H

#include "common/chat1/suite.h"

/*
 * Derives the id for a hello: the first SIZE_ID bytes of
 *  H("chat1 id\0" || drawn || lv(to))
 * `drawn` is the same for all copies of a message and for all retries. `to` is
 * a name of 1 to LIMIT_NAME bytes, ending with NUL. So two recipients cannot
 * tell from their ids that they got the same message. Returns 0 or
 * CHAT_EINTERNAL.
 */
int id_derive(const struct suite *suite, const uint8_t drawn[SIZE_ID],
    const char *to, uint8_t id[SIZE_ID]);

#endif
