//! The table of `docs/moving-from-grafana.md`: how many facts hold, by area.

use super::SAFER;
use super::fact::Fact;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/moving-from-grafana.md");
const START: &str = "<!-- facts: start -->\n";
const END: &str = "<!-- facts: end -->\n";

/// Each area in words.
const AREAS: &[(&str, &str)] = &[
    ("ldap_mapping", "LDAP group mappings"),
    ("ldap_group_match", "LDAP groups, compared"),
    ("oauth_provider", "OAuth and OIDC, by provider"),
    ("oauth_org_mapping", "`org_mapping`"),
    ("oauth_org_mapping_parse", "`org_mapping`, as it is written"),
    ("oauth_groups", "groups from claims"),
    ("saml_mapping", "SAML attributes"),
    ("team_match", "team sync"),
];

/// The test of all facts holds each of them to these counts.
fn table() -> String {
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for fact in Fact::all() {
        let kind = usize::from(SAFER.iter().any(|(id, _)| *id == fact.id));
        counts.entry(fact.area).or_default()[kind] += 1;
    }
    let mut out = "| area | facts | equal | safer by choice |\n|---|--:|--:|--:|\n".to_owned();
    let mut sum = [0; 2];
    for (area, words) in AREAS {
        let count = counts.remove(*area).unwrap();
        writeln!(out, "{}", row(words, count)).unwrap();
        sum.iter_mut().zip(count).for_each(|(sum, count)| *sum += count);
    }
    assert!(counts.is_empty(), "areas without words: {counts:?}");
    writeln!(out, "{}", row("**all**", sum)).unwrap();
    out.push('\n');
    for (id, why) in SAFER {
        writeln!(out, "- `{id}`, safer by choice: {why}. As in Grafana with `--compat`.").unwrap();
    }
    out
}

fn row(words: &str, [equal, safer]: [usize; 2]) -> String {
    format!("| {words} | {} | {equal} | {safer} |", equal + safer)
}

#[test]
fn the_page_has_the_table_of_the_facts() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(START).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, format!("{before}{START}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(shown, table, "run `UPDATE=1 cargo test --test it grafana::table`");
}

/// `make facts`
#[test]
#[expect(clippy::print_stdout, reason = "this is what `make facts` shows")]
fn prints_the_table() {
    println!("\n{}", table());
}
