// Maps the elements of a building model to a classification, as scripts on building platforms do: elements × type map → categories.
//
//   ampoule run examples/map-elements.mjs --entry mapElements --input @elements.json --input-limit 8MiB
//   ampoule run examples/map-elements.mjs --entry summarize   --input @elements.json --input-limit 8MiB
//
// The input comes from generate-elements.mjs:
//
//   elements  [{ id, guid, ifcType, name, level, material, properties: { set: { name: value } } }]
//   typeMap   { name, version,
//               categories: { code: title },
//               rules: [{ id, types, priority, category, when?: { property?: { set, name, equals }, namePrefix?, materialIn? } }],
//               defaults: { ifcType: code } }
//
// All predicates of a rule must hold. Of the rules that fit, the highest priority wins, and the first of several with
// that priority. When those disagree about the category, the element is also reported as a conflict.

export default {
  /** Every element's category, what has none and why, and where the rules disagree. */
  async mapElements(input, libraries, ctx) {
    const mapping = mapAll(input);
    const { typeMap } = input;
    const result = {
      typeMap: `${typeMap.name} v${typeMap.version}`,
      elements: input.elements.length,
      mapped: mapping.mapped.length,
      byDefault: mapping.mapped.filter(({ rule }) => rule === null).length,
      categories: {},
      levels: {},
      unmapped: mapping.unmapped,
      conflicts: mapping.conflicts,
      assignments: Object.fromEntries(mapping.mapped.map(({ element, category }) => [element.guid, category])),
    };
    for (const { element, category } of mapping.mapped) {
      add(result.categories, category, 1);
      add((result.levels[element.level] ??= {}), category, 1);
    }
    console.log(`${result.mapped} of ${result.elements} elements mapped with ${result.typeMap}, ${result.byDefault} of them by default`);
    if (result.unmapped.length > 0) {
      const reasons = {};
      for (const { reason } of result.unmapped) add(reasons, reason, 1);
      console.warn(`${result.unmapped.length} not mapped`, reasons);
    }
    if (result.conflicts.length > 0) console.warn(`${result.conflicts.length} conflicts, such as`, result.conflicts[0]);
    return result;
  },

  /** A bill of quantities: per category the number of elements, the levels they are on, and the sums of their quantities. */
  async summarize(input, libraries, ctx) {
    const lines = new Map();
    for (const { element, category } of mapAll(input).mapped) {
      let line = lines.get(category);
      if (!line) {
        line = { code: category, title: input.typeMap.categories[category], elements: 0, levels: new Set(), quantities: {} };
        lines.set(category, line);
      }
      line.elements += 1;
      line.levels.add(element.level);
      for (const [name, value] of Object.entries(element.properties.BaseQuantities ?? {})) add(line.quantities, name, value);
    }
    const bill = [...lines.values()].sort((a, b) => (a.code < b.code ? -1 : 1)).map((line) => ({ ...line, levels: [...line.levels].sort() }));
    console.table(bill.map(({ code, title, elements, quantities }) => ({ code, title, elements, ...quantities })));
    return bill;
  },

  /** What the platform shows to people who choose a script to run. */
  getRunnableScripts() {
    return [
      { name: "Map elements", script: "mapElements" },
      { name: "Bill of quantities", script: "summarize" },
    ];
  },
};

function mapAll({ elements, typeMap }) {
  if (!Array.isArray(elements) || !typeMap) throw new TypeError("the input needs `elements` and `typeMap`");
  const rulesOf = rulesByType(typeMap.rules);
  const mapped = [];
  const unmapped = [];
  const conflicts = [];
  for (const element of elements) {
    const { category, rule, disagreeing, reason } = categoryOf(element, rulesOf, typeMap);
    if (disagreeing) conflicts.push({ id: element.id, guid: element.guid, chosen: rule, rules: disagreeing });
    if (reason) unmapped.push({ id: element.id, guid: element.guid, ifcType: element.ifcType, name: element.name, reason });
    else mapped.push({ element, category, rule });
  }
  return { mapped, unmapped, conflicts };
}

/** The rules that can fit an element of a type, highest priority first; the sort keeps the map's order among equals. */
function rulesByType(rules) {
  const byType = new Map();
  for (const rule of rules) {
    for (const type of rule.types) {
      if (!byType.has(type)) byType.set(type, []);
      byType.get(type).push(rule);
    }
  }
  for (const list of byType.values()) list.sort((a, b) => b.priority - a.priority);
  return byType;
}

function categoryOf(element, rulesOf, typeMap) {
  if (!element.ifcType) return { reason: "the element has no type" };
  const rules = rulesOf.get(element.ifcType);
  const fallback = typeMap.defaults[element.ifcType];
  if (!rules && !fallback) return { reason: "the type is not in the map" };

  const chosen = rules?.find((rule) => fits(rule.when ?? {}, element));
  if (!chosen) {
    return fallback ? known(fallback, null, typeMap) : { reason: "no rule fits and the type has no default" };
  }
  const equals = rules.filter((rule) => rule.priority === chosen.priority && fits(rule.when ?? {}, element));
  const disagreeing = equals.some((rule) => rule.category !== chosen.category) ? equals.map((rule) => rule.id) : undefined;
  return { ...known(chosen.category, chosen.id, typeMap), disagreeing };
}

function known(category, rule, typeMap) {
  if (!Object.hasOwn(typeMap.categories, category)) return { rule, reason: `the map has no category ${category}` };
  return { category, rule };
}

function fits({ property, namePrefix, materialIn }, element) {
  if (property && element.properties[property.set]?.[property.name] !== property.equals) return false;
  if (namePrefix !== undefined && !element.name.startsWith(namePrefix)) return false;
  return materialIn === undefined || materialIn.includes(element.material);
}

function add(counts, key, amount) {
  counts[key] = (counts[key] ?? 0) + amount;
}
