// Maps elements to categories by a table, in plain functions that the platform finds by getRunnableScripts().
//
//   entry mapElements, input { elements: [{ type, name }], mapping: [{ type, pattern?, category }] }

var PlatformApi;

function getRunnableScripts() {
  return [
    { name: 'Map Elements', script: 'mapElements' },
    { name: 'Show Unmapped', script: 'showUnmapped' },
  ];
}

async function load(params, libraries, ctx) {
  PlatformApi = libraries.PlatformApi;
  var created = await PlatformApi.IafItemSvc.createNamedUserItems([{ _name: 'elements' }], 'NamedUserCollection', ctx);
  var id = created._list[0]._userItemId;
  await PlatformApi.IafItemSvc.createRelatedItems(id, params.elements, ctx);
  libraries.IafScriptEngine.setVar('elements', id);
  return id;
}

async function mapElements(params, libraries, ctx) {
  var id = await load(params, libraries, ctx);
  var all = await PlatformApi.IafItemSvc.getRelatedItems(id, { query: {} }, ctx);
  var counts = {};
  for (var k in all._list) {
    var item = all._list[k];
    var rule = params.mapping.find(fits, item);
    var category = rule ? rule.category : 'Unmapped';
    counts[category] = (counts[category] || 0) + 1;
    await PlatformApi.IafItemSvc.updateRelatedItem(id, item._id, { category: category });
  }
  console.table(Object.entries(counts).map(function (entry) { return { category: entry[0], count: entry[1] }; }));
  return { counts: counts, unmapped: (await showUnmapped(params, libraries, ctx)).length };
}

function fits(rule) {
  return rule.type === this.type && (!rule.pattern || new RegExp(rule.pattern, 'i').test(this.name));
}

async function showUnmapped(params, libraries, ctx) {
  var id = libraries.IafScriptEngine.getVar('elements') || (await load(params, libraries, ctx));
  var found = await PlatformApi.IafItemSvc.getRelatedItems(id, { query: { category: 'Unmapped' } }, ctx);
  return found._list.map(function (item) { return item.name; });
}
