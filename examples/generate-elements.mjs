// Writes a building model and a type map, the input of map-elements.mjs. The same seed gives the same building.
//
//   ampoule run examples/generate-elements.mjs --input '{"seed":42,"elements":5000}' --output-limit 8MiB > elements.json

export default async function generateElements(input, libraries, ctx) {
  const { seed = 1, elements: count = 5000 } = input ?? {};
  const random = new Random(seed);
  const elements = [];
  for (let id = 1; id <= count; id++) elements.push(element(id, random));
  return { elements, typeMap: TYPE_MAP };
}

/** A linear congruential generator (Numerical Recipes' constants), so that no engine's Math.random matters. */
class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }
  /** A whole number from 0 up to below `end`. From the high bits: the low ones of such a generator repeat early. */
  below(end) {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * end);
  }
  between(least, most) {
    return least + this.below(most - least + 1);
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  percent(chance) {
    return this.below(100) < chance;
  }
}

// As IFC writes 128 bits: 22 digits to the base 64, of which the first holds two bits.
const GUID_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$";

function guid(random) {
  let text = GUID_DIGITS[random.below(4)];
  for (let i = 0; i < 7; i++) {
    const bits = random.below(2 ** 18);
    text += GUID_DIGITS[bits >> 12] + GUID_DIGITS[(bits >> 6) & 63] + GUID_DIGITS[bits & 63];
  }
  return text;
}

const LEVELS = ["B1", "00", "01", "02", "03", "04", "Roof"];

const WALL_MATERIALS = ["Concrete C30/37", "Brick", "Gypsum board", "Timber frame"];

/** Kinds of element: how often, and what an export from an authoring tool has on them. Lengths are mm, areas dm². */
const KINDS = [
  { share: 17, ifcType: "IfcWall", make: wall },
  { share: 5, ifcType: "IfcWallStandardCase", make: wall },
  {
    share: 9,
    ifcType: "IfcDoor",
    make: (r) => ({
      name: `${r.pick(["DR", "DR", "FD30", "FD60"])}-${r.between(100, 999)}`,
      material: r.pick(["Timber", "Steel", "Glass"]),
      properties: { Pset_DoorCommon: { IsExternal: r.percent(12) }, BaseQuantities: { Area: r.between(160, 420) } },
    }),
  },
  {
    share: 7,
    ifcType: "IfcWindow",
    make: (r) => ({
      name: `WN-${r.between(100, 999)}`,
      material: r.pick(["Aluminium", "Timber", "PVC-U"]),
      properties: { BaseQuantities: { Area: r.between(60, 600) } },
    }),
  },
  {
    share: 6,
    ifcType: "IfcSlab",
    make: (r) => ({
      name: `SL-${r.between(1, 99)}`,
      material: r.pick(["Concrete C30/37", "Concrete C25/30", "CLT"]),
      properties: { Pset_SlabCommon: { PredefinedType: r.pick(["FLOOR", "FLOOR", "ROOF", "BASESLAB"]) }, BaseQuantities: { Area: r.between(500, 9000) } },
    }),
  },
  { share: 5, ifcType: "IfcColumn", make: (r) => framing(r, "C") },
  { share: 8, ifcType: "IfcBeam", make: (r) => framing(r, "B") },
  {
    share: 16,
    ifcType: "IfcPipeSegment",
    make: (r) => ({
      name: `${r.pick(["CHW", "LTHW", "DCW", "SAN", "RWP", "EX-SAN"])}-DN${r.pick([15, 22, 28, 54, 110])}`,
      material: r.pick(["Copper", "Steel", "PVC-U"]),
      properties: { BaseQuantities: { Length: r.between(80, 6000) } },
    }),
  },
  { share: 7, ifcType: "IfcPipeFitting", make: (r) => ({ name: `${r.pick(["CHW", "LTHW", "SAN"])}-bend`, material: r.pick(["Copper", "PVC-U"]), properties: {} }) },
  {
    share: 7,
    ifcType: "IfcDuctSegment",
    make: (r) => ({
      name: `${r.pick(["SUP", "EXT"])}-${r.pick([200, 400, 630])}`,
      material: "Galvanised steel",
      properties: { Pset_DuctSegmentCommon: { Insulated: r.percent(40) }, BaseQuantities: { Length: r.between(200, 3000) } },
    }),
  },
  { share: 4, ifcType: "IfcLightFixture", make: (r) => ({ name: `${r.pick(["LT", "EM"])}-${r.between(1, 40)}`, material: null, properties: {} }) },
  {
    share: 4,
    ifcType: "IfcCableCarrierSegment",
    make: (r) => ({ name: "Tray", material: r.pick(["Galvanised steel", "PVC-U"]), properties: { BaseQuantities: { Length: r.between(300, 3000) } } }),
  },
  { share: 4, ifcType: "IfcBuildingElementProxy", make: (r) => ({ name: `Generic ${r.between(1, 400)}`, material: null, properties: {} }) },
  // An exporter that lost the type.
  { share: 1, ifcType: null, make: (r) => ({ name: `Import ${r.between(1, 400)}`, material: null, properties: {} }) },
];

/** A kind's number once for every hundredth that it has: one draw then picks by share. */
const KIND_OF_HUNDRED = KINDS.flatMap((kind) => Array(kind.share).fill(kind));

function element(id, random) {
  const { ifcType, make } = random.pick(KIND_OF_HUNDRED);
  const head = { id, guid: guid(random), ifcType };
  const { name, material, properties } = make(random);
  return { ...head, name, level: random.pick(LEVELS), material, properties };
}

