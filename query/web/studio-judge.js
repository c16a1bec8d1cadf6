// Judgments: which product fits which query, 0 (not), 1 (partly), 2 (fits). They live in the service's queries.tsv and
// qrels.txt; here is a copy that changes at once and is saved one judgment after the other.
import { ask } from "./api.js";

let queries = []; // {qid, lang, text, base, grades: Map}; a query that is not saved yet has no qid and is not among them
let undone = []; // {query, id, grade}: how it was before
let saving = Promise.resolve();
let key = ""; // of a service that wants one for writing; kept as long as the page

export const all = () => queries;
export const canUndo = () => undone.length > 0;
export const useKey = (text) => (key = text);

/** False when the service keeps none. */
export async function load() {
  try {
    const answer = await ask("studio/judgments");
    queries = answer.queries.map((q) => ({ ...q, grades: new Map(Object.entries(answer.judgments[q.qid] ?? {})) }));
    return true;
  } catch (e) {
    if (e.code === "no_judgments") return false;
    throw e;
  }
}

/** souk eval over these judgments; as it costs, it is for those who may write. */
export const evaluate = (body, signal) => ask("studio/eval", { key, body, signal });

/** The query of the set, or a new one. One text may be in the set in several languages: then the guess decides. */
export function find(qid, text, guess = "und") {
  const same = queries.filter((q) => q.text === text);
  return same.find((q) => q.qid === qid) ?? same.find((q) => q.lang === guess) ?? same[0] ?? { qid: "", text, lang: guess, grades: new Map() };
}

const put = ({ grades }, id, grade) => (grade == null ? grades.delete(id) : grades.set(id, grade));

/** Grades (null: takes the judgment away). Resolves when it is saved; when it cannot be, all is as before. */
export function grade(query, id, value, undoing) {
  const before = query.grades.get(id) ?? null, step = { query, id, grade: before };
  put(query, id, value);
  if (!undoing) undone.push(step);
  return (saving = saving.catch(() => {}).then(async () => {
    const of = query.qid ? { qid: query.qid } : { q: query.text, lang: query.lang };
    try {
      const { qid } = await ask("studio/judgments", { key, body: { ...of, id, grade: value } });
      if (!query.qid) queries.push(Object.assign(query, { qid, base: qid }));
    } catch (e) {
      if ((query.grades.get(id) ?? null) === value) put(query, id, before);
      undone = undone.filter((s) => s !== step);
      throw e;
    }
  }));
}

export function undo() {
  const step = undone.pop();
  return step && { ...step, saved: grade(step.query, step.id, step.grade, true) };
}

const dcg = (grades) => grades.slice(0, 10).reduce((sum, g, i) => sum + (2 ** (g ?? 0) - 1) / Math.log2(i + 2), 0);

/** nDCG@10 as query/measure.c has it; null when no product is judged to fit. */
export function ndcg(ids, { grades }) {
  const best = [...grades.values()].sort((x, y) => y - x);
  return best[0] >= 1 ? dcg(ids.map((id) => grades.get(id))) / dcg(best) : null;
}

const FILES = {
  "queries.tsv": () => queries.map((q) => `${q.qid}\t${q.lang}\t${q.text}\t${q.base}\n`),
  "qrels.txt": () => queries.flatMap((q) => [...q.grades].map(([id, g]) => `${q.qid} 0 ${id} ${g}\n`)),
};

export function save(name) {
  const href = URL.createObjectURL(new Blob(FILES[name](), { type: "text/plain" }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10000);
}
