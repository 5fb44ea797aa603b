// Imports a building model: reads its elements in batches, gathers types and properties, and writes both to the platform.
//
//   entry importModel, input { model: { name, elements: [{ id, type, properties: [{ set, name, value }] }] }, batchSize }

class Batches {
  #items;
  #size;

  constructor(items, size) {
    this.#items = items;
    this.#size = size;
  }

  get count() {
    return Math.ceil(this.#items.length / this.#size);
  }

  *[Symbol.iterator]() {
    for (let at = 0; at < this.#items.length; at += this.#size) yield this.#items.slice(at, at + this.#size);
  }
}

let model = {
  getRunnableScripts() {
    return [{ name: 'Import Model', script: 'importModel' }];
  },

  async importModel(params, libraries, ctx) {
    let { PlatformApi, IafScriptEngine } = libraries;
    console.time('import');
    console.log('libraries', libraries);

    let created = await PlatformApi.IafItemSvc.createNamedUserItems([{ _name: params.model.name, _shortName: 'elems' }], 'NamedUserCollection', ctx);
    let collection = created._list[0];
    IafScriptEngine.setVar('collection', collection);

    let types = new Map();
    let batches = new Batches(params.model.elements, params.batchSize ?? 100);
    let done = 0;
    for (let batch of batches) {
      let items = batch.map((element) => this.toItem(element));
      for (let { type } of items) types.set(type, (types.get(type) ?? 0) + 1);
      await PlatformApi.IafItemSvc.createRelatedItems(collection._userItemId, items, ctx);
      done += batch.length;
      ctx.progress({ done, of: params.model.elements.length });
    }

    let summary = await model.summarize(params, libraries, ctx);
    console.timeEnd('import');
    return { collection: collection._userItemId, batches: batches.count, types: Object.fromEntries(types), ...summary };
  },

  toItem({ id, type, properties = [] }) {
    let sets = {};
    for (let { set, name, value } of properties) (sets[set] ??= {})[name] = value;
    return { source: id, type, properties: sets };
  },

  async summarize(params, { PlatformApi, IafScriptEngine }, ctx) {
    let { _userItemId } = IafScriptEngine.getVar('collection');
    let walls = await PlatformApi.IafItemSvc.getRelatedItems(_userItemId, { query: { type: 'IfcWall' } }, ctx, { page: { _offset: 0, _pageSize: 2 } });
    return { walls: walls._total, firstWalls: walls._list.map((item) => item.source) };
  },
};

export default model;
