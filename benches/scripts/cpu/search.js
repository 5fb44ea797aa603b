// Full-text search: tokens, stop words, stems, an inverted index, ranking, highlighted excerpts; n: documents.
const stop = new Set(["the", "a", "of", "and", "to", "in", "is", "it", "for", "on", "with"]);
const stem = (word) => word.replace(/(?:ing|ed|ly|es|s)$/, "") || word;
const words = (text) => [...text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)].map(([word]) => word);
class Index {
  postings = new Map();
  documents = [];
  add(text) {
    const id = this.documents.push(text) - 1, counts = Object.create(null);
    for (const word of words(text)) if (!stop.has(word)) { const term = stem(word); counts[term] = (counts[term] || 0) + 1; }
    for (const term in counts) {
      if (!this.postings.has(term)) this.postings.set(term, []);
      this.postings.get(term).push({ id, count: counts[term] });
    }
  }
  search(query, limit = 5) {
    const scores = new Map();
    for (const term of new Set(words(query).map(stem))) {
      const list = this.postings.get(term) ?? [];
      const weight = Math.log(1 + this.documents.length / (1 + list.length));
      for (const { id, count } of list) scores.set(id, (scores.get(id) ?? 0) + weight * count / (count + 1.2));
    }
    const ranked = [...scores].sort(([a, x], [b, y]) => y - x || a - b).slice(0, limit);
    return ranked.map(([id, score]) => ({ id, score: Math.round(score * 1000), excerpt: this.excerpt(id, query) }));
  }
  excerpt(id, query) {
    const text = this.documents[id], pattern = new RegExp(`\\b(${words(query).map(stem).join("|")})\\w*`, "gi");
    const at = Math.max(0, text.search(pattern) - 20);
    return text.slice(at, at + 60).replace(pattern, (match) => `*${match}*`).replace(/\s+/g, " ");
  }
}
const vocabulary = ("the queue of jobs is waiting for a worker and it retries failed runs with growing delays limits on memory stop scripts the client polls " +
  "results in order logging events timers fired quickly naïve café résumé stored records indexes searched ranking pages displayed").split(" ");
function main(input) {
  const n = input?.n ?? 400, index = new Index();
  let x = 3;
  const random = (below) => { x = (Math.imul(x, 22695477) + 1) >>> 0; return (x >>> 12) % below; };
  for (let i = 0; i < n; i++) index.add(Array.from({ length: 40 + random(40) }, () => vocabulary[random(vocabulary.length)]).join(i % 2 ? " " : ",  "));
  const queries = ["worker retries", "café logging", "Ranking the stored pages", "memory limit", "nothing here"];
  const results = queries.flatMap((query) => index.search(query).map((hit) => [query, hit.id, hit.score, hit.excerpt]));
  return { terms: index.postings.size, hits: results.length, sum: results.reduce((sum, hit) => sum + hit[2], 0), best: results[0], plain: index.documents.filter((text) => text.includes("timers fired")).length };
}
