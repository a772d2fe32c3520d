//! Names with `*` and `?`.

/// Whether a name fits: `*` stands for any letters, `?` for one.
#[must_use]
pub fn fits(glob: &str, name: &str) -> bool {
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // Where the last `*` stood, and how much of the name it stands for.
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match glob.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(c) if *c == '?' || name.get(seen) == Some(c) => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((before, from)) = star else { return false };
                star = Some((before, from + 1));
                at = before + 1;
                seen = from + 1;
            }
        }
    }
    glob.iter().skip(at).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_fit_whole_names() {
        for (glob, name) in
            [("client-*", "client-a"), ("*", ""), ("a?c", "abc"), ("*b*", "aabbc"), ("a*b*c", "a-b-b-c")]
        {
            assert!(fits(glob, name), "{glob} {name}");
        }
        for (glob, name) in [("client-*", "my client-a"), ("a?c", "ac"), ("a", "ab"), ("", "a"), ("a*b", "a-b-c")] {
            assert!(!fits(glob, name), "{glob} {name}");
        }
        assert!(!fits(&"*a".repeat(50), &"a".repeat(49)), "it is found without trying everything");
    }
}
