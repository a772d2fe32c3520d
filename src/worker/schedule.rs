//! When a provider is due next: a pure function of the time before.
//!
//! `every` counts from the last start. Five fields count by the wall clock of a time zone. When the
//! clocks go forward, a run that falls into the hour that is not there begins right after it; when
//! they go back, it begins once, in the first of the two hours. Fields that say "each hour" or "each
//! so many minutes" follow real time and go on through both.

use crate::config::{self, Provider};
use croner::Cron;
use jiff::tz::TimeZone;
use rosterd_core::ids::Timestamp;
use std::fmt;

/// See the module's text.
#[derive(Clone)]
pub(super) enum Schedule {
    /// In milliseconds.
    Every(i64),
    Cron(Box<(Cron, TimeZone)>),
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(millis) => write!(f, "Every({millis}ms)"),
            Self::Cron(cron) => write!(f, "Cron({} {:?})", cron.0.pattern, cron.1),
        }
    }
}

impl Schedule {
    /// # Errors
    /// For a person: what is wrong. Not for a section that the configuration's checks have seen.
    pub(super) fn of(section: &Provider) -> Result<Self, String> {
        let Some(fields) = &section.schedule else { return Ok(Self::Every(section.every.millis().max(1))) };
        let cron = config::cron(fields).map_err(|why| format!("`schedule`: {why}"))?;
        let zone = match &section.time_zone {
            Some(name) => config::time_zone(name).map_err(|why| format!("`time_zone`: {why}"))?,
            None => TimeZone::UTC,
        };
        Ok(Self::Cron(Box::new((cron, zone))))
    }

