import { Marked, Renderer, lexer, marked, parseInline } from "marked";

const html = (text) => marked.parse(text);

export const calls = {
  headings: () => html("# A\n\n## B *c* `d`\n\nE\n===\nF\n---"),
  emphasis: () => html("*a* **b** ***c*** _d_ __e__ ~~f~~ a*b*c snake_case_word"),
  lists: () => html("- a\n- b\n  1. c\n  2. d\n\n     e\n- [ ] f\n- [x] g"),
  links: () => html("[a](/b \"c\") <https://d.e> ![f](g.png) [h][i] www.example.com\n\n[i]: /j 'k'"),
  code: () => html("```js\nlet a = '<b>';\n```\n\n    indented &\n\n`` a`b ``"),
  quotes: () => html("> a\n> > b\n>\n> - c\nlazy"),
  tables: () => html("| a | b |\n|:--|--:|\n| 1 \\| 2 | **3** |\n| 4 |"),
  html: () => html("<div>\n*a*\n\n</div>\n\n<b>*c*</b> <!-- d -->"),
  breaks: () => marked.parse("a  \nb\\\nc\nd", { breaks: true }),
  rules: () => html("***\n\n---\n\n_ _ _"),
  escapes: () => html("\\*a\\* &copy; &amp; & < > \" \\\\"),
  inline: () => parseInline("a **b** `c`"),
  tokens: () => lexer("# A\n\n- b").map(({ type, raw, depth }) => ({ type, raw, depth })),
  renderer: () => { const own = new Marked({ renderer: { heading({ tokens, depth }) { return `<h${depth} id="x">${this.parser.parseInline(tokens)}</h${depth}>`; } } }); return own.parse("## A *b*"); },
  extension: () => { const own = new Marked({ extensions: [{ name: "at", level: "inline", start: (src) => src.indexOf("@"), tokenizer(src) { const found = /^@(\w+)/.exec(src); return found ? { type: "at", raw: found[0], who: found[1] } : undefined; }, renderer: ({ who }) => `<i>${who}</i>` }] }); return own.parse("hello @ada!"); },
  walk: () => { const seen = []; new Marked({ walkTokens: (token) => { seen.push(token.type); } }).parse("*a* [b](c)"); return seen; },
  asynchronous: () => new Marked({ async: true, async walkTokens(token) { await null; if (token.type === "text") token.text = token.text.toUpperCase(); } }).parse("a"),
  unicode: () => html("**日本語** — 😀 `é`"),
  long: () => html(Array.from({ length: 100 }, (_, k) => `${k + 1}. item **${k}** [l](/${k})`).join("\n")).length,
  nothing: () => [html(""), typeof Renderer],
  wrong: () => marked.parse(undefined),
};
