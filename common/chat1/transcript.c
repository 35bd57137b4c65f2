/* The running hash over all frames of a session. */
#include "common/chat1/transcript.h"

int
transcript_start(const struct suite *suite, struct transcript *transcript)
{
	static const char label[] = "chat1 transcript";
	struct span span = {label, sizeof(label) - 1};

	return suite_sha256(suite, &span, 1, transcript->hash);
}

int
transcript_absorb(const struct suite *suite, struct transcript *transcript,
    const char *line, size_t len)
{
	struct span spans[] = {{transcript->hash, SIZE_HASH}, {line, len}};

	return suite_sha256(suite, spans, 2, transcript->hash);
}
