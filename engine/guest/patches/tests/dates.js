// Dates: parts, texts, and what is no date.
const out = [];
const t = f => { try { out.push(String(f())) } catch (e) { out.push(e instanceof Error ? e.name : "threw " + String(e)) } };
const D = [0, -1, 1, 864e5, -864e5, 951782400000, 951868800000, 1709164800000, 1704067199999, 4102444800000, 8.64e15, -8.64e15, -62198755200000, -62167219200000, 253402300800000, 1e12 + 0.9, -1e12 - 0.9, 1583020799999, -2208988800000];
t(() => D.map(d => new Date(d).toISOString()).join());
t(() => D.map(d => { const x = new Date(d); return [x.getUTCFullYear(), x.getUTCMonth(), x.getUTCDate(), x.getUTCDay(), x.getUTCHours(), x.getUTCMinutes(), x.getUTCSeconds(), x.getUTCMilliseconds(), x.getTime()].join(":") }).join());
t(() => D.map(d => new Date(d).toUTCString() + JSON.stringify(new Date(d))).join());
t(() => ["2024-02-29", "2023-02-29", "2024-02-29T12:34:56Z", "2024-02-29T12:34:56.789Z", "2024-02-29T12:34Z", "2024-02-29T24:00:00Z", "2024-02-29T24:00:01Z", "2024", "2024-13", "2024-12", "+012024-01-01T00:00:00Z", "-000001-01-01T00:00:00Z", "-000000-01-01T00:00:00Z", "2024-02-29T12:34:56+02:00", "", "garbage", "2024-1-1T00:00:00Z", "2024-02-30T00:00:00Z", "2024-00-10", "2024-01-32", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu Jan 01 1970 00:00:00 GMT+0000"].map(s => Date.parse(s)).join());
t(() => [Date.UTC(2024), Date.UTC(2024, 1), Date.UTC(2024, 1, 30), Date.UTC(99, 0), Date.UTC(100, 0), Date.UTC(2024, -1, 1), Date.UTC(2024, 12, 0), Date.UTC(275760, 8, 13), Date.UTC(275760, 8, 13, 0, 0, 0, 1), Date.UTC(NaN), Date.UTC(), Date.UTC(2024, 0, 1, 25, 61, 61, 1001), Date.UTC(1970.9, 0.9, 1.9), Date.UTC(2024, 1e9), Date.UTC("2024", "5")].join());
t(() => { const d = new Date(0); return [d.setUTCFullYear(2024, 1, 29), d.setUTCMonth(12), d.setUTCDate(0), d.setUTCHours(25, 61), d.setUTCMinutes(-1), d.setUTCSeconds(3600), d.setUTCMilliseconds(-1), d.setTime(8.64e15 + 1), d.setUTCDate(1), d.setUTCFullYear(2000)].join() });
t(() => { const d = new Date(NaN); return [d.getTime(), d.getUTCDay(), String(d), d.toUTCString(), d.toJSON(), (() => { try { d.toISOString() } catch (e) { return e.name } })()].join() });
t(() => [new Date(2024, 0).getFullYear(), new Date("2024-01-01T00:00:00").getHours(), new Date(new Date(5)).getTime(), new Date({ valueOf: () => 7 }).getTime(), new Date("5").getTime() === new Date(5).getTime(), new Date(undefined).getTime(), new Date(null).getTime(), new Date(true).getTime(), typeof Date(), new Date(2024, 1, 31).getDate()].join());
t(() => { const a = new Date(Date.UTC(2024, 0, 31)), b = new Date(a); b.setUTCMonth(1); return (b - a) / 864e5 + "," + (a < b) + (a == +a) + `${+a}` + JSON.stringify({ a }) + a[Symbol.toPrimitive]("number") });
t(() => { let s = 0; for (let i = -4000; i < 4000; i++) { const d = new Date(i * 9e9 + i), e = new Date(d.toISOString()); s = (s * 31 + d.getUTCDate() + d.getUTCMonth() * 40 + d.getUTCFullYear()) | 0; if (+e !== +d) s++ } return s });
out.join("\n");
