// Returns what JSON cannot hold, deep inside.
//
//   $ ampoule run examples/wrong/bad-value.js
//   TypeError: the returned value cannot be JSON: a BigInt at $.accounts[1].balance: …
//   exit code 1

export default async function balances() {
  return {
    currency: "EUR",
    accounts: [
      { id: 1, balance: 5 },
      { id: 2, balance: 9007199254740993n },
    ],
  };
}
