/* How near does nonsense get? The floor below which a hit by meaning is not one.
 *
 * In a large catalogue some product is near to anything: to "asdfgh qwrtz" as well. Two numbers tell such a query from a real
 * one: the cosine of its best hit, and how much the model had to say about it (embed_strength). Their product is the evidence
 * for a hit. Meaningless queries, random letters of several alphabets, are asked of the catalogue; the NOISE_SHARE quantile
 * of the evidence that their best hits reach is kept in the manifest as its noise. A query whose best hit has less evidence,
 * and of whose words the catalogue has none, finds nothing by meaning. So the floor comes from the catalogue and the model
 * themselves, and needs no judgments. It is measured again at each merge of the graph. Deterministic. */
#ifndef SOUK_CALIBRATE_H
#define SOUK_CALIBRATE_H

#include "embed/embed.h"
#include "indexer/snapshot.h"

/* The noise of the catalogue that s sees (between snapshot_begin and _end); 0 when it has no vectors. */
float calibrate_noise(struct snapshot *s, const struct embedder *model);

#endif
