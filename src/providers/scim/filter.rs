//! Filters of values (RFC 7644 §3.4.2.2). A value is a JSON string there, so nothing in it ends it.

use serde_json::Value;

/// Entries that have that value. How texts compare is the attribute's (RFC 7643 §2.2, `caseExact`).
pub(super) fn equal(attribute: &str, value: &str) -> String {
    format!("{attribute} eq {}", Value::from(value))
}

/// The same, of those that are meant at all.
pub(super) fn among(meant: Option<&str>, filter: String) -> String {
    match meant {
        Some(meant) => format!("({meant}) and {filter}"),
        None => filter,
    }
}

/// What stands in a URL behind `=` (RFC 3986 §2.1). Not as a form encodes it: `+` is a space there only.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0').to_ascii_uppercase();
                out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l01_a_value_never_becomes_a_filter() {
        assert_eq!(equal("userName", "ann"), r#"userName eq "ann""#);
        assert_eq!(equal("userName", r#"x" or active eq true or userName eq "y"#), {
            r#"userName eq "x\" or active eq true or userName eq \"y""#
        });
        assert_eq!(equal("id", "a\\\" or 1\n\u{0}"), "id eq \"a\\\\\\\" or 1\\n\\u0000\"");
        assert_eq!(among(Some("active eq true"), equal("id", "1")), r#"(active eq true) and id eq "1""#);
    }

    #[test]
    fn l01_a_filter_never_becomes_another_part_of_the_url() {
        assert_eq!(encoded("a&b=c#d+e %f/é"), "a%26b%3Dc%23d%2Be%20%25f%2F%C3%A9");
    }
}
