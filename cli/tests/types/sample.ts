// What the compiler of TypeScript must take, and, where it says so, must not. It runs, too: `run.mjs` compares what it returns.
import { euros } from "lib:money";

interface Order {
  readonly items: readonly { price: number; name: string }[];
}

const total: Ampoule.Entry<Order, number> = ({ items }) => items.reduce((sum, { price }) => sum + price, 0);

export default async function (input: Order | null, libraries: Ampoule.Libraries, ctx: Ampoule.Context): Promise<string[]> {
  const said: string[] = [];
  const sum = await total(input ?? { items: [{ price: 3, name: "a" }] }, libraries, ctx);
  said.push(`${sum} ${euros(sum)} ${libraries.money.euros(sum)}`);

  const url = new URL("https://example.com/a?b=c");
  for (const [name, value] of url.searchParams) said.push(name + value);
  said.push([...new Headers({ "X-A": "1" }).keys()].map((name) => name.toUpperCase()).join());

  const response = Response.json({ ok: true }, { status: 201, headers: [["x", "y"]] });
  const { ok } = (await response.json()) as { ok: boolean };
  said.push(`${response.status} ${ok}`);

  const lines = new ReadableStream<string>({ start(c) { c.enqueue("é"); c.close(); } }).pipeThrough(new TextEncoderStream());
  for await (const bytes of lines) said.push(`${bytes.length}`);
  const packed = new Blob(["text"]).stream().pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip"));
  said.push(await new Response(packed).text());

  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt"]);
  const sealed: ArrayBuffer = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new TextEncoder().encode("x"));
  said.push(`${sealed.byteLength} ${key.usages}`);

  const controller = new AbortController();
  controller.signal.addEventListener("abort", (event) => said.push(event.type), { once: true });
  controller.abort(new DOMException("enough", "AbortError"));
  said.push(controller.signal.reason.name, structuredClone({ a: new Date(0) }).a.toISOString());
  const timer: number = setTimeout((text: string) => said.push(text), 1, "late");
  clearTimeout(timer);
  addEventListener("unhandledrejection", (event) => event.preventDefault());

  try {
    await fetch("https://example.com/");
  } catch (error) {
    if (error instanceof NotGranted) said.push(error.code, error.capability);
  }
  const region: string | undefined = ctx.env.REGION;
  said.push(`${region} ${ctx.attempt} ${typeof ctx.progress}`);
  console.table(said);
  return said;
}

// What is no mistake for JavaScript, and one for the author.
export const mistakes = () => {
  // @ts-expect-error: a name that is not there
  document.title = "x";
  // @ts-expect-error: an illegal constructor
  new AbortSignal();
  // @ts-expect-error: it is for reading
  new URL("a:b").origin = "c";
  // @ts-expect-error: no such method
  new Headers().toJSON();
  // @ts-expect-error: a format that is not there
  new CompressionStream("brotli");
  // @ts-expect-error: a promise
  const text: string = new Blob([]).text();
  return text;
};
