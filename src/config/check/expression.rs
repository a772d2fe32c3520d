//! What can be told of a JMESPath expression without any claims: those it begins at, and whether it
//! is a constant.

use rosterd_core::mapping::Expression;

/// What a constant counts as, if it is one: nothing, an empty text, list or table, null and false
/// are false (JMESPath, "Or expressions").
pub(super) fn constant(text: &str) -> Option<bool> {
    let text = text.trim();
    if let Some(raw) = literal(text) {
        return Some(!raw.is_empty());
    }
    let json = text.strip_prefix('`')?.strip_suffix('`').filter(|json| !json.contains('`'))?;
    let value: serde_json::Value = serde_json::from_str(json.trim()).ok()?;
    Some(match value {
        serde_json::Value::Null => false,
        serde_json::Value::Bool(truth) => truth,
        serde_json::Value::Number(_) => true,
        serde_json::Value::String(text) => !text.is_empty(),
        serde_json::Value::Array(items) => !items.is_empty(),
        serde_json::Value::Object(entries) => !entries.is_empty(),
    })
}

/// The text that an expression yields whenever nothing before it does: all of it, or what stands
/// behind its last `||`.
pub(super) fn last_resort(text: &str) -> Option<&str> {
    let last = text.rsplit("||").next().unwrap_or(text);
    literal(last.trim())
}

/// `'text'`, alone.
fn literal(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'').filter(|inner| !inner.contains('\''))
}

/// The names of the claims that an expression begins at: `info` and `groups` in
/// `info.roles || groups[?name == 'x']`. None of one that does not compile.
pub(super) fn roots(text: &str) -> Vec<String> {
    Expression::compile(text).map(|expression| expression.keys()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{constant, last_resort};

    #[test]
    fn constants() {
        for (text, expected) in [
            ("`true`", Some(true)),
            (" 'x' ", Some(true)),
            ("''", Some(false)),
            ("`[]`", Some(false)),
            ("`null`", Some(false)),
            ("`0`", Some(true)),
            ("true", None),
            ("'a' == 'b'", None),
        ] {
            assert_eq!(constant(text), expected, "{text}");
        }
        assert_eq!(last_resort("contains(groups, 'x') && 'Admin' || 'Viewer'"), Some("Viewer"));
        assert_eq!(last_resort("'Admin'"), Some("Admin"));
        assert_eq!(last_resort("contains(groups, 'x') && 'Admin'"), None);
    }
}
