//! Expressions, patterns, templates and files that are made to cost a lot.

use super::{alone, rule, simulate, site};

#[test]
fn w25_expressions_that_multiply_or_nest_are_refused() {
    for (text, why) in [
        ("a".repeat(2000), "longer than 1024 bytes"),
        (format!("{}a{}", "(".repeat(400), ")".repeat(400)), "nested more than 100 deep"),
        (format!("{}a", "!".repeat(900)), "nested more than 100 deep"),
        ("[@,@][] | ".repeat(40) + "@", "16 times"),
        (format!("{}@{}", "to_string(".repeat(60), ")".repeat(60)), "16 times"),
        ("join(a, b)".to_owned(), "16 times"),
        ("a[?".to_owned(), "column"),
    ] {
        let outcome = simulate(&site(&rule(&format!("expression = {text:?}"))), "{}").expect(78);
        assert!(outcome.stderr.contains(why), "{why}: {:.500}", outcome.stderr);
        let path = format!("claim = {{ path = {text:?}, present = true }}");
        let outcome = simulate(&site(&rule(&path)), "{}").expect(78);
        assert!(outcome.stderr.contains(why), "{why}: {:.500}", outcome.stderr);
    }
}

#[test]
fn w25_patterns_that_explode_are_refused() {
    for (text, why) in [
        ("((((a{100}){100}){100}){100}){100}".to_owned(), "too large"),
        ("(?:\\\\w{500}){5}".to_owned(), "too large"),
        ("()".repeat(5000), "captures 5000 parts"),
        (format!("{}a{}", "(?:".repeat(2000), ")".repeat(2000)), "nested"),
        ("a|".repeat(10_000), "longer than 16384 bytes"),
        ("(".to_owned(), "unclosed group"),
        ("a)|(b".to_owned(), "unopened group"),
    ] {
        for matches in [format!("group_regex = \"{text}\""), format!("claim = {{ path = \"x\", regex = \"{text}\" }}")]
        {
            let outcome = simulate(&site(&rule(&matches)), "{}").expect(78);
            assert!(outcome.stderr.contains(why), "{why}: {:.500}", outcome.stderr);
        }
    }
    let glob = format!("group_glob = \"{}\"", "*a".repeat(10_000));
    simulate(&site(&rule(&glob)), "{}").expect(78).says("longer than 16384 bytes");
}

#[test]
fn w25_a_template_of_thousands_of_parts_is_refused() {
    let rules = rule("group_regex = \"(?P<x>.+)\"").replace("Main", &"${x}".repeat(10_000));
    simulate(&site(&rules), "{}").expect(78).says("longer than 1024 bytes");
}

#[test]
fn w25_conditions_a_thousand_deep_are_refused_in_each_format() {
    let nest = |open: &str, close: &str| format!("{}{}{}", open.repeat(1000), "{\"group\": \"x\"}", close.repeat(1000));
    let json = |matches: &str| {
        format!(
            "{{\"version\": 1, \"providers\": {{\"web\": {{\"login\": {{\"protocol\": \"oidc\"}}}}}}, \
             \"rules\": [{{\"id\": \"a\", \"match\": {matches}, \"org\": \"x\", \"role\": \"Viewer\"}}]}}"
        )
    };
    let head =
        "version = 1\nproviders.web.login.protocol = \"oidc\"\n[[rules]]\nid = \"a\"\norg = \"x\"\nrole = \"Viewer\"\n";
    for kind in ["any", "all", "none"] {
        let flow = nest(&format!("{{\"{kind}\": ["), "]}");
        let toml = format!(
            "{head}match = {}",
            flow.replace("\"group\": ", "group = ").replace(&format!("\"{kind}\": "), &format!("{kind} = "))
        );
        let dotted = format!("{head}match{} = \"x\"", format!(".{kind}").repeat(1000));
        for (name, text) in
            [("deep.json", json(&flow)), ("deep.yaml", json(&flow)), ("deep.toml", toml), ("dotted.toml", dotted)]
        {
            let site = site("");
            site.write(name, &text);
            let outcome = alone(&site, &["--config", name, "check", "config"]).expect(78);
            let said = &outcome.stderr;
            assert!(["nested", "recursion", "depth"].iter().any(|why| said.contains(why)), "{name}: {said:.500}");
            assert!(said.len() < 3000, "{name}: {} bytes are said", said.len());
        }
    }
}
