//! For programs: one object a line.

use super::event::{Event, Value, time};
use serde_json::{Map, Number, json};
use std::str::FromStr as _;

pub(super) fn line(event: &Event) -> String {
    let mut fields = Map::new();
    for (name, value) in &event.fields.named {
        let value = match value {
            Value::Text(text) => text.as_str().into(),
            Value::Plain(text) => match (text.as_str(), Number::from_str(text)) {
                ("true", _) => true.into(),
                ("false", _) => false.into(),
                (_, Ok(number)) => serde_json::Value::Number(number),
                (other, Err(_)) => other.into(),
            },
        };
        fields.insert((*name).to_owned(), value);
    }
    let line = json!({
        "time": time(event.at),
        "level": event.level.as_str().to_lowercase(),
        "target": event.target,
        "message": event.fields.message,
        "fields": fields,
        "spans": event.spans,
    });
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::super::event::sample;
    use super::*;

    #[test]
    fn one_object_an_event() {
        let named = vec![
            ("provider", Value::Text("co\"rp".to_owned())),
            ("hold", Value::Plain("3".to_owned())),
            ("retry", Value::Plain("true".to_owned())),
        ];
        let line = line(&sample("held\n{\"level\":\"error\"}", named));
        assert_eq!(line.matches('\n').count(), 1);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            value,
            json!({
                "time": "2026-10-14T17:46:40.123Z", "level": "warn", "target": "rosterd::worker",
                "message": "held\\n{\"level\":\"error\"}",
                "fields": {"provider": "co\"rp", "hold": 3, "retry": true}, "spans": ["run"],
            })
        );
    }
}
