[0.1 + 0.2, 1e21, 1e-7, 123456789012345680000, 0.000001, 1.7976931348623157e308, 5e-324]
//=> [0.30000000000000004, 1e+21, 1e-7, 123456789012345680000, 0.000001, 1.7976931348623157e+308, 5e-324]

[-0, 1 / -0, Object.is(-0 + 0, 0), String(-0), JSON.stringify(-0), [-0] + ""]
//=> [-0, -Infinity, true, "0", "0", "0"]

(25).toString(36) + " " + (-255).toString(16) + " " + (0.5).toString(2) + " " + (1e21).toString(36)
//=> p -ff 0.1 5v1j4f4ds7c000

(0.1).toString(3)
//=> 0.0022002200220022002200220022002201

(123.456).toFixed(2) + " " + (1.005).toFixed(2) + " " + (1e21).toFixed(2) + " " + (-1.5).toFixed(0) + " " + (0).toFixed(2)
//=> 123.46 1.00 1e+21 -2 0.00

(0.000001234).toPrecision(2) + " " + (123456).toPrecision(2) + " " + (1.25).toPrecision(2) + " " + (0).toPrecision(1)
//=> 0.0000012 1.2e+5 1.3 0

(12345).toExponential() + " " + (12345).toExponential(2) + " " + (0).toExponential() + " " + (-1.5e-9).toExponential(3)
//=> 1.2345e+4 1.23e+4 0e+0 -1.500e-9

(1).toFixed(101)
//=> throws <RangeError>

(1).toString(37)
//=> throws <RangeError>

[Number(""), Number(" \n12\t"), Number("0x1f"), Number("0b101"), Number("0o17"), Number("1_000"), Number("1e3"), Number("-0x1"), Number("Infinity"), Number("infinity"), Number(".5."), Number("+.5")]
//=> [0, 12, 31, 5, 15, NaN, 1000, NaN, Infinity, NaN, NaN, 0.5]

[parseInt("08"), parseInt("0x1f"), parseInt("12px"), parseInt(""), parseInt("1e3"), parseInt(" -42abc"), parseInt("z", 36), parseInt("9", 8), parseInt("10", 1), parseInt(0.0000005), parseInt(null, 24)]
//=> [8, 31, 12, NaN, 1, -42, 35, NaN, NaN, 5, 23]

[parseFloat("3.14abc"), parseFloat(".5"), parseFloat("-.5e-2x"), parseFloat("Infinityx"), parseFloat("e5"), parseFloat("1_0")]
//=> [3.14, 0.5, -0.005, Infinity, NaN, 1]

[1_000_000, 0xff, 0b11, 0o17, .5, 5., 017]
//=> [1000000, 255, 3, 15, 0.5, 5, 15]

[2 ** 53, 2 ** 53 + 1, Number.MAX_SAFE_INTEGER, Number.isSafeInteger(2 ** 53), Number.EPSILON > 0]
//=> [9007199254740992, 9007199254740992, 9007199254740991, false, true]

[5 % 3, -5 % 3, 5 % -3, -0 % 1, 5.5 % 2, Infinity % 2, 2 % Infinity, 1 % 0]
//=> [2, -2, 2, -0, 1.5, NaN, 2, NaN]

[2 ** -1, (-2) ** 2, 2 ** 3 ** 2, NaN ** 0, 1 ** Infinity, (-8) ** (1 / 3)]
//=> [0.5, 4, 512, 1, NaN, NaN]

[7 / 2 | 0, -7 / 2 | 0, 2 ** 32 >> 0, 2 ** 31 | 0, -1 >>> 0, -1 >>> 28, 1 << 31, 1 << 32, 5 >> 33, ~5, ~~-5.7, 1.9 ^ 0]
//=> [3, -3, 0, -2147483648, 4294967295, 15, -2147483648, 1, 2, -6, -5, 1]

[Math.round(-0.5), Math.round(2.5), Math.round(-2.5), Math.round(0.49999999999999994), Math.round(4503599627370495.5)]
//=> [-0, 3, -2, 0, 4503599627370496]

[Math.max(), Math.min(), Math.max(1, NaN), Math.max(-0, 0), Math.min(0, -0), Math.max("3", [4]), Math.hypot(3, 4), Math.hypot()]
//=> [-Infinity, Infinity, NaN, 0, -0, 4, 5, 0]

[Math.sign(-0), Math.trunc(-0.9), Math.cbrt(-27), Math.fround(5.5), Math.fround(5.05), Math.clz32(1), Math.clz32(0), Math.imul(0xffffffff, 5), Math.log2(8), Math.log10(1000), Math.expm1(0), Math.atan2(-0, -0)]
//=> [-0, -0, -3, 5.5, 5.050000190734863, 31, 32, -5, 3, 3, 0, -3.141592653589793]

[1 < 2 < 3, 3 > 2 > 1, "10" < "9", "10" < 9, null >= 0, null > 0, null == 0, undefined == 0, NaN != NaN, "a" < 1]
//=> [true, false, true, false, true, false, false, false, true, false]

