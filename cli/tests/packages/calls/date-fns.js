import { addBusinessDays, addMonths, areIntervalsOverlapping, compareAsc, differenceInCalendarDays, differenceInMonths, eachDayOfInterval, endOfMonth, format, formatDistance, formatDuration, formatISO, formatRelative, getISOWeek, getOverlappingDaysInIntervals, intervalToDuration, isValid, isWeekend, lastDayOfQuarter, lightFormat, parse, parseISO, roundToNearestMinutes, startOfISOWeek, sub } from "date-fns";
import { de, fr } from "date-fns/locale";

const day = new Date(Date.UTC(2024, 1, 29, 13, 4, 5, 678));

export const calls = {
  format: () => format(day, "yyyy-MM-dd'T'HH:mm:ss.SSSxxx EEEE do MMMM QQQ w I R D", { useAdditionalDayOfYearTokens: true }),
  formatDe: () => format(day, "PPPPpppp", { locale: de }),
  formatFr: () => format(day, "EEEE d MMMM yyyy", { locale: fr }),
  addMonths: () => addMonths(new Date(Date.UTC(2024, 0, 31)), 1),
  sub: () => sub(day, { years: 1, months: 2, weeks: 3, days: 4, hours: 5, minutes: 6, seconds: 7 }),
  addBusinessDays: () => addBusinessDays(day, 7),
  difference: () => [differenceInCalendarDays(day, new Date(0)), differenceInMonths(day, new Date(Date.UTC(2020, 5, 30)))],
  formatDistance: () => [formatDistance(day, addMonths(day, 7), { addSuffix: true }), formatDistance(new Date(0), new Date(40_000), { includeSeconds: true })],
  formatRelative: () => formatRelative(sub(day, { days: 2 }), day),
  formatDuration: () => formatDuration({ years: 2, months: 9, seconds: 0 }, { delimiter: ", " }),
  intervalToDuration: () => intervalToDuration({ start: new Date(Date.UTC(1929, 0, 15, 12)), end: new Date(Date.UTC(1968, 3, 4, 19, 5)) }),
  eachDay: () => eachDayOfInterval({ start: day, end: addMonths(day, 1) }, { step: 10 }),
  parse: () => [parse("02.11.2014 13:59", "dd.MM.yyyy HH:mm", day), parse("5 février 2016", "d MMMM yyyy", day, { locale: fr }), isValid(parse("x", "dd", day))],
  parseISO: () => [parseISO("2014-02-11T11:30:30+05:30"), parseISO("2020-W10-3"), isValid(parseISO("2014-13-01"))],
  weeks: () => [getISOWeek(day), startOfISOWeek(day), isWeekend(day), lastDayOfQuarter(day), endOfMonth(day)],
  overlapping: () => { const a = { start: new Date(0), end: new Date(9e8) }, b = { start: new Date(5e8), end: new Date(2e9) }; return [areIntervalsOverlapping(a, b), getOverlappingDaysInIntervals(a, b)]; },
  compare: () => [day, new Date(0), new Date(5)].sort(compareAsc),
  rounding: () => [roundToNearestMinutes(day, { nearestTo: 15 }), lightFormat(day, "yy/M/d h:m a"), formatISO(day, { representation: "date" })],
  wrongToken: () => format(day, "YYYY"),
};
