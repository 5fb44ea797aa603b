import { z } from "zod";

const Person = z.object({ name: z.string().min(1), age: z.number().int().nonnegative().optional(), mail: z.email(), tags: z.array(z.string()).default([]) });
const issues = (result) => (result.success ? result.data : result.error.issues.map(({ code, path, message }) => ({ code, path, message })));

export const calls = {
  parse: () => Person.parse({ name: "Ada", mail: "ada@example.org", extra: 1 }),
  issues: () => issues(Person.safeParse({ name: "", age: -1.5, mail: "x", tags: [1] })),
  strict: () => issues(z.strictObject({ a: z.string() }).safeParse({ a: "", b: 1 })),
  union: () => [z.union([z.string(), z.number()]).parse(5), issues(z.union([z.string(), z.number()]).safeParse(true))],
  discriminated: () => z.discriminatedUnion("kind", [z.object({ kind: z.literal("a"), n: z.number() }), z.object({ kind: z.literal("b"), s: z.string() })]).parse({ kind: "b", s: "x" }),
  transform: () => z.string().transform((text) => text.length).pipe(z.number().max(3)).safeParse("abcd").success,
  coerce: () => [z.coerce.number().parse("12.5"), z.coerce.date().parse(0), z.coerce.boolean().parse("")],
  refine: () => issues(z.object({ a: z.string(), b: z.string() }).refine((value) => value.a === value.b, { message: "differ", path: ["b"] }).safeParse({ a: "1", b: "2" })),
  asyncRefine: async () => issues(await z.string().refine(async (text) => { await null; return text === "x"; }, "not x").safeParseAsync("y")),
  record: () => z.record(z.string(), z.number()).parse({ a: 1, b: 2 }),
  tupleSetMap: () => [z.tuple([z.string(), z.number()]).rest(z.boolean()).parse(["a", 1, true]), z.map(z.string(), z.number()).parse(new Map([["a", 1]])), z.set(z.number()).parse(new Set([1]))],
  enums: () => [z.enum(["x", "y"]).options, issues(z.enum(["x", "y"]).safeParse("z"))],
  strings: () => [z.uuid().safeParse("0190a3c4-7a2f-7b61-9d5e-3f8c2b1a4d6e").success, z.iso.datetime().safeParse("2024-02-29T12:00:00Z").success, z.ipv4().safeParse("1.2.3.400").success, z.url().safeParse("https://a.b/c").success, z.base64().safeParse("YQ==").success],
  lazy: () => { const Tree = z.object({ v: z.number(), get kids() { return z.array(Tree); } }); return Tree.parse({ v: 1, kids: [{ v: 2, kids: [] }] }); },
  pickOmitExtend: () => Object.keys(Person.pick({ name: true, age: true }).extend({ z: z.null() }).partial().shape),
  jsonSchema: () => z.toJSONSchema(Person),
  flatten: () => z.flattenError(Person.safeParse({}).error),
  prettify: () => z.prettifyError(Person.safeParse({ name: 1 }).error),
  brandReadonly: () => Object.isFrozen(z.object({ a: z.number() }).readonly().parse({ a: 1 })),
  catchDefault: () => [z.number().catch(7).parse("x"), z.string().nullable().default(null).parse(undefined), z.bigint().parse(5n)],
};
