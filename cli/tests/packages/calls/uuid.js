import { MAX, NIL, parse, stringify, v1, v3, v4, v5, v6, v7, v1ToV6, v6ToV1, validate, version } from "uuid";

const random = Uint8Array.from({ length: 16 }, (_, k) => k * 17);
const bytes = (text) => [...parse(text)];

export const calls = {
  v1: () => v1({ node: [1, 35, 69, 103, 137, 171], clockseq: 0x1234, msecs: Date.UTC(2011, 10, 1), nsecs: 5678 }),
  v3Dns: () => v3("www.example.com", v3.DNS),
  v3Unicode: () => v3("é😀", v3.URL),
  v4: () => v4({ random: random.slice() }),
  v4Random: () => { const id = v4(); return [validate(id), version(id), id === v4()]; },
  v5Dns: () => v5("www.example.com", v5.DNS),
  v5Own: () => v5(new Uint8Array([1, 2, 3]), "1b671a64-40d5-491e-99b0-da01ff1f3341"),
  v6: () => v6({ node: [1, 35, 69, 103, 137, 171], clockseq: 0x1234, msecs: Date.UTC(2011, 10, 1), nsecs: 5678 }),
  v7: () => v7({ random: random.slice(), msecs: Date.UTC(2011, 10, 1), seq: 0x6fe90eb }),
  v7Order: () => { const ids = Array.from({ length: 20 }, () => v7()); return [ids.every(validate), ids.join() === ids.slice().sort().join()]; },
  convert: () => [v1ToV6("f1207660-21d2-11ef-8c4f-419efbd44d48"), v6ToV1("1ef21d2f-1207-6660-8c4f-419efbd44d48")],
  parse: () => bytes("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"),
  parseUpper: () => bytes("6EC0BD7F-11C0-43DA-975E-2A8AD9EBAE0B"),
  parseWrong: () => parse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0"),
  stringify: () => stringify(parse(MAX)),
  stringifyWrong: () => stringify(new Uint8Array(16).fill(1)),
  validate: () => [NIL, MAX, "x", "6ec0bd7f-11c0-f3da-975e-2a8ad9ebae0b", 5].map((text) => validate(text)),
  version: () => [NIL, MAX, "45637ec4-c85f-11ea-87d0-0242ac130003"].map((text) => version(text)),
  buffer: () => [...v4({ random: random.slice() }, new Uint8Array(20), 2)],
};