    /// The first time after `after`, in whole milliseconds. `None`: none that can be written.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(millis) => Some(after.plus_millis(*millis)),
            Self::Cron(both) => {
                let (cron, zone) = both.as_ref();
                // Fields are of whole seconds, and a search begins behind the second it is given.
                let start = jiff::Timestamp::from_second(after.0.div_euclid(1000)).ok()?.to_zoned(zone.clone());
                let next = cron.find_next_occurrence(&start, false).ok()?;
                Some(Timestamp(next.timestamp().as_millisecond()))
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use jiff::civil::DateTime;
    use proptest::prelude::*;

    fn schedule(fields: &str, zone: &str) -> Schedule {
        Schedule::Cron(Box::new((config::cron(fields).unwrap(), config::time_zone(zone).unwrap())))
    }

    /// A time of a zone; of two that are written alike, the first.
    fn time(text: &str, zone: &str) -> Timestamp {
        let civil: DateTime = text.parse().unwrap();
        let zoned = config::time_zone(zone).unwrap().to_ambiguous_zoned(civil).compatible().unwrap();
        Timestamp(zoned.timestamp().as_millisecond())
    }

    fn written(at: Timestamp, zone: &str) -> String {
        let zoned = jiff::Timestamp::from_millisecond(at.0).unwrap().to_zoned(config::time_zone(zone).unwrap());
        zoned.strftime("%a %Y-%m-%d %H:%M%:z").to_string()
    }

    /// The next few times, as they are written there.
    fn next(fields: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = schedule(fields, zone);
        let mut at = time(from, zone);
        let mut times = Vec::new();
        for _ in 0..count {
            at = schedule.next(at).unwrap();
            times.push(written(at, zone));
        }
        times
    }

    #[test]
    fn weekdays_are_those_of_unix() {
        // 2026-11-20 is a Friday.
        let times = next("0 9 * * 1-5", "UTC", "2026-11-20T09:00:00", 3);
        assert_eq!(times, ["Mon 2026-11-23 09:00+00:00", "Tue 2026-11-24 09:00+00:00", "Wed 2026-11-25 09:00+00:00"]);
        for sunday in ["0 9 * * 0", "0 9 * * 7", "0 9 * * sun", "0 9 * * SUN"] {
            assert_eq!(next(sunday, "UTC", "2026-11-20T00:00:00", 1), ["Sun 2026-11-22 09:00+00:00"], "{sunday}");
        }
        assert_eq!(next("0 9 * * fri-sun", "UTC", "2026-11-18T00:00:00", 3).concat().matches("09:00").count(), 3);
    }

    #[test]
    fn either_day_is_enough_where_both_are_said() {
        let times = next("0 0 13 * FRI", "UTC", "2026-11-10T00:00:00", 3);
        assert_eq!(times, ["Fri 2026-11-13 00:00+00:00", "Fri 2026-11-20 00:00+00:00", "Fri 2026-11-27 00:00+00:00"]);
        let times = next("0 0 1 * MON", "UTC", "2026-11-28T00:00:00", 3);
        assert_eq!(times, ["Mon 2026-11-30 00:00+00:00", "Tue 2026-12-01 00:00+00:00", "Mon 2026-12-07 00:00+00:00"]);
    }

    #[test]
    fn the_29th_of_february_comes_when_it_comes() {
        let times = next("0 0 29 2 *", "UTC", "2026-01-01T00:00:00", 2);
        assert_eq!(times, ["Tue 2028-02-29 00:00+00:00", "Sun 2032-02-29 00:00+00:00"]);
        // 2100 is no leap year: eight years between two.
        assert_eq!(next("0 0 29 2 *", "UTC", "2096-03-01T00:00:00", 1), ["Fri 2104-02-29 00:00+00:00"]);
    }

    #[test]
    fn nicknames_are_what_crontab_says() {
        for (word, then) in [
            ("@hourly", "Fri 2026-11-20 11:00+00:00"),
            ("@daily", "Sat 2026-11-21 00:00+00:00"),
            ("@midnight", "Sat 2026-11-21 00:00+00:00"),
            ("@weekly", "Sun 2026-11-22 00:00+00:00"),
            ("@monthly", "Tue 2026-12-01 00:00+00:00"),
            ("@yearly", "Fri 2027-01-01 00:00+00:00"),
        ] {
            assert_eq!(next(word, "UTC", "2026-11-20T10:20:30", 1), [then], "{word}");
        }
    }

    /// The hours that are not there: Berlin 2027-03-28 02-03, New York 2027-03-14 02-03, Lord Howe
    /// 2026-10-04 02:00-02:30, Santiago's midnight 2026-09-06.
    #[test]
    fn r31_a_run_in_the_hour_that_is_left_out_begins_right_after_it() {
        for (fields, zone, from, then, after) in [
            (
                "30 2 * * *",
                "Europe/Berlin",
                "2027-03-27T12:00:00",
                "Sun 2027-03-28 03:00+02:00",
                "Mon 2027-03-29 02:30+02:00",
            ),
            (
                "30 2 * * *",
                "America/New_York",
                "2027-03-13T12:00:00",
                "Sun 2027-03-14 03:00-04:00",
                "Mon 2027-03-15 02:30-04:00",
            ),
            (
                "15 2 * * *",
                "Australia/Lord_Howe",
                "2026-10-03T12:00:00",
                "Sun 2026-10-04 02:30+11:00",
                "Mon 2026-10-05 02:15+11:00",
            ),
            (
                "0 0 * * *",
                "America/Santiago",
                "2026-09-05T12:00:00",
                "Sun 2026-09-06 01:00-03:00",
                "Mon 2026-09-07 00:00-03:00",
            ),
        ] {
            assert_eq!(next(fields, zone, from, 2), [then, after], "{zone}");
        }
    }

    #[test]
    fn r31_a_run_in_the_hour_that_comes_twice_begins_once() {
        for (fields, zone, from, then, after) in [
            (
                "30 2 * * *",
                "Europe/Berlin",
                "2026-10-24T12:00:00",
                "Sun 2026-10-25 02:30+02:00",
                "Mon 2026-10-26 02:30+01:00",
            ),
            (
                "30 1 * * *",
                "America/New_York",
                "2026-10-31T12:00:00",
                "Sun 2026-11-01 01:30-04:00",
                "Mon 2026-11-02 01:30-05:00",
            ),
            (
                "45 1 * * *",
                "Australia/Lord_Howe",
                "2027-04-03T12:00:00",
                "Sun 2027-04-04 01:45+11:00",
                "Mon 2027-04-05 01:45+10:30",
            ),
        ] {
            assert_eq!(next(fields, zone, from, 2), [then, after], "{zone}");
        }
    }

    #[test]
    fn r31_every_half_hour_goes_on_through_both_changes() {
        let minutes = |from: &str| {
            let schedule = schedule("*/30 * * * *", "Europe/Berlin");
            let mut at = time(from, "Europe/Berlin");
            (0..12)
                .map(|_| {
                    let next = schedule.next(at).unwrap();
                    let minutes = (next.0 - at.0) / 60_000;
                    at = next;
                    minutes
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(minutes("2027-03-28T00:00:00"), [30; 12]);
        assert_eq!(minutes("2026-10-25T00:00:00"), [30; 12]);
    }

    #[test]
    fn every_counts_from_what_it_is_given() {
        assert_eq!(Schedule::Every(300_000).next(Timestamp(7)), Some(Timestamp(300_007)));
    }

    const ZONES: [&str; 6] =
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// In seven years around now, with every change of clocks in them.
        #[test]
        fn the_next_time_is_later_and_no_time_of_day_comes_twice(
            minute in 0..60, hour in 0..24, day in 0..8_usize, zone in 0..ZONES.len(), start in 1_700_000_000_000_i64..1_900_000_000_000,
        ) {
            let day = ["*", "0", "1-5", "2,4", "6", "*", "*", "*"][day];
            let schedule = schedule(&format!("{minute} {hour} * * {day}"), ZONES[zone]);
            let mut at = Timestamp(start);
            let mut last = String::new();
            for _ in 0..400 {
                let next = schedule.next(at).unwrap();
                prop_assert!(next > at);
                let day = written(next, ZONES[zone]).split(' ').nth(1).unwrap().to_owned();
                prop_assert!(day != last, "twice on {day}");
                last = day;
                at = next;
            }
        }
    }
}
