import Ajv from "ajv";
import Ajv2020 from "ajv/dist/2020.js";
import JTD from "ajv/dist/jtd.js";

const check = (schema, ...values) => { const ajv = new Ajv({ allErrors: true }); const validate = ajv.compile(schema); return values.map((value) => [validate(value), ajv.errorsText(validate.errors)]); };

export const calls = {
  object: () => check({ type: "object", properties: { a: { type: "integer" } }, required: ["a"], additionalProperties: false }, { a: 1 }, { a: 1.5, b: 2 }, {}),
  strings: () => check({ type: "string", minLength: 2, maxLength: 3, pattern: "^[a-zé]+$" }, "ab", "é", "ABCD", "😀😀"),
  numbers: () => check({ type: "number", multipleOf: 0.01, exclusiveMinimum: 0, maximum: 10 }, 0.07, 0, 10.001),
  arrays: () => check({ type: "array", items: { type: "number" }, uniqueItems: true, minItems: 1, contains: { const: 3 } }, [1, 3], [1, 1], []),
  tuples: () => check({ type: "array", items: [{ type: "string" }, { type: "null" }], minItems: 2, additionalItems: false }, ["a", null], ["a", null, 1]),
  combined: () => check({ anyOf: [{ type: "string" }, { type: "number", minimum: 5 }], not: { const: "no" } }, "yes", "no", 3, 7),
  oneOf: () => check({ oneOf: [{ multipleOf: 3, type: "integer" }, { multipleOf: 5, type: "integer" }] }, 9, 15, 7),
  conditional: () => check({ type: "object", if: { properties: { k: { const: "a" } } }, then: { required: ["x"] }, else: { required: ["y"] } }, { k: "a", x: 1 }, { k: "b", x: 1 }),
  recursive: () => check({ $id: "tree", type: "object", properties: { kids: { type: "array", items: { $ref: "tree" } }, v: { type: "number" } }, required: ["v"] }, { v: 1, kids: [{ v: 2, kids: [] }] }, { v: 1, kids: [{ kids: [{}] }] }),
  definitions: () => check({ definitions: { name: { type: "string" } }, type: "array", items: { $ref: "#/definitions/name" } }, ["a"], ["a", 1]),
  coerced: () => { const ajv = new Ajv({ coerceTypes: true, useDefaults: true, removeAdditional: true }); const data = { n: "5", x: 1 }; ajv.validate({ type: "object", properties: { n: { type: "number" }, d: { type: "string", default: "def" } }, additionalProperties: false }, data); return data; },
  keyword: () => { const ajv = new Ajv(); ajv.addKeyword({ keyword: "even", type: "number", schemaType: "boolean", validate: (wanted, n) => !wanted || n % 2 === 0 }); return [ajv.validate({ even: true }, 4), ajv.validate({ even: true }, 3)]; },
  format: () => { const ajv = new Ajv({ formats: { week: /^\d{4}-W\d\d$/ } }); return [ajv.validate({ type: "string", format: "week" }, "2024-W09"), ajv.validate({ type: "string", format: "week" }, "x"), ajv.errors]; },
  draft2020: () => { const ajv = new Ajv2020(); return [ajv.validate({ prefixItems: [{ type: "string" }], items: false, type: "array", minItems: 1 }, ["a", 1]), ajv.errors]; },
  dependent: () => { const ajv = new Ajv2020({ allErrors: true }); return [ajv.validate({ type: "object", dependentRequired: { a: ["b"] }, unevaluatedProperties: false, properties: { a: true } }, { a: 1, c: 2 }), ajv.errorsText()]; },
  strictMode: () => new Ajv().compile({ type: "string", unknown: 1 }),
  jtd: () => { const ajv = new JTD(); return [ajv.validate({ properties: { a: { type: "uint8" } } }, { a: 300 }), ajv.errors?.[0].message, ajv.compileSerializer({ properties: { a: { type: "string" } } })({ a: "x\n" })]; },
  enums: () => check({ enum: [1, "a", null, { x: [1] }] }, { x: [1] }, "b", null),
};
