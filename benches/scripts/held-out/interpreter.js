// A small language: lexer, precedence-climbing parser, evaluator over a syntax tree with scopes; n: iterations of its program.
const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(<=|>=|==|!=|&&|\|\||[-+*\/%<>=(){},;!]))/y;
function lex(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (let at = 0, match; at < text.trimEnd().length; at = TOKEN.lastIndex) {
    if (!(match = TOKEN.exec(text))) throw new SyntaxError(`at ${at}`);
    tokens.push(match[1] !== undefined ? { type: "number", value: +match[1] } : match[2] !== undefined ? { type: "name", value: match[2] } : { type: "sign", value: match[3] });
  }
  tokens.push({ type: "end" });
  return tokens;
}
const BINDS = { "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6 };
class Parser {
  constructor(tokens) { this.tokens = tokens; this.at = 0; }
  peek(value) { return this.tokens[this.at].value === value; }
  take(value) { if (this.peek(value)) { this.at++; return true; } return false; }
  expect(value) { if (!this.take(value)) throw new SyntaxError(`expected ${value} at token ${this.at}`); }
  block() { const body = []; this.expect("{"); while (!this.take("}")) body.push(this.statement()); return { kind: "block", body }; }
  statement() {
    if (this.peek("{")) return this.block();
    if (this.take("let")) { const name = this.tokens[this.at++].value; this.expect("="); const value = this.expression(); this.expect(";"); return { kind: "let", name, value }; }
    if (this.take("while")) { this.expect("("); const test = this.expression(); this.expect(")"); return { kind: "while", test, body: this.statement() }; }
    if (this.take("if")) { this.expect("("); const test = this.expression(); this.expect(")"); const then = this.statement(); return { kind: "if", test, then, other: this.take("else") ? this.statement() : null }; }
    if (this.take("return")) { const value = this.expression(); this.expect(";"); return { kind: "return", value }; }
    if (this.take("fn")) {
      const name = this.tokens[this.at++].value, parameters = [];
      this.expect("(");
      while (!this.take(")")) { parameters.push(this.tokens[this.at++].value); this.take(","); }
      return { kind: "fn", name, parameters, body: this.block() };
    }
    const value = this.expression();
    this.expect(";");
    return { kind: "do", value };
  }
  expression(min = 0) {
    let left = this.unary();
    if (this.peek("=") && left.kind === "name") { this.at++; return { kind: "assign", name: left.name, value: this.expression() }; }
    for (;;) {
      const sign = this.tokens[this.at].value, binds = BINDS[sign];
      if (binds === undefined || binds <= min) return left;
      this.at++;
      left = { kind: "binary", sign, left, right: this.expression(binds) };
    }
  }
  unary() {
    if (this.take("-")) return { kind: "negate", value: this.unary() };
    if (this.take("!")) return { kind: "not", value: this.unary() };
    const token = this.tokens[this.at++];
    if (token.type === "number") return { kind: "number", value: token.value };
    if (token.value === "(") { const inner = this.expression(); this.expect(")"); return inner; }
    if (!this.take("(")) return { kind: "name", name: token.value };
    const given = [];
    while (!this.take(")")) { given.push(this.expression()); this.take(","); }
    return { kind: "call", name: token.value, given };
  }
}
class Return { constructor(value) { this.value = value; } }
class Scope {
  constructor(parent) { this.parent = parent; this.names = new Map(); }
  find(name) { for (let scope = this; scope; scope = scope.parent) if (scope.names.has(name)) return scope.names; throw new ReferenceError(name); }
}
const evaluate = {
  block(node, scope) { const inner = new Scope(scope); for (const statement of node.body) { const done = run(statement, inner); if (done instanceof Return) return done; } },
  let(node, scope) { scope.names.set(node.name, run(node.value, scope)); },
  while(node, scope) { while (run(node.test, scope)) { const done = run(node.body, scope); if (done instanceof Return) return done; } },
  if(node, scope) { return run(node.test, scope) ? run(node.then, scope) : node.other ? run(node.other, scope) : undefined; },
  return(node, scope) { return new Return(run(node.value, scope)); },
  fn(node, scope) { scope.names.set(node.name, { node, scope }); },
  do(node, scope) { run(node.value, scope); },
  assign(node, scope) { const value = run(node.value, scope); scope.find(node.name).set(node.name, value); return value; },
  number: (node) => node.value,
  name: (node, scope) => scope.find(node.name).get(node.name),
  negate: (node, scope) => -run(node.value, scope),
  not: (node, scope) => !run(node.value, scope),
  binary(node, scope) {
    const left = run(node.left, scope);
    if (node.sign === "&&") return left && run(node.right, scope);
    if (node.sign === "||") return left || run(node.right, scope);
    const right = run(node.right, scope);
    switch (node.sign) {
      case "+": return left + right;
      case "-": return left - right;
      case "*": return left * right;
      case "/": return left / right;
      case "%": return left % right;
      case "<": return left < right;
      case ">": return left > right;
      case "<=": return left <= right;
      case ">=": return left >= right;
      case "==": return left === right;
      case "!=": return left !== right;
    }
  },
  call(node, scope) {
    const { node: { parameters, body }, scope: outer } = scope.find(node.name).get(node.name), inner = new Scope(outer);
    parameters.forEach((name, at) => inner.names.set(name, run(node.given[at], scope)));
    return run(body, inner)?.value;
  },
};
const run = (node, scope) => evaluate[node.kind](node, scope);
const PROGRAM = `fn gcd(a, b) { if (b == 0) return a; return gcd(b, a % b); }
fn collatz(n) { let steps = 0; while (n != 1) { if (n % 2 == 0) n = n / 2; else n = 3 * n + 1; steps = steps + 1; } return steps; }
fn program(n) { let i = 1; let sum = 0; while (i <= n) { sum = sum + collatz(i) * 2 - gcd(i, 36) / (1 + 1); if (sum > 100000 && !(i < 10)) sum = sum - 99999.5; i = i + 1; } return -sum; }`;
function main(input) {
  const n = input?.n ?? 120, tokens = lex(PROGRAM), parser = new Parser(tokens), global = new Scope(null);
  while (parser.tokens[parser.at].type !== "end") run(parser.statement(), global);
  return { tokens: tokens.length, value: run({ kind: "call", name: "program", given: [{ kind: "number", value: n }] }, global) };
}
