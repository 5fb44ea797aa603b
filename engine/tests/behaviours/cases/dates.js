[Date.parse("2024-02-29"), Date.parse("2024-02-29T12:34:56Z"), Date.parse("2024-02-29T12:34:56.789+02:00"), Date.parse("2024"), Date.parse("2024-03"), Date.parse("+012024-01-01T00:00:00Z")]
//=> [1709164800000, 1709210096000, 1709202896789, 1704067200000, 1709251200000, 317273587200000]

[Date.parse("2024-13-01"), Date.parse("2024-02-30T00:00:00Z") === Date.UTC(2024, 2, 1), Date.parse("x"), Date.parse("2024-01-01T25:00:00Z"), Date.parse("-000000-01-01T00:00:00Z"), Date.parse("2024-01-01T24:00:00Z")]
//=> [NaN, true, NaN, NaN, NaN, 1704153600000]

[Date.parse("Thu, 01 Jan 1970 00:00:00 GMT"), Date.parse("Mon Jan 01 2024 10:00:00 GMT+0100")]
//=> [0, 1704099600000]

new Date(Date.UTC(2024, 1, 29, 12, 30, 45, 678)).toISOString()
//=> 2024-02-29T12:30:45.678Z

[new Date(8.64e15).toISOString(), new Date(8.64e15 + 1).getTime(), new Date(-62198755200000).toISOString(), new Date(253402300800000).toISOString()]
//=> ["+275760-09-13T00:00:00.000Z", NaN, "-000001-01-01T00:00:00.000Z", "+010000-01-01T00:00:00.000Z"]

new Date(NaN).toISOString()
//=> throws <RangeError>

[new Date(NaN).toJSON(), String(new Date(NaN)), new Date(NaN).getFullYear(), new Date(undefined).getTime(), new Date(null).getTime(), new Date(true).getTime()]
//=> [null, "Invalid Date", NaN, NaN, 0, 1]

[Date.UTC(99, 0), Date.UTC(2024), Date.UTC(2024, 12), Date.UTC(2024, 0, 0), Date.UTC(2024, 0, 1, 24), Date.UTC(), Date.UTC(NaN), Date.UTC(2024, 1.9, 1.9)]
//=> [915148800000, 1704067200000, 1735689600000, 1703980800000, 1704153600000, NaN, NaN, 1706745600000]

const d = new Date(Date.UTC(2024, 0, 31)); d.setUTCMonth(1); d.toISOString()
//=> 2024-03-02T00:00:00.000Z

const d = new Date(Date.UTC(2024, 0, 31)); [d.setUTCDate(0), d.setUTCFullYear(2023, 1, 29), d.setUTCHours(25, 61, 61, 1001), d.toISOString(), d.setUTCMinutes(-1), d.setUTCMilliseconds(-1), d.toISOString()]
//=> [1703980800000, 1677628800000, 1677722522001, "2023-03-02T02:02:02.001Z", 1677722342001, 1677722341999, "2023-03-02T01:59:01.999Z"]

const d = new Date(0); [d.getUTCDay(), d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate(), d.getUTCHours(), d.valueOf(), +d, d - 5, typeof (d + 1), JSON.stringify(d)]
//=> [4, 1970, 0, 1, 0, 0, 0, -5, "string", ""1970-01-01T00:00:00.000Z""]

const d = new Date(Date.UTC(2024, 1, 28)); const days = []; for (let i = 0; i < 3; i++) { days.push(d.toISOString().slice(0, 10)); d.setUTCDate(d.getUTCDate() + 1); } days
//=> ["2024-02-28", "2024-02-29", "2024-03-01"]

[new Date(2024, 0, 1) < new Date(2024, 0, 2), new Date(5) - new Date(3), new Date(5) == new Date(5), +new Date(5) === +new Date(5), new Date(new Date(7)).getTime()]
//=> [true, 2, false, true, 7]

new Date(Date.UTC(2024, 11, 25)).toUTCString()
//=> Wed, 25 Dec 2024 00:00:00 GMT

[Date.length, typeof Date(), Date.prototype.constructor === Date, new Date(1e81).getTime(), new Date("1e3").getTime() !== 1000, new Date(1.9).getTime(), new Date(-1.9).getTime()]
//=> [7, "string", true, NaN, true, 1, -1]

[new Date(0)[Symbol.toPrimitive]("number"), typeof new Date(0)[Symbol.toPrimitive]("default"), typeof `${new Date(0)}`]
//=> [0, "string", "string"]

new Date(0)[Symbol.toPrimitive]("bad")
//=> throws <TypeError>

Date.prototype.getTime.call({})
//=> throws <TypeError>

[new Date(2019, 0).getMonth(), new Date(99, 0).getFullYear(), new Date(100, 0).getFullYear(), new Date(2024, 0, 1, 0, 0, 0, 0).getMilliseconds()]
//=> [0, 1999, 100, 0]

const d = new Date(NaN); [d.setUTCHours(1), d.setUTCFullYear(2024), d.toISOString()]
//=> [NaN, 1704067200000, "2024-01-01T00:00:00.000Z"]

const w = (y, m, d) => { const t = new Date(Date.UTC(y, m - 1, d)); t.setUTCDate(t.getUTCDate() + 4 - (t.getUTCDay() || 7)); return t.getUTCFullYear() + "-" + Math.ceil(((t - Date.UTC(t.getUTCFullYear(), 0, 1)) / 864e5 + 1) / 7); }; [w(2024, 12, 30), w(2021, 1, 3), w(2020, 12, 31)]
//=> ["2025-1", "2020-53", "2020-53"]

[new Date("2024-06-15T10:00:00.123456Z").getTime(), new Date("2024-06-15T10:00Z").getTime(), new Date("2024-06-15T10:00:00,5Z").getTime()]
//=> [1718445600123, 1718445600000, NaN]

new Date(2024, 0, 31).getTimezoneOffset() === new Date(2024, 0, 31).getTimezoneOffset()
//=> true

[new Date(Date.UTC(1900, 1, 29)).toISOString(), new Date(Date.UTC(2000, 1, 29)).toISOString(), new Date(-1).toISOString(), new Date(Date.UTC(-1, 0)).toISOString()]
//=> ["1900-03-01T00:00:00.000Z", "2000-02-29T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "-000001-01-01T00:00:00.000Z"]

Math.round((Date.UTC(2024, 2, 1) - Date.UTC(2024, 1, 1)) / 864e5) + " " + Math.floor(-1 / 864e5)
//=> 29 -1
