//! Until when something is held: for ever, or a day.

/// The end of the year 9999.
pub const FOR_EVER: i64 = 253_402_300_799_999;

/// A day, as people write it; milliseconds would say no more to them.
pub(super) fn until(millis: i64) -> String {
    if millis >= FOR_EVER {
        return "for ever".to_owned();
    }
    // Days since 1970-01-01 to a date: Howard Hinnant's algorithm, "chrono-Compatible Low-Level Date Algorithms".
    let days = millis.div_euclid(86_400_000) + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (month, of_month) =
        (if shifted < 10 { shifted + 3 } else { shifted - 9 }, of_year - (153 * shifted + 2) / 5 + 1);
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_as_its_day() {
        for (millis, day) in [
            (0, "1970-01-01"),
            (1_798_761_600_000, "2027-01-01"),
            (1_835_395_199_999, "2028-02-28"),
            (1_835_395_200_000, "2028-02-29"),
            (FOR_EVER - 1, "9999-12-31"),
            (FOR_EVER, "for ever"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(until(millis), day, "{millis}");
        }
    }
}
