//! Which groups are meant, by their names.

use std::sync::Arc;

/// Patterns of names, as rules have them: `*` is any run of characters, `?` any one. Without case: what is left out by
/// mistake is missing for everybody.
#[derive(Debug, Clone)]
pub(super) struct Which(Arc<[Vec<char>]>);

impl Which {
    pub(super) fn new(patterns: &[String]) -> Self {
        Self(patterns.iter().map(|pattern| pattern.to_lowercase().chars().collect()).collect())
    }

    pub(super) fn fits(&self, name: &str) -> bool {
        let name: Vec<char> = name.to_lowercase().chars().collect();
        self.0.iter().any(|pattern| fits(pattern, &name))
    }
}

/// In time of the product of both lengths at most: of several asterisks only the last is ever tried again.
fn fits(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asterisk_is_any_run_of_characters() {
        let fits = |pattern: &str, name: &str| Which::new(&[pattern.to_owned()]).fits(name);
        for (pattern, name) in
            [("*", ""), ("*", "x"), ("app-*", "App-x"), ("*a*b", "xaybab"), ("a?c", "abc"), ("", ""), ("**z", "z")]
        {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("app-*", "xapp-"), ("a?c", "ac"), ("a", "ab"), ("", "x"), ("*a*b", "xaybc"), ("?", "")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
        assert!(Which::new(&["a".to_owned(), "b".to_owned()]).fits("B"));
    }
}
