// What is inside the component: QuickJS evaluates a source, or runs a job's `main` with JSON.
export function evaluate(source) {
  return String((0, eval)(source));
}

export function run(source, input) {
  const main = (0, eval)(source + "\n;main");
  return JSON.stringify(main(JSON.parse(input)));
}
