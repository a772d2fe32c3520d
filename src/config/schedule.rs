//! Schedules as they are written: five fields as in crontab(5), or one of its nicknames, and the
//! time zone that they are meant in.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Longer than any schedule that somebody wrote on purpose.
const LONGEST: usize = 200;

/// What crontab(5) calls its nicknames, without `@reboot`.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Minute, hour, day of the month, month, day of the week: `0 9 * * 1-5` is Monday to Friday at
/// nine. Where both days are restricted, either is enough.
///
/// # Errors
/// For a person: what is wrong with it.
pub fn cron(text: &str) -> Result<Cron, String> {
    let text = text.trim();
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} characters"));
    }
    let fields = if text.starts_with('@') {
        let known = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        let names = || NICKNAMES.map(|(name, _)| name).join(", ");
        known.map(|(_, fields)| *fields).ok_or_else(|| format!("of the words with @ there are {}", names()))?
    } else {
        text
    };
    let count = fields.split_whitespace().count();
    if count != 5 {
        return Err(format!(
            "it has {count} fields; there must be 5: minute, hour, day of the month, month, day of the week"
        ));
    }
    // croner's marks for "last", "nearest weekday", "nth" and "both days" are not crontab(5)'s.
    let ours = |c: char| c.is_ascii_alphanumeric() || "*/,- \t".contains(c);
    if let Some(other) = fields.chars().find(|c| !ours(*c)) {
        return Err(format!("{other:?} means nothing in a schedule"));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron = parser.parse(fields).map_err(|error| error.to_string())?;
    if last_or_nearest(fields) {
        return Err("L and W are not part of crontab(5)'s fields".to_owned());
    }
    // A date that no year has, such as 30 February, is found by looking for it once. 1972 begins
    // a cycle of leap years.
    let start = Timestamp::from_second(63_072_000).unwrap_or_default().to_zoned(TimeZone::UTC);
    match cron.find_next_occurrence(&start, true) {
        Ok(_) => Ok(cron),
        Err(_) => Err("there is no such day in any year".to_owned()),
    }
}

/// Whether a field holds croner's `L` or `W`, which are also letters of names such as JUL and WED.
fn last_or_nearest(fields: &str) -> bool {
    let words = fields.split(|c: char| !c.is_ascii_alphabetic());
    words.into_iter().any(|word| word.eq_ignore_ascii_case("l") || word.eq_ignore_ascii_case("w"))
}

/// A name of the IANA time zone database, such as `Europe/Berlin`.
///
/// # Errors
/// There is none of that name.
pub fn time_zone(name: &str) -> Result<TimeZone, String> {
    // Names are paths below a folder: nothing may lead out of it.
    let letters = |c: char| c.is_ascii_alphanumeric() || "_-+/".contains(c);
    if !name.chars().all(letters) || name.starts_with('/') {
        return Err("it is not a name of a time zone".to_owned());
    }
    TimeZone::get(name).map_err(|_| "there is no time zone of that name".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_crontab_takes_is_taken() {
        for text in [
            "* * * * *",
            "*/10 * * * *",
            "0 9 * * 1-5",
            "0 9 * * mon-fri",
            "0 0 29 2 *",
            "0 0 1,15 * sun",
            "5-55/10 0-23/2 * JAN,JUL 7",
            " 0 2 * * 0 ",
            "@hourly",
            "@Daily",
            "@midnight",
            "@weekly",
            "@monthly",
            "@yearly",
            "@annually",
        ] {
            assert!(cron(text).is_ok(), "{text}: {:?}", cron(text).err());
        }
    }

    #[test]
    fn what_crontab_does_not_take_is_refused_with_a_reason() {
        for text in [
            "",
            " ",
            "* * * *",
            "0 * * * * *",
            "0 0 0 1 1 * 2030",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * 32 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *",
            "a b c d e",
            "@reboot",
            "@every 5m",
            "@@daily",
            "0 0 30 2 *",
            "0 0 31 4,6 *",
            "0 0 L * *",
            "0 0 1W * *",
            "0 0 * * 5#2",
            "0 0 * * 5L",
            "0 0 ? * *",
            "0 0 1 * +1",
            "-1 * * * *",
            "\u{661} * * * *",
        ] {
            let refused = cron(text).expect_err(text);
            assert!(!refused.is_empty());
        }
    }

    #[test]
    fn time_zones_are_names_of_the_database() {
        for name in ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Etc/GMT+5"] {
            assert!(time_zone(name).is_ok(), "{name}");
        }
        for name in ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe/Berlin\0", "local time"] {
            assert!(time_zone(name).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "[0-9a-zA-Z@*/,# +?-]{0,40}") {
            let _ = cron(&text);
            let _ = time_zone(&text);
        }

        #[test]
        fn no_five_fields_are_too_much(fields in proptest::collection::vec("[0-9*/,L#W-]{1,6}|[a-z]{3}|[0-9]{1,20}(/[0-9]{1,20})?", 5)) {
            let _ = cron(&fields.join(" "));
        }
    }
}
