// A platform's API as its scripts know it, kept in memory: `libraries.PlatformApi`. Every call answers later, as over a network.

const later = (value, ms = 1) => new Promise((resolve) => setTimeout(() => resolve(structured(value)), ms));
const structured = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/** What does not fit into one request is refused, so that scripts have to send batches. */
const MAX_ITEMS = 100;

class Collections {
  #byId = new Map();
  #next = 1;

  create(definition) {
    const collection = { _userItemId: `col-${this.#next++}`, ...definition };
    this.#byId.set(collection._userItemId, { ...collection, items: [] });
    return collection;
  }

  get(id) {
    const found = this.#byId.get(id);
    if (!found) throw Object.assign(new Error(`no collection ${id}`), { status: 404 });
    return found;
  }

  find(query) {
    return [...this.#byId.values()].filter((item) => Object.entries(query).every(([key, value]) => item[key] === value));
  }
}

const collections = new Collections();
const files = new Map();

const matches = (item, query) => Object.entries(query).every(([key, wanted]) => {
  const value = key.split('.').reduce((at, part) => at?.[part], item);
  if (wanted && typeof wanted === 'object' && '$in' in wanted) return wanted.$in.includes(value);
  return value === wanted;
});

export const IafItemSvc = {
  async createNamedUserItems(definitions, kind, ctx) {
    return later({ _list: definitions.map((definition) => collections.create({ ...definition, kind, owner: ctx.jobId })) });
  },

  async getNamedUserItems({ query }, ctx, { page = { _offset: 0, _pageSize: 50 } } = {}) {
    const found = collections.find(query).map(({ items, ...item }) => item);
    return later({ _list: found.slice(page._offset, page._offset + page._pageSize), _total: found.length });
  },

  async createRelatedItems(collectionId, items, ctx) {
    if (items.length > MAX_ITEMS) throw Object.assign(new RangeError(`at most ${MAX_ITEMS} items a request, not ${items.length}`), { status: 413 });
    const collection = collections.get(collectionId);
    const created = items.map((item, k) => ({ _id: `${collectionId}-${collection.items.length + k}`, ...structured(item) }));
    collection.items.push(...created);
    return later({ _list: created.map(({ _id }) => ({ _id })) });
  },

  async getRelatedItems(collectionId, { query }, ctx, { page = { _offset: 0, _pageSize: MAX_ITEMS } } = {}) {
    const found = collections.get(collectionId).items.filter((item) => matches(item, query));
    return later({ _list: found.slice(page._offset, page._offset + page._pageSize), _total: found.length });
  },

  async updateRelatedItem(collectionId, itemId, changed) {
    const { items } = collections.get(collectionId);
    const at = items.findIndex((item) => item._id === itemId);
    if (at < 0) throw Object.assign(new Error(`no item ${itemId}`), { status: 404 });
    items[at] = { ...items[at], ...structured(changed) };
    return later(items[at]);
  },
};

export const IafFileSvc = {
  /** The first attempt for a name that says so fails, as a busy server does. */
  async addFile(file, ctx) {
    const known = files.get(file.name) ?? { attempts: 0, versions: [] };
    known.attempts += 1;
    files.set(file.name, known);
    if (file.name.includes('flaky') && known.attempts === 1) throw Object.assign(new Error('busy'), { status: 503 });
    if (file.bytes.length === 0) throw Object.assign(new TypeError('empty'), { status: 400 });
    known.versions.push(file.bytes.length);
    return later({ _fileId: `file-${file.name}`, _versions: known.versions.length }, 5);
  },
};
