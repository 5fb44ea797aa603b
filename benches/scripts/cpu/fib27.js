// Calls; n: the index.
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
function main(input) { return fib(input?.n ?? 27); }
