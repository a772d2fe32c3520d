//! For systemd's journal, in its native protocol (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>):
//! a datagram an event, a line a field. `journalctl -u rosterd PRIORITY=3` and
//! `journalctl ROSTERD_PROVIDER=corp` find by fields.
//!
//! Texts hold no line ends by the time they are here, so the form with lengths is never needed, and
//! they are short enough for a datagram.

use super::event::{Event, Value};
use super::text::said;
use std::fmt::Write as _;
use tracing::Level;

/// Where journald listens.
pub(super) const SOCKET: &str = "/run/systemd/journal/socket";
/// Below what a Unix datagram carries by default (212,992 bytes).
const LONGEST: usize = 128 << 10;

pub(super) fn datagram(event: &Event) -> String {
    // syslog's numbers; debug and trace are one there.
    let priority = match event.level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    };
    let mut text = format!(
        "MESSAGE={}\nPRIORITY={priority}\nSYSLOG_IDENTIFIER=rosterd\nTARGET={}\n",
        clipped(&said(&event.fields)),
        event.target
    );
    if let Some(span) = event.spans.last() {
        let _ = writeln!(text, "SPAN={span}");
    }
    for (name, value) in &event.fields.named {
        let (Value::Text(value) | Value::Plain(value)) = value;
        if text.len() + value.len() < LONGEST {
            let _ = writeln!(text, "{}={value}", key(name));
        }
    }
    text
}

fn clipped(text: &str) -> &str {
    let end = text.len().min(LONGEST / 2);
    (0..=end).rev().find_map(|end| text.get(..end)).unwrap_or_default()
}

/// Upper case, with a prefix so that no field of ours is one of the journal's (systemd.journal-fields(7)).
fn key(name: &str) -> String {
    let mut key = String::from("ROSTERD_");
    key.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }));
    key.truncate(64);
    key
}

#[cfg(test)]
mod tests {
    use super::super::event::sample;
    use super::*;

    #[test]
    fn w19_a_value_cannot_add_a_field() {
        let named = vec![("file.name", Value::Text(super::super::escape::escape("x\nPRIORITY=0")))];
        assert_eq!(
            datagram(&sample("a\nMESSAGE=b", named)),
            "MESSAGE=a\\nMESSAGE=b file.name=\"x\\nPRIORITY=0\"\nPRIORITY=4\nSYSLOG_IDENTIFIER=rosterd\n\
             TARGET=rosterd::worker\nSPAN=run\nROSTERD_FILE_NAME=x\\nPRIORITY=0\n"
        );
    }

    #[test]
    fn it_fits_into_a_datagram() {
        let named = vec![("a", Value::Text("é".repeat(2048))); 64];
        assert!(datagram(&sample("x", named)).len() < 200_000);
    }
}
