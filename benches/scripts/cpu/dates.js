// A booking calendar in UTC: parsing, adding months, working days, ISO weeks, overlaps, formatting; n: bookings.
const DAY = 86400000;
function addMonths(date, months) {
  const day = date.getUTCDate(), moved = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
  const last = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  moved.setUTCDate(Math.min(day, last));
  return moved;
}
function isoWeek(date) {
  const day = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
  day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7));
  return [day.getUTCFullYear(), Math.ceil(((day - Date.UTC(day.getUTCFullYear(), 0, 1)) / DAY + 1) / 7)];
}
function workdays(from, to, holidays) {
  let count = 0;
  for (let day = new Date(from); day < to; day = new Date(day.getTime() + DAY)) {
    const weekday = day.getUTCDay();
    if (weekday !== 0 && weekday !== 6 && !holidays.has(day.toISOString().slice(0, 10))) count++;
  }
  return count;
}
function main(input) {
  const n = input?.n ?? 1800;
  const holidays = new Set(["2024-01-01", "2024-03-29", "2024-04-01", "2024-05-01", "2024-12-25", "2024-12-26", "2025-01-01"]);
  const bookings = [];
  for (let i = 0; i < n; i++) {
    const from = new Date(Date.parse(`2024-${String(1 + i % 12).padStart(2, "0")}-${String(1 + i * 5 % 28).padStart(2, "0")}T${String(i % 24).padStart(2, "0")}:30:00Z`));
    bookings.push({ id: i, from, to: new Date(from.getTime() + (1 + i % 9) * DAY), renew: addMonths(new Date(Date.UTC(2024, i % 12, 31 - i % 3)), 1 + i % 14) });
  }
  bookings.sort((a, b) => a.from - b.from || a.id - b.id);
  const weeks = {};
  let days = 0, overlaps = 0;
  for (const [at, { from, to }] of bookings.entries()) {
    const [year, week] = isoWeek(from), key = `${year}-W${String(week).padStart(2, "0")}`;
    weeks[key] = (weeks[key] ?? 0) + 1;
    days += workdays(from, to, holidays);
    for (let next = at + 1; next < bookings.length && next < at + 20 && bookings[next].from < to; next++) overlaps++;
  }
  const text = JSON.stringify(bookings.slice(0, 400));
  const revived = JSON.parse(text, (key, value) => (typeof value === "string" && /^\d{4}-.*Z$/.test(value) ? new Date(value) : value));
  return { days, overlaps, weeks: Object.keys(weeks).length, busiest: Object.entries(weeks).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0],
    renewals: bookings.reduce((sum, { renew }) => sum + renew.getUTCDate(), 0), same: revived.every(({ from }, at) => +from === +bookings[at].from), first: bookings[0].renew.toISOString() };
}
