//! When a provider is read: one way to say it, and one that can be kept.

use super::Report;
use crate::config::tree::Node;
use crate::config::{Code, schedule};

pub(super) fn check(provider: &Node, report: &mut Report<'_>) {
    report.not_zero(provider, "every", "such as 5m");
    report.not_zero(provider, "deadline", "no run could ever end in time");
    if let Some(at) = provider.get("schedule")
        && let Some(Err(why)) = at.text().map(schedule::cron)
    {
        let help =
            "minute, hour, day of the month, month, day of the week, such as \"0 2 * * 1-5\"; or @hourly, @daily";
        report.say(&at.origin, Code::BadSchedule, format!("`schedule` cannot be used: {why}"), help);
    }
    if let Some(zone) = provider.get("time_zone")
        && let Some(Err(why)) = zone.text().map(schedule::time_zone)
    {
        let help = "a name of the IANA database, such as \"Europe/Berlin\" or \"UTC\"";
        report.say(&zone.origin, Code::BadTimeZone, format!("`time_zone` cannot be used: {why}"), help);
    }
    match (provider.entry("every"), provider.entry("schedule"), provider.entry("time_zone")) {
        (Some(every), Some(_), _) => {
            let message = "`every` and `schedule` both say when the provider is read";
            report.say(&every.key_origin, Code::ScheduleKeys, message, "remove one of them");
        }
        (_, None, Some(zone)) => {
            let help = "`every` knows no time of day: remove it, or write `schedule`";
            report.say(&zone.key_origin, Code::ScheduleKeys, "`time_zone` goes with `schedule`", help);
        }
        _ => {}
    }
}
