// Everything that a script can see beside ECMAScript: facts by name. ECMASCRIPT is put before this.
const facts = {};
const put = (name, fact) => { facts[name] = fact; };
const label = (key) => (typeof key === "symbol" ? `[${key.description}]` : key);
const isClass = (name, value) => typeof value === "function" && /^[A-Z]/.test(name);
const globals = Object.getOwnPropertyNames(globalThis).filter((name) => !ECMASCRIPT.includes(name));

// Members of an object itself, but for what every function, prototype or tag has.
const members = (of, object, except) => {
  for (const key of Reflect.ownKeys(object)) {
    if (except.includes(key) || key === Symbol.toStringTag) continue;
    const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
    const name = `${of}.${label(key)}`;
    if (typeof value === "function") put(name, `method of ${value.length}`);
    else put(name, get && !set ? "read-only property" : get ? "property" : "property, as it is");
  }
};

const describeClass = (name, value) => {
  const base = Object.getPrototypeOf(value.prototype);
  let ancestor = base;
  while (ancestor && !(globalThis[ancestor.constructor.name] === ancestor.constructor)) ancestor = Object.getPrototypeOf(ancestor);
  const parent = ancestor && ancestor.constructor !== Object ? ` extends ${ancestor.constructor.name}` : "";
  let constructible = true;
  try { new value(); } catch (error) { constructible = !/illegal constructor/i.test(error.message); }
  put(name, constructible ? `class of ${value.length}${parent}` : `class without constructor${parent}`);
  members(name, value.prototype, ["constructor"]);
  members(`static ${name}`, value, ["length", "name", "prototype"]);
};

export default async (input, libraries, ctx) => {
  for (const name of globals) {
    const value = globalThis[name];
    if (isClass(name, value)) describeClass(name, value);
    else if (typeof value === "function") put(name, `function of ${value.length}`);
    else if (value === null || typeof value !== "object" || value === globalThis) put(name, "value");
    else if (Object.getPrototypeOf(value) !== Object.prototype && globals.includes(value.constructor.name)) put(name, `instance of ${value.constructor.name}`);
    else { put(name, "object"); members(name, value, []); }
  }
  const refused = await ctx.secrets.get("NOT_GRANTED").catch((error) => error);
  members("NotGranted", refused, ["name", "message", "stack"]);
  for (let object = ctx; object !== Object.prototype; object = Object.getPrototypeOf(object)) members("Ampoule.Context", object, ["constructor"]);
  members("Ampoule.Folder", ctx.dirs.work, []);
  members("Ampoule.Secrets", ctx.secrets, []);
  members("Ampoule.Keys", ctx.kv.test, []);
  for (const key of ["a", "b"]) await ctx.kv.test.set(key, 1);
  members("Ampoule.KeysEntry", await ctx.kv.test.entry("a"), []);
  members("Ampoule.KeysPage", await ctx.kv.test.list({ limit: 1 }), []);
  members("Ampoule.Store", ctx.blob.files, []);
  for (const key of ["a", "b"]) await ctx.blob.files.put(key, "text");
  members("Ampoule.StoreHead", await ctx.blob.files.head("a"), []);
  members("Ampoule.StorePage", await ctx.blob.files.list({ limit: 1 }), []);
  members("Ampoule.Jobs", ctx.jobs, []);
  await ctx.dirs.work.writeText("file", "text");
  members("Ampoule.FolderStat", await ctx.dirs.work.stat("file"), []);
  members("Ampoule.FolderEntry", (await ctx.dirs.work.list())[0], []);
  return facts;
};
