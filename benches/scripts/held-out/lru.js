// A cache that forgets what was used least recently, kept in a Map's order, with and without time to live; n: requests.
class Cache {
  #entries = new Map();
  #capacity;
  hits = 0;
  misses = 0;
  constructor(capacity) { this.#capacity = capacity; }
  get(key, now) {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expires <= now) { this.misses++; this.#entries.delete(key); return undefined; }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.hits++;
    return entry.value;
  }
  set(key, value, expires = Infinity) {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#capacity) this.#entries.delete(this.#entries.keys().next().value);
    this.#entries.set(key, { value, expires });
  }
  get size() { return this.#entries.size; }
  oldest() { for (const [key] of this.#entries) return key; }
}
function main(input) {
  const n = input?.n ?? 150000, cache = new Cache(500), ids = new Cache(300);
  let x = 5, sum = 0;
  for (let i = 0; i < n; i++) {
    x = (Math.imul(x, 69069) + 1) >>> 0;
    const key = `page/${(x >>> 16) % 40 * ((x >>> 8) % 30)}`;
    let value = cache.get(key, i);
    if (value === undefined) { value = key.length + i % 10; cache.set(key, value, i + 5000); }
    sum += value;
    const id = (x >>> 20) % 700;
    if (ids.get(id, i) === undefined) ids.set(id, -id);
  }
  return { sum, hits: cache.hits, misses: cache.misses, size: cache.size, oldest: cache.oldest(), ids: [ids.hits, ids.misses, ids.size] };
}
