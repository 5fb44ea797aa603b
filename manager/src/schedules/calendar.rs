use ampoule_protocol::MAX_CRON_CHARS;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{Timestamp, tz::TimeZone};

/// When a schedule fires.
pub(crate) struct Calendar {
    cron: Cron,
    zone: TimeZone,
}

/// Why a cron expression or a time zone is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CalendarError {
    /// The expression.
    #[error("`cron`: {0}")]
    Cron(String),
    /// The zone.
    #[error("`time_zone`: `{0}` is not in the IANA database; one looks like Europe/Berlin")]
    Zone(String),
}

impl Calendar {
    /// Takes five fields, or a name such as `@daily`, and a zone. Fails too if there is no such day.
    pub(crate) fn new(cron: &str, zone: &str) -> Result<Self, CalendarError> {
        if cron.chars().count() > MAX_CRON_CHARS {
            return Err(CalendarError::Cron(format!("must have at most {MAX_CRON_CHARS} characters")));
        }
        // Nobody schedules by the second: that is a loop in a script.
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(cron.trim()).map_err(|err| CalendarError::Cron(err.to_string()))?;
        let zone = TimeZone::get(zone).map_err(|_| CalendarError::Zone(zone.chars().take(64).collect()))?;
        let calendar = Self { cron, zone };
        match calendar.after(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(calendar),
            None => Err(CalendarError::Cron("names no day that there is".to_owned())),
        }
    }

    /// The first firing after this moment.
    pub(crate) fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        /// A zone that crosses the date line leaves out a whole day, and an expression that falls into it finds nothing from before the gap.
        const LONGEST_GAP_HOURS: i64 = 25;
        (0..=LONGEST_GAP_HOURS).find_map(|hours| {
            let from = moment.checked_add(jiff::SignedDuration::from_hours(hours)).ok()?;
            let next = self.cron.find_next_occurrence(&from.to_zoned(self.zone.clone()), false).ok()?.timestamp();
            // Whatever the expression, time goes on.
            Some(next).filter(|next| *next > moment)
        })
    }

    /// The firings from `first`, which is one, up to `now`: the newest `most` of them, oldest first. Looks at no more than a bounded number.
    pub(crate) fn due(&self, first: Timestamp, now: Timestamp, most: usize) -> Vec<Timestamp> {
        /// Two years of an expression that fires each hour.
        const LOOKED_AT: usize = 20_000;
        let mut due = std::collections::VecDeque::new();
        let mut next = Some(first);
        for _ in 0..LOOKED_AT {
            let Some(moment) = next.filter(|moment| *moment <= now) else { break };
            if due.len() == most {
                due.pop_front();
            }
            due.push_back(moment);
            next = self.after(moment);
        }
        due.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expression, zone, from when, and the next firings in UTC.
    type Case<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);

    #[test]
    fn fires_by_the_local_clock_whatever_it_does() {
        let cases: &[Case<'_>] = &[
            ("0 12 * * *", "UTC", "2026-01-01T00:00:00Z", &["2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z"]),
            ("*/20 * * * *", "UTC", "2026-01-01T00:00:00Z", &["2026-01-01T00:20:00Z", "2026-01-01T00:40:00Z", "2026-01-01T01:00:00Z"]),
            ("0 9 * * MON-FRI", "Europe/Berlin", "2026-07-03T08:00:00Z", &["2026-07-06T07:00:00Z"]),
            ("0 0 L * *", "UTC", "2028-02-01T00:00:00Z", &["2028-02-29T00:00:00Z"]),
            ("@monthly", "Asia/Kolkata", "2026-01-15T00:00:00Z", &["2026-01-31T18:30:00Z"]),
            // 02:30 does not exist on 29 March 2026: at the first moment after the gap, 03:00 CEST; the day before and after as always.
            (
                "30 2 * * *",
                "Europe/Berlin",
                "2026-03-27T12:00:00Z",
                &["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
            ),
            // 02:30 comes twice on 25 October 2026: once, at the first.
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
            // Every half hour goes on through both.
            (
                "*/30 * * * *",
                "Europe/Berlin",
                "2026-03-29T00:15:00Z",
                &["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"],
            ),
            (
                "*/30 * * * *",
                "Europe/Berlin",
                "2026-10-25T00:15:00Z",
                &["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"],
            ),
            // The other hemisphere, by half an hour: at 02:00 on 4 October 2026 it becomes 02:30.
            ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", &["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]),
            ("0 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", &["2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"]),
            ("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]),
            // Samoa left a day out.
            ("0 12 * * *", "Pacific/Apia", "2011-12-29T23:00:00Z", &["2011-12-30T22:00:00Z"]),
        ];
        for (cron, zone, from, fires) in cases {
            let calendar = Calendar::new(cron, zone).unwrap();
            let mut moment: Timestamp = from.parse().unwrap();
            for expected in *fires {
                moment = calendar.after(moment).unwrap_or_else(|| panic!("{cron} {zone} from {from}: nothing after {moment}"));
                assert_eq!(moment.to_string(), *expected, "{cron} {zone} from {from}");
            }
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (cron, zone, said) in [
            ("", "UTC", "`cron`"),
            ("* * * *", "UTC", "`cron`"),
            ("* * * * * *", "UTC", "`cron`"),
            ("61 * * * *", "UTC", "`cron`"),
            ("0 0 30 2 *", "UTC", "no day that there is"),
            ("0 0 * * *", "Europe/Atlantis", "`Europe/Atlantis`"),
        ] {
            let err = Calendar::new(cron, zone).err().unwrap_or_else(|| panic!("{cron} {zone} is taken")).to_string();
            assert!(err.contains(said), "{cron} {zone}: {err}");
        }
        assert!(Calendar::new(&"* ".repeat(200), "UTC").is_err());
    }

    #[test]
    fn what_is_due_is_bounded() {
        let calendar = Calendar::new("0 * * * *", "UTC").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let due = calendar.due(at("2026-01-01T00:00:00Z"), at("2026-01-01T05:30:00Z"), 3);
        assert_eq!(due, [at("2026-01-01T03:00:00Z"), at("2026-01-01T04:00:00Z"), at("2026-01-01T05:00:00Z")]);
        assert!(calendar.due(at("2026-01-01T06:00:00Z"), at("2026-01-01T05:30:00Z"), 3).is_empty());
    }
}
