//! How words of the configuration are quoted, listed and guessed in messages.

/// The longest word that is compared or printed whole.
const LONGEST: usize = 64;

/// In backquotes, cut if long, and without characters that a terminal obeys.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut shown = String::from("`");
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown.push('`');
    shown
}

/// `a`, `b` or `c`.
pub(super) fn either<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(quoted).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The word that was probably meant.
pub(super) fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The comparison takes the product of both lengths.
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(word.len()) / 3).max(1))
        .map(|(_, candidate)| candidate)
}

/// "did you mean …?", or what there is.
pub(super) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match closest(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean {}?", quoted(candidate)),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("there {} {}", if known.len() == 1 { "is" } else { "are" }, all(&known)),
    }
}

fn all(known: &[&str]) -> String {
    let mut shown: Vec<String> = known.iter().take(20).map(|word| quoted(word)).collect();
    if known.len() > shown.len() {
        shown.push(format!("{} more", known.len() - shown.len()));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_only_what_is_near() {
        let keys = ["page_size", "urls", "start_tls"];
        assert_eq!(closest("pagesize", keys), Some("page_size"));
        assert_eq!(closest("URL", keys), Some("urls"));
        assert_eq!(closest("starttls", keys), Some("start_tls"));
        assert_eq!(closest("colour", keys), None);
        assert_eq!(closest(&"x".repeat(1_000_000), keys), None);
        assert_eq!(suggest("colour", keys), "there are `page_size`, `urls`, `start_tls`");
    }

    #[test]
    fn w19_a_quoted_word_has_no_control_characters() {
        assert_eq!(quoted("a\u{1b}[2Jb\n"), "`a\\u{1b}[2Jb\\n`");
    }
}
