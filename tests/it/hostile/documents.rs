//! Documents that say of somebody more than anybody has to say.

use super::{list, rule, simulate, site};

#[test]
fn w25_what_is_too_large_too_deep_or_said_twice_is_refused() {
    let site = site(&rule("group = \"staff\""));
    let deep = |open: &str, close: &str, n: usize| {
        format!("{{\"id_token\": {{\"a\": {}1{}}}}}", open.repeat(n), close.repeat(n))
    };
    let groups = |n: u32| format!("{{\"groups\": {}}}", list((0..n).map(|n| format!("\"g{n}\""))));
    for (document, why) in [
        (groups(300_000), "more than 200000 values"),
        (
            format!("{{\"id_token\": {{\"roles\": {}}}}}", list((0..300_000).map(|_| "0".to_owned()))),
            "more than 200000 values",
        ),
        (format!("{{\"groups\": [\"{}\"]}}", "x".repeat(5 << 20)), "larger than 4194304 bytes"),
        ("[".repeat(8 << 20), "larger than 4194304 bytes"),
        (deep("[", "]", 1000), "nested more than 64 deep"),
        (deep("{\"a\":", "}", 1000), "nested more than 64 deep"),
        (deep("[", "", 100_000), "nested more than 64 deep"),
        (r#"{"id_token": {"role": "x", "role": "Admin"}}"#.to_owned(), "\"role\" stands twice"),
        (r#"{"id_token": {}, "id_token": {"role": "Admin"}}"#.to_owned(), "\"id_token\" stands twice"),
        (r#"{"id_token": {"\u0072ole": 1, "role": 2}}"#.to_owned(), "\"role\" stands twice"),
        (r#"{"groups": [["staff"]]}"#.to_owned(), "texts only"),
        (r#"{"groups": {"staff": true}}"#.to_owned(), "list of texts"),
        (r#"{"id_token": [1]}"#.to_owned(), "must be an object"),
        (r#"{"roles": []}"#.to_owned(), "unknown key"),
        (r#"{"id_token": {"a": 1e999}}"#.to_owned(), "number out of range"),
        (r#"{"groups": ["\ud800"]}"#.to_owned(), "line 1"),
        ("{} {}".to_owned(), "line 1"),
        (String::new(), "EOF"),
    ] {
        let outcome = simulate(&site, &document).expect(1);
        assert!(outcome.stderr.contains(why), "{why}: {:.300}", outcome.stderr);
        assert!(outcome.stderr.len() < 1000 && outcome.stdout.is_empty(), "{:.300}", outcome.stderr);
    }
    // Just small enough is answered.
    let answer = simulate(&site, &groups(199_990)).expect(0).json();
    assert_eq!(answer["denied"], true);
}

#[test]
fn w20_names_are_shown_without_what_moves_a_terminal() {
    let site = site(&rule("group_glob = \"*staff*\""));
    let document = r#"{"groups": ["staff\u001b[2J\u0007"]}"#;
    site.write("identity.json", document);
    let outcome = site.run(&["simulate", "--provider", "web", "--input", "identity.json"]).expect(0);
    assert!(!outcome.stdout.contains(['\u{1b}', '\u{7}']), "{:?}", outcome.stdout);
}
