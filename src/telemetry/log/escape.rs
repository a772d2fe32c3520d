//! Text from elsewhere, made harmless for whoever reads a log: a person at a terminal, `grep`, a
//! collector that splits at line ends (CWE-117).

use std::fmt::Write as _;

/// The most bytes of one text. More of it tells nobody more, and could fill the disk.
const LONGEST: usize = 4096;

/// Whether a character could end a line, steer a terminal or change the order in which what
/// follows is shown: controls (C0, DEL, C1), line and paragraph separators, and the bidirectional
/// ones (Unicode TR 36, "Trojan Source").
pub(super) fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Such characters as Rust writes them in a literal, and no more than a few thousand bytes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for c in text.chars() {
        if out.len() >= LONGEST {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_harmful(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn w19_lines_terminals_and_order_cannot_be_steered() {
        assert_eq!(escape("a\nb\r\n\tc"), "a\\nb\\r\\n\\tc");
        assert_eq!(escape("\u{1b}[2J\u{9b}1m\u{7f}"), "\\u{1b}[2J\\u{9b}1m\\u{7f}");
        assert_eq!(escape("x\u{2028}y\u{202e}z\u{2066}"), "x\\u{2028}y\\u{202e}z\\u{2066}");
        assert_eq!(escape("Jürgen Müller, 東京"), "Jürgen Müller, 東京");
        assert!(escape(&"x".repeat(1 << 20)).len() < LONGEST + 16);
    }

    proptest! {
        #[test]
        fn w19_nothing_harmful_is_left(text in any::<String>()) {
            prop_assert!(!escape(&text).chars().any(is_harmful));
        }
    }
}
