import Decimal from "decimal.js";

const d = (value) => new Decimal(value);

export const calls = {
  sums: () => [d("0.1").plus("0.2"), d("1e30").minus(1), d("-3").times("7.5"), d(1).div(3)],
  precision: () => { const Own = Decimal.clone({ precision: 50 }); return [new Own(2).sqrt(), new Own(1).div(7), Own.acos(-1)]; },
  rounding: () => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((mode) => d("-2.5").toDecimalPlaces(0, mode).toString()),
  powers: () => [d(2).pow(100), d(2).pow(0.5), d("1.0001").pow(1000), d(27).cbrt(), d(0).pow(0)],
  exponentials: () => [d(1).exp(), d(10).ln(), d(1000).log(), d(8).log(2)],
  trigonometry: () => [d(1).sin(), d(1).cos(), d(1).tan(), d("0.5").asin(), d(1).atan(), d(1).sinh(), d(2).acosh()],
  text: () => [d("1234.5678").toFixed(2), d("1234.5678").toExponential(3), d("0.0000001").toString(), d("1234.5678").toPrecision(3), d("-0").valueOf()],
  bases: () => [d("0xff.8"), d("0b1010"), d(255).toHexadecimal(), d("0.1").toBinary(30), d(64).toOctal()],
  compare: () => [d(1).cmp("1.0"), d("NaN").eq(NaN), d(3).gt(2), Decimal.max(1, "5", 3), Decimal.min("-1", 0), d(5).clamp(1, 3)],
  integers: () => [d("-7.5").floor(), d("-7.5").ceil(), d("-7.5").trunc(), d(7).mod(3), d(-7).mod(3), d(7.5).divToInt(2)],
  special: () => [d(1).div(0), d(-1).div(0), d(0).div(0), d("Infinity").minus("Infinity"), d("-0").isNegative()],
  fraction: () => d("3.14159265358979").toFraction(1000),
  nearest: () => [d("9.7").toNearest("0.5"), d("1.45").toNearest(0.1, Decimal.ROUND_DOWN)],
  digits: () => [d("123.456").precision(), d("100").precision(true), d("123.456").decimalPlaces(), d("12345").toSignificantDigits(2)],
  sum: () => Decimal.sum(...Array.from({ length: 200 }, (_, k) => `0.${k}`)),
  hypot: () => [Decimal.hypot(3, 4), Decimal.sign("-5"), Decimal.atan2(1, -1), Decimal.log10("1e-5")],
  json: () => ({ total: d("19.99"), list: [d(1), d("2.50")] }),
  wrong: () => d("12,5"),
  range: () => [d("1e9000000000000001"), d("1e-9000000000000001")],
  factorial: () => { let product = d(1); const Own = Decimal.clone({ precision: 200 }); product = new Own(1); for (let k = 2; k <= 60; k++) product = product.times(k); return product.toFixed(); },
};
