//! One configuration file's text, and where in it something is.
//!
//! What is shown of a line never holds a secret: the byte ranges that may be one are replaced
//! before anything is printed, whatever the error on that line is about.

use std::ops::Range;

/// The widest excerpt of a line that is printed; a JSON file may be a single line of megabytes.
const WIDEST: usize = 140;

/// The text of one file.
#[derive(Debug)]
pub(super) struct Source {
    name: String,
    text: String,
    /// The byte where each line begins.
    starts: Vec<usize>,
    /// Byte ranges that may be secrets, in order.
    secrets: Vec<Range<usize>>,
}

/// A place in a file, ready to be printed without it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Located {
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
    /// In characters, at least 1; what lies on later lines is not counted.
    pub(super) length: usize,
    pub(super) excerpt: Excerpt,
}

/// A line, and which part of it is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// How many characters of `text` stand before the part.
    pub(super) before: usize,
    pub(super) width: usize,
}

impl Source {
    pub(super) fn new(name: &str, text: String) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.to_owned(), text, starts, secrets: Vec::new() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Says which bytes are never to be shown.
    pub(super) fn hide(&mut self, mut secrets: Vec<Range<usize>>) {
        secrets.sort_by_key(|range| range.start);
        self.secrets = secrets;
    }

    /// The line number of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }

    /// The byte of a line and column as parsers count them: both from 1, the column in bytes.
    pub(super) fn byte(&self, line: usize, column: usize) -> usize {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        (start + column.saturating_sub(1)).min(self.text.len())
    }

    /// The first byte of a character, at or behind this byte.
    fn boundary(&self, at: usize) -> usize {
        (at..self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(self.text.len())
    }

    pub(super) fn locate(&self, range: &Range<usize>) -> Located {
        // A parser that misses something at the end of a file points behind its last line.
        let end_of_text = self.text.trim_end_matches(['\r', '\n']).len();
        let at = range.start.min(end_of_text);
        let line = self.line(at);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let rest = self.text.get(start..).unwrap_or_default();
        let content = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let end = start + content.len();
        let count = |range: Range<usize>| self.text.get(range).unwrap_or_default().chars().count();
        let column = 1 + count(start..at);
        let length = count(at..range.end.min(end));
        // Of a line of megabytes only what is near is looked at.
        let from = self.boundary(at.saturating_sub(4 * WIDEST).max(start));
        let to = self.boundary((at + 4 * WIDEST).min(end));
        let mut shown = Shown::default();
        for (offset, c) in self.text.get(from..to).unwrap_or_default().char_indices() {
            shown.push(from + offset, c, at..range.end, &self.secrets);
        }
        Located { line, column, length: length.max(1), excerpt: shown.cut() }
    }
}

/// A line as it is printed.
#[derive(Default)]
struct Shown {
    text: Vec<char>,
    before: usize,
    width: usize,
    /// Where the secret that was last replaced began.
    replaced: Option<usize>,
}

impl Shown {
    fn push(&mut self, byte: usize, c: char, part: Range<usize>, secrets: &[Range<usize>]) {
        let next = secrets.partition_point(|range| range.end <= byte);
        let secret = secrets.get(next).filter(|range| range.start <= byte);
        let added: &[char] = match secret {
            Some(range) if self.replaced == Some(range.start) => &[],
            Some(range) => {
                self.replaced = Some(range.start);
                &['*', '*', '*']
            }
            // A terminal must not be told what to do by a file.
            None if c == '\t' => &[' '],
            None if c.is_control() => &[char::REPLACEMENT_CHARACTER],
            None => &[c],
        };
        if byte < part.start {
            self.before += added.len();
        } else if part.contains(&byte) {
            self.width += added.len();
        }
        self.text.extend_from_slice(added);
    }

    fn cut(self) -> Excerpt {
        let from = if self.text.len() > WIDEST { self.before.saturating_sub(WIDEST / 2) } else { 0 };
        let mut text: String = self.text.iter().skip(from).take(WIDEST).collect();
        let mut before = self.before - from;
        if from > 0 {
            text.insert_str(0, "… ");
            before += 2;
        }
        if self.text.len() - from > WIDEST {
            text.push_str(" …");
        }
        Excerpt { text, before, width: self.width.clamp(1, WIDEST) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = Source::new("x", "a = 'é' # é\nb = 1\n".to_owned());
        let located = source.locate(&(11..13));
        assert_eq!((located.line, located.column, located.length), (1, 11, 1));
        let located = source.locate(&(14..15));
        assert_eq!((located.line, located.column, located.length), (2, 1, 1));
    }

    #[test]
    fn a_place_behind_the_text_is_its_last_line() {
        let source = Source::new("x", "a = 1\nb = [\n".to_owned());
        let located = source.locate(&(12..12));
        assert_eq!((located.line, located.column, located.length), (2, 6, 1));
        let located = Source::new("x", String::new()).locate(&(7..9));
        assert_eq!((located.line, located.column), (1, 1));
    }

    #[test]
    fn w20_secrets_and_control_characters_are_not_shown() {
        let mut source = Source::new("x", "password = 'hunter2' \u{1b}[31m x".to_owned());
        source.hide(vec![Range { start: 11, end: 20 }]);
        let located = source.locate(&(11..20));
        assert_eq!(located.excerpt.text, "password = *** \u{fffd}[31m x");
        assert_eq!((located.excerpt.before, located.excerpt.width), (11, 3));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}here{}", "a".repeat(5000), "b".repeat(5000));
        let excerpt = Source::new("x", text).locate(&(5000..5004)).excerpt;
        assert!(excerpt.text.chars().count() < 150);
        assert_eq!(excerpt.text.chars().skip(excerpt.before).take(excerpt.width).collect::<String>(), "here");
    }
}
