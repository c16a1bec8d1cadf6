/* Does a query mean anything here? "Nothing fits" is an answer too.
 *
 * In a large catalogue some product is near to anything: to "asdfgh qwrtz" as well. Three numbers tell such a query from a real
 * one, and their product is the evidence for its hits:
 *
 *   cosine       of the best hit
 *   strength     how much the model had to say (embed_strength): real words add up, random letters cancel out
 *   legibility   letters a token: real words are few long tokens, random letters many short ones. A third to one; one for
 *                scripts whose tokens are always short, where it tells nothing
 *
 * Meaningless queries, random letters of several alphabets, are asked of the catalogue; the NOISE_SHARE quantile of their
 * evidence is kept in the manifest as its noise. A query with less evidence than that, and of whose words the catalogue has
 * none, finds nothing by meaning. So the limit comes from the catalogue and the model themselves, and needs no judgments. It is
 * measured again at each merge of the graph. Deterministic. */
#ifndef SOUK_CALIBRATE_H
#define SOUK_CALIBRATE_H

#include "embed/embed.h"
#include "indexer/snapshot.h"

/* The evidence for a best hit of this cosine: text gave `tokens` tokens (embed_text) of this strength. */
float calibrate_evidence(float cosine, float strength, uint32_t tokens, const char *text, size_t n);

/* The noise of the catalogue that s sees (between snapshot_begin and _end); 0 when it has no vectors. */
float calibrate_noise(struct snapshot *s, const struct embedder *model);

#endif
