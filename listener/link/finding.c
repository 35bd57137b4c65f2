/* Explains to the owner of the listener why a proof failed. */
#include "listener/link/finding.h"

#include <stdio.h>

/* The message is for another name: perhaps ours is wrong. */
static void
spell_other(
    const struct finding *finding, const char *self, char words[SIZE_FINDING])
{
	const char *hint = "is the port right, and -u?";

	if (finding->facts.for_case)
		hint = "the case of -u and of the directory must be the same";
	else if (!finding->facts.self_has_entry)
		hint = "that name is not in the directory; is -u right?";
	(void)snprintf(words, SIZE_FINDING,
	    "%s writes to %s, and this is %s; %s", finding->from, finding->to,
	    self, hint);
}

/* The password may be right, but -s refuses the sender. */
static void
spell_strict(
    const struct finding *finding, const char *self, char words[SIZE_FINDING])
{
	if (finding->facts.from_self)
		(void)snprintf(words, SIZE_FINDING,
		    "%s is the name of the listener itself, which -s refuses",
		    self);
	else if (finding->facts.from_has_entry)
		(void)snprintf(words, SIZE_FINDING,
		    "%s has the same password as another entry, which -s refuses",
		    finding->from);
	else
		(void)snprintf(words, SIZE_FINDING,
		    "%s is not in the directory, and -s refuses such senders",
		    finding->from);
}

void
finding_spell(
    const struct finding *finding, const char *self, char words[SIZE_FINDING])
{
	const struct facts *facts = &finding->facts;
	const char *from = finding->from;

	if (!facts->for_self)
		spell_other(finding, self, words);
	else if (facts->strict)
		spell_strict(finding, self, words);
	else if (!facts->self_has_entry && !facts->from_has_entry)
		(void)snprintf(words, SIZE_FINDING,
		    "neither %s nor %s is in the directory", from, self);
	else if (!facts->self_has_entry)
		(void)snprintf(words, SIZE_FINDING,
		    "wrong password for %s; %s has no entry, so only that of %s is used here",
		    from, self, from);
	else if (!facts->from_has_entry)
		(void)snprintf(words, SIZE_FINDING,
		    "wrong password for %s; %s has no entry, so only that of %s is used here",
		    self, from, self);
	else
		(void)snprintf(words, SIZE_FINDING,
		    "wrong password for %s or %s; compare both directories",
		    from, self);
}
