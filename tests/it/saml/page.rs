//! `docs/saml-conformance.md` and the tests say the same.

use super::forge::hostile;
use crate::architecture::{file, files};
use std::collections::BTreeSet;

/// Each fault stands on the page once, what it says to show it is a test, and whatever is hostile here is there.
#[test]
fn the_page_and_the_tests_say_the_same() {
    let page = file("docs/saml-conformance.md").text;
    let sources = files("tests/it", ".rs").into_iter().chain(files("src", ".rs"));
    let tests: BTreeSet<String> = sources
        .flat_map(|source| {
            source
                .text
                .lines()
                .filter_map(|line| line.trim_start().trim_start_matches("async ").strip_prefix("fn "))
                .filter_map(|rest| rest.split('(').next())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let mut faults = BTreeSet::new();
    for line in
        page.lines().filter(|line| line.starts_with("| S") && line.as_bytes().get(3).is_some_and(u8::is_ascii_digit))
    {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [fault, what, done, shown] = cells[..] else { panic!("four cells: {line}") };
        assert!(!what.is_empty() && !done.is_empty(), "{line}");
        assert!(faults.insert(fault.to_owned()), "twice: {line}");
        let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "nothing shows it: {line}");
        for test in named {
            assert!(tests.contains(test), "{test} is no test: {line}");
        }
    }
    let all: BTreeSet<String> = (1..=54).map(|number| format!("S{number:02}")).collect();
    assert_eq!(faults, all, "on the page, and the faults that there are");
    let (good, hostile) = (super::forge::good::all().len(), hostile::all().len());
    assert!(hostile::all().iter().all(|case| all.contains(case.id)));
    // The page's own numbers, so that they stay true.
    for number in [format!("{good} good"), format!("{hostile} hostile")] {
        assert!(page.contains(&number), "the page does not say {number}");
    }
}
