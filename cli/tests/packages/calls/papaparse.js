import Papa from "papaparse";

const parse = (text, options) => { const { data, errors, meta } = Papa.parse(text, options); return { data, errors, meta }; };

export const calls = {
  simple: () => parse("a,b\n1,2\n3,4"),
  header: () => parse("a,b\n1,2\n3,4", { header: true }),
  quoted: () => parse('"a ""b""","c\nd",e'),
  typed: () => parse("n,b,s,d\n1.5,true,x,2024-01-01\n-2e3,FALSE,,", { header: true, dynamicTyping: true }),
  delimiters: () => ["a;b\n1;2", "a\tb\n1\t2", "a|b\n1|2"].map((text) => parse(text).meta.delimiter),
  newlines: () => [parse("a\r\nb").meta.linebreak, parse("a\rb").meta.linebreak, parse("a\nb").data],
  missing: () => parse("a,b\n1\n1,2,3", { header: true }).errors,
  unclosed: () => parse('a,"b\nc').errors,
  skipEmpty: () => parse("a\n\n  \nb", { skipEmptyLines: "greedy" }).data,
  comments: () => parse("#x\na\n#y\nb", { comments: "#" }).data,
  preview: () => parse("a\nb\nc\nd", { preview: 2 }),
  transform: () => parse("A,B\n 1 , 2 ", { header: true, transformHeader: (name) => name.toLowerCase(), transform: (value, column) => `${column}:${value.trim()}` }).data,
  step: () => { const rows = []; Papa.parse("a\nb\nc", { step: ({ data }, parser) => { rows.push(data); if (rows.length === 2) parser.abort(); } }); return rows; },
  unparse: () => Papa.unparse([["a", 'b"c', "d,e"], [1, null, "f\ng"], [" x", true, undefined]]),
  unparseObjects: () => Papa.unparse([{ a: 1, b: 2 }, { b: 3, c: 4 }], { columns: ["b", "c"], quotes: true, delimiter: ";" }),
  unparseFields: () => Papa.unparse({ fields: ["x", "y"], data: [[1, 2], { x: 3, y: 4 }] }, { newline: "\n" }),
  formulae: () => Papa.unparse([["=1+1", "@x", "ok"]], { escapeFormulae: true }),
  bom: () => parse("\ufeffa,b\n1,2", { header: true }).data,
  duplicateHeaders: () => parse("a,a,a\n1,2,3", { header: true }),
  long: () => parse(Array.from({ length: 2000 }, (_, k) => `${k},"v ${k}",${k / 3}`).join("\n"), { dynamicTyping: true }).data.reduce((sum, row) => sum + row[2], 0),
};