function wall(random) {
  const common = { IsExternal: random.percent(30), LoadBearing: random.percent(45) };
  if (random.percent(25)) common.FireRating = random.pick(["EI 60", "REI 120"]);
  const quantities = { Length: random.between(300, 9000), Area: random.between(80, 3000) };
  return {
    name: `${random.pick(["WA", "WA", "WA", "CW"])}-${random.between(1, 60)}`,
    material: random.pick(WALL_MATERIALS),
    properties: { Pset_WallCommon: common, BaseQuantities: quantities },
  };
}

function framing(random, mark) {
  return {
    name: `${mark}${random.between(1, 400)}`,
    material: random.pick(["Steel S355", "Steel S275", "Concrete C30/37", "Glulam"]),
    properties: { BaseQuantities: { Length: random.between(2400, 9000) } },
  };
}

// Codes and titles have the shape of Uniclass's tables of elements and systems, and are not taken from them.
// Of two rules that fit, the higher priority wins. The last pipe rule names a category that was withdrawn.
const TYPE_MAP = {
  name: "office-standard",
  version: 3,
  categories: {
    EF_20_10_30: "Frame, steel",
    EF_20_10_60: "Frame, other",
    EF_25_10: "Walls",
    EF_25_10_25: "External walls",
    EF_25_10_30: "Fire-resisting walls",
    EF_25_10_40: "Load-bearing walls",
    EF_25_15: "Curtain walling",
    EF_25_30_20: "Doors",
    EF_25_30_25: "Fire doors",
    EF_25_30_97: "Windows",
    EF_30_10: "Roofs",
    EF_30_20: "Floors",
    Ss_50_30: "Drainage",
    Ss_55_70: "Water supply",
    Ss_60_40: "Heating and cooling pipework",
    Ss_65_40: "Ventilation ductwork",
    Ss_65_40_45: "Ventilation ductwork, insulated",
    Ss_70_30: "Cable containment",
    Ss_70_80_25: "Emergency lighting",
    Ss_70_80_33: "General lighting",
  },
  defaults: {
    IfcWall: "EF_25_10",
    IfcWallStandardCase: "EF_25_10",
    IfcDoor: "EF_25_30_20",
    IfcWindow: "EF_25_30_97",
    IfcSlab: "EF_30_20",
    IfcColumn: "EF_20_10_60",
    IfcBeam: "EF_20_10_60",
    IfcDuctSegment: "Ss_65_40",
    IfcLightFixture: "Ss_70_80_33",
    IfcCableCarrierSegment: "Ss_70_30",
  },
  rules: [
    { id: "wall-curtain", types: ["IfcWall", "IfcWallStandardCase"], priority: 30, category: "EF_25_15", when: { namePrefix: "CW-" } },
    {
      id: "wall-external",
      types: ["IfcWall", "IfcWallStandardCase"],
      priority: 20,
      category: "EF_25_10_25",
      when: { property: { set: "Pset_WallCommon", name: "IsExternal", equals: true } },
    },
    {
      id: "wall-fire",
      types: ["IfcWall", "IfcWallStandardCase"],
      priority: 20,
      category: "EF_25_10_30",
      when: { property: { set: "Pset_WallCommon", name: "FireRating", equals: "REI 120" } },
    },
    {
      id: "wall-load-bearing",
      types: ["IfcWall", "IfcWallStandardCase"],
      priority: 10,
      category: "EF_25_10_40",
      when: { property: { set: "Pset_WallCommon", name: "LoadBearing", equals: true }, materialIn: ["Concrete C30/37", "Brick"] },
    },
    { id: "door-fire", types: ["IfcDoor"], priority: 10, category: "EF_25_30_25", when: { namePrefix: "FD" } },
    {
      id: "slab-roof",
      types: ["IfcSlab"],
      priority: 10,
      category: "EF_30_10",
      when: { property: { set: "Pset_SlabCommon", name: "PredefinedType", equals: "ROOF" } },
    },
    { id: "frame-steel", types: ["IfcColumn", "IfcBeam"], priority: 10, category: "EF_20_10_30", when: { materialIn: ["Steel S275", "Steel S355"] } },
    { id: "pipe-chilled", types: ["IfcPipeSegment", "IfcPipeFitting"], priority: 10, category: "Ss_60_40", when: { namePrefix: "CHW-" } },
    { id: "pipe-heating", types: ["IfcPipeSegment", "IfcPipeFitting"], priority: 10, category: "Ss_60_40", when: { namePrefix: "LTHW-" } },
    { id: "pipe-water", types: ["IfcPipeSegment"], priority: 10, category: "Ss_55_70", when: { namePrefix: "DCW-" } },
    { id: "pipe-drain", types: ["IfcPipeSegment", "IfcPipeFitting"], priority: 10, category: "Ss_50_30", when: { namePrefix: "SAN-" } },
    { id: "pipe-plastic", types: ["IfcPipeSegment", "IfcPipeFitting"], priority: 10, category: "Ss_50_30", when: { materialIn: ["PVC-U"] } },
    { id: "pipe-rain", types: ["IfcPipeSegment"], priority: 20, category: "Ss_50_35", when: { namePrefix: "RWP-" } },
    {
      id: "duct-insulated",
      types: ["IfcDuctSegment"],
      priority: 10,
      category: "Ss_65_40_45",
      when: { property: { set: "Pset_DuctSegmentCommon", name: "Insulated", equals: true } },
    },
    { id: "light-emergency", types: ["IfcLightFixture"], priority: 10, category: "Ss_70_80_25", when: { namePrefix: "EM-" } },
  ],
};
