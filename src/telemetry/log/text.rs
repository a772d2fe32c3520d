//! For people: `2026-10-14T17:46:40.123Z  WARN rosterd::worker: held by a limit provider="corp" hold=3`.

use super::event::{Event, Fields, Value, time};
use std::fmt::Write as _;

pub(super) fn line(event: &Event) -> String {
    let mut line = format!("{} {:>5} {}: {}", time(event.at), event.level.as_str(), event.target, said(&event.fields));
    line.push('\n');
    line
}

/// The message and what it is about.
pub(super) fn said(fields: &Fields) -> String {
    let mut said = fields.message.clone();
    for (name, value) in &fields.named {
        if !said.is_empty() {
            said.push(' ');
        }
        let _ = match value {
            Value::Plain(value) => write!(said, "{name}={value}"),
            // A quote inside is the end of nothing.
            Value::Text(value) => write!(said, "{name}=\"{}\"", value.replace('"', "\\\"")),
        };
    }
    said
}

#[cfg(test)]
mod tests {
    use super::super::event::sample;
    use super::*;

    #[test]
    fn one_line_an_event() {
        let named = vec![("provider", Value::Text("co\"rp".to_owned())), ("hold", Value::Plain("3".to_owned()))];
        assert_eq!(
            line(&sample("held\nby a limit", named)),
            "2026-10-14T17:46:40.123Z  WARN rosterd::worker: held\\nby a limit provider=\"co\\\"rp\" hold=3\n"
        );
    }
}