[null == undefined, null == false, [] == false, [] == "", [0] == false, "1" == 1, "0x10" == 16, 1n == 1, 1n == "1", [1, 2] == "1,2", ({}) == "[object Object]"]
//=> [true, false, true, true, true, true, true, true, true, true, true]

[[] + [], [] + {}, 1 + "2", "3" - 1, "3" * "4", true + true, [] * 2, [3] * 2, null + 1, undefined + 1, +[], +{}, -"5", +"", +" "]
//=> ["", "[object Object]", "12", 2, 12, 2, 0, 6, 1, NaN, 0, NaN, -5, 0, 0]

1n + 1
//=> throws <TypeError>

[1n + 2n, -7n / 2n, -7n % 2n, 2n ** 64n, 5n & 3n, -1n >> 5n, 1n << 70n, ~5n, typeof 1n, 0n ? 1 : 2]
//=> [3n, -3n, -1n, 18446744073709551616n, 1n, -1n, 1180591620717411303424n, -6n, "bigint", 2]

[BigInt("0xff"), BigInt(" 12 "), BigInt(""), BigInt(true), BigInt.asUintN(8, 257n), BigInt.asIntN(8, 255n), BigInt.asUintN(64, -1n)]
//=> [255n, 12n, 0n, 1n, 1n, -1n, 18446744073709551615n]

BigInt(1.5)
//=> throws <RangeError>

BigInt("1.5")
//=> throws <SyntaxError>

+1n
//=> throws <TypeError>

Math.max(1n)
//=> throws <TypeError>

1n / 0n
//=> throws <RangeError>

2n ** -1n
//=> throws <RangeError>

1n >>> 0n
//=> throws <TypeError>

[1n < 2, 2 > 1n, 1n < "2", [3n, 1, 2n, 10].sort().join(), (123n).toString(7), Number(2n ** 64n), parseInt("9007199254740993n"), 0n === -0n]
//=> [true, true, true, "1,10,2,3", "234", 18446744073709552000, 9007199254740992, true]

JSON.stringify({ a: 1n })
//=> throws <TypeError>

let x = 5; [x++ + ++x, x-- - --x, x, -x ** 0 === undefined]
//=> throws <SyntaxError>

let x = 5; [x++ + ++x, x-- - --x, x]
//=> [12, 2, 5]

let x = "5"; [x++, x, typeof x]
//=> [5, 6, "number"]

let b = 1n; [b++, ++b, b--, -b]
//=> [1n, 3n, 3n, -2n]

const a = [1, 2, 3]; let i = 0; a[i++] += 10; a[i] = i = 2; [a, i]
//=> [[11, 2, 3], 2]

[0.1 * 3, 0.7 + 0.1, 1.1 * 1.1, 9007199254740993, 0.1 ** 10, 1 / 3, 100 / 3, 1e300 * 1e10, 5e-324 / 2]
//=> [0.30000000000000004, 0.7999999999999999, 1.2100000000000002, 9007199254740992, 1.0000000000000006e-10, 0.3333333333333333, 33.333333333333336, Infinity, 0]

[123e-20, 1e-6, 1e-7, 1.5e-10, 123456789.123, 1e20, 1e22, 4.35, 0.1 + 0.7, 2 ** 70, 2 ** -30]
//=> [1.23e-18, 0.000001, 1e-7, 1.5e-10, 123456789.123, 100000000000000000000, 1e+22, 4.35, 0.7999999999999999, 1.1805916207174113e+21, 9.313225746154785e-10]

[Number.parseFloat === parseFloat, Number.isInteger(5.0), Number.isInteger("5"), isNaN("x"), Number.isNaN("x"), isFinite("5"), Number.isFinite("5")]
//=> [true, true, false, true, false, true, false]

[Number(new Date(5)), Number([7]), Number([1, 2]), Number({}), Number(null), Number(undefined), Number(true), Number(Symbol.iterator.description)]
//=> [5, 7, NaN, NaN, 0, NaN, 1, NaN]

Number(Symbol())
//=> throws <TypeError>

[(25).toString(2), (-7).toString(2), (0xdeadbeef).toString(16), (1 / 3).toString(2).length > 50, NaN.toString(2), (255).toString(10)]
//=> ["11001", "-111", "deadbeef", true, "NaN", "255"]

[4.5, -4.5, 1e21, NaN].map((x) => [Math.floor(x), Math.ceil(x)].join("/"))
//=> ["4/5", "-5/-4", "1e+21/1e+21", "NaN/NaN"]

[8.345.toFixed(2), 10.235.toFixed(2), 1.45.toFixed(1), (1000000000000000128).toString(), (1000000000000000128).toFixed(0)]
//=> ["8.35", "10.23", "1.4", "1000000000000000100", "1000000000000000128"]

const u = new Uint8ClampedArray([1.5, 2.5, 300, -5, NaN]); [...u]
//=> [2, 2, 255, 0, 0]

[new Int8Array([200])[0], new Uint8Array([-1])[0], new Int16Array([70000])[0], new Uint32Array([-1])[0], new Float32Array([1.1])[0], new Int32Array([2 ** 31])[0], new Uint8Array([1e20])[0]]
//=> [-56, 255, 4464, 4294967295, 1.100000023841858, -2147483648, 0]
