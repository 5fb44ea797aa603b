// Throws, with a cause.
//
//   $ ampoule run examples/wrong/throws.js
//   order 7
//   TypeError: order 7 cannot be priced
//       at invoice (throws.js:23:11)
//   caused by TypeError: …
//       at price (throws.js:14:25)
//       at invoice (throws.js:21:17)
//   exit code 1

function price(order) {
  // The second line has no price.
  return order.lines.map((line) => line.price.amount);
}

export default async function invoice(input) {
  const order = input ?? { id: 7, lines: [{ price: { amount: 12 } }, {}] };
  console.log("order", order.id);
  try {
    return price(order);
  } catch (error) {
    throw new TypeError(`order ${order.id} cannot be priced`, { cause: error });
  }
}
