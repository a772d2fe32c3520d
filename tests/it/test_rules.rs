//! `rosterd test-rules`: cases that pass and fail, what is said of them, and what is refused.

use crate::world::database::Backend;
use crate::world::rosterd::Outcome;
use crate::world::site::Site;
use serde_json::json;

const CONFIG: &str = r#"
[orgs.1]
name = "Main"

[providers.corp]
file.path = "people.yaml"
on_no_match = "suspend"

[[rules]]
id = "engineers"
match.group = "cn=eng,dc=example"
org = "1"
role = "Editor"

[[rules]]
id = "staff"
match.group = "*"
org = "1"
role = "Viewer"
aside = true

[[rules]]
id = "sre"
match.claim = { path = "department", equals = "SRE" }
org = "1"
team = "sre"
team_role = "admin"
roles = ["fixed:alerts:writer"]
scope = "folders:sre:*"
"#;

const CASES: &str = r#"
cases:
  - name: an engineer gets Editor
    provider: corp
    input: { groups: ["CN=eng, dc=example"], attributes: { department: [Sales] } }
    expect: { denied: false, orgs: { "1": Editor }, teams: [], entitlements: [], server_admin: false }
  - name: nobody gets in by default
    provider: corp
    input: { groups: [], attributes: { department: [] } }
    expect: { denied: true, account: suspended }
"#;

const WRONG: &str = r#"
cases:
  - name: an <engineer> & "sre"
    provider: corp
    input: { groups: ["cn=eng,dc=example"], attributes: { department: SRE } }
    expect: { orgs: { "1": Admin }, teams: [{ org: "1", team: sre }], server_admin: null }
"#;

fn site() -> Site {
    let site = Site::new(Backend::Sqlite, CONFIG);
    site.write("tests.yaml", CASES);
    site.write("wrong.yaml", WRONG);
    site
}

fn run(site: &Site, args: &[&str]) -> Outcome {
    let args: Vec<&str> = std::iter::once(&"test-rules").chain(args).copied().collect();
    site.run(&args)
}

#[test]
fn cases_that_pass_say_so_and_no_database_is_made() {
    let site = site();
    run(&site, &["tests.yaml"])
        .expect(0)
        .says("ok    an engineer gets Editor\nok    nobody gets in by default\n2 cases: 2 passed, 0 failed\n");
    let files: Vec<_> = std::fs::read_dir(site.dir()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!files.iter().any(|name| name.to_string_lossy().contains(".db")), "{files:?}");
}

#[test]
fn a_case_that_fails_names_what_differs_and_why() {
    let site = site();
    run(&site, &["tests.yaml", "wrong.yaml"])
        .expect(2)
        .says("FAIL  an <engineer> & \"sre\" (wrong.yaml:3)\n")
        .says("      orgs: expected {\"1\":\"Admin\"}, found {\"1\":\"Editor\"}\n")
        .says("      server_admin: expected null, found false\n")
        .says("Editor in Main: rule engineers, group cn=eng,dc=example (rosterd.toml:")
        .says("3 cases: 2 passed, 1 failed");
    run(&site, &["wrong.yaml", "--diff"])
        .expect(2)
        .says("      - orgs 1: Admin\n      + orgs 1: Editor\n")
        .says("      + teams 1 / sre: admin\n      - teams 1 / sre: member\n");
}

#[test]
fn the_json_says_the_same() {
    let site = site();
    let found = run(&site, &["tests.yaml", "wrong.yaml", "--output", "json"]).expect(2).json();
    assert_eq!((&found["format_version"], &found["passed"], &found["failed"]), (&json!(1), &json!(2), &json!(1)));
    assert_eq!(found["cases"][0]["differences"], json!([]));
    assert_eq!(found["cases"][0]["reasons"], json!([]));
    let wrong = &found["cases"][2];
    assert_eq!(wrong["at"], "wrong.yaml:3");
    assert_eq!(
        wrong["differences"][0],
        json!({ "field": "orgs", "expected": { "1": "Admin" }, "found": { "1": "Editor" } })
    );
    assert_eq!(found["coverage"], json!(null));
}

#[test]
fn run_chooses_by_name_and_finding_none_is_a_mistake() {
    let site = site();
    run(&site, &["tests.yaml", "wrong.yaml", "--run", "^nobody"]).expect(0).says("1 case: 1 passed");
    run(&site, &["tests.yaml", "--run", "no such"]).expect(64).says("in no case's name");
    run(&site, &["tests.yaml", "--run", "("]).expect(64).says("--run");
}

#[test]
fn coverage_names_the_rules_that_no_case_speaks_of() {
    let site = site();
    // `staff` matches everybody, so that it cannot miss; it gives what others do not.
    run(&site, &["tests.yaml", "--coverage"])
        .expect(0)
        .says("coverage: 1 of 3 rules (33 %)")
        .says("  staff (rosterd.toml:")
        .says("): it matches, and decides nothing in any case\n")
        .says("): no case matches it\n");
    let found = run(&site, &["wrong.yaml", "--coverage", "--output", "json"]).expect(2).json();
    let lacking: Vec<_> = found["coverage"]["lacking"].as_array().unwrap().iter().map(|one| &one["lacks"]).collect();
    assert_eq!(lacking[0], "every case matches it");
    assert_eq!(found["coverage"]["rules"], 3);
}

#[test]
fn junit_is_well_formed_whatever_a_case_is_called() {
    let site = site();
    run(&site, &["tests.yaml", "wrong.yaml", "--junit", "out.xml"]).expect(2);
    let xml = std::fs::read_to_string(site.dir().join("out.xml")).unwrap();
    assert!(
        xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"3\" failures=\"1\">"),
        "{xml}"
    );
    assert!(xml.contains("<testcase name=\"an &lt;engineer&gt; &amp; &quot;sre&quot;\" classname=\"corp\">"), "{xml}");
    assert_eq!(open_tags(&xml), Vec::<String>::new());
    run(&site, &["tests.yaml", "--junit", "no/such/folder.xml"]).expect(1).says("no/such/folder.xml");
}

/// Tags that are not closed in the order of their opening.
fn open_tags(xml: &str) -> Vec<String> {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("a tag ends");
        assert!(!text.contains('>') && !text.replace("&lt;", "").contains("&;"), "{text}");
        let name = tag.split_whitespace().next().unwrap().trim_end_matches('/').to_owned();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name)),
            None if tag.ends_with('/') || tag.ends_with('?') => {}
            None => open.push(name),
        }
    }
    open
}

#[test]
fn a_file_that_cannot_be_used_names_each_mistake_with_its_line() {
    let site = site();
    site.write("bad.yaml", "cases:\n  - name: a\n    provider: crop\n    input: {}\n    expect: { denyed: true }\n");
    run(&site, &["bad.yaml"]).expect(78).says("bad.yaml:5: unknown key `denyed`; did you mean `denied`?");
    site.write("bad.yaml", "cases:\n  - name: a\n    provider: crop\n    input: {}\n    expect: { denied: true }\n");
    run(&site, &["bad.yaml"]).expect(78).says("bad.yaml:2: there is no provider \"crop\"; there are: corp");
    run(&site, &["missing.yaml"]).expect(78).says("missing.yaml: it cannot be read");
    run(&site, &["people.txt"]).expect(78).says("does not say its format");
    run(&site, &[]).expect(64);
}

#[test]
fn what_is_held_is_compared() {
    let site = site();
    let case = |held: &str| {
        format!(
            "cases:\n  - name: whoever is SRE writes alerts\n    provider: corp\n    \
             input: {{ groups: [\"cn=eng,dc=example\"], attributes: {{ department: SRE }} }}\n    \
             expect: {{ entitlements: [{held}] }}\n"
        )
    };
    site.write("held.yaml", &case("{ org: \"1\", role: \"fixed:alerts:writer\", scope: \"folders:sre:*\" }"));
    run(&site, &["held.yaml"]).expect(0);
    site.write("held.yaml", &case("{ org: \"1\", role: \"fixed:alerts:writer\" }"));
    run(&site, &["held.yaml"]).expect(2).says("folders:sre:*");
    site.write("held.yaml", &case("{ org: \"1\", role: a, acts_for: b }"));
    run(&site, &["held.yaml"]).expect(78).says("either `role` or `acts_for`");
    site.write("held.yaml", &case("{ role: a, scope: 7, parameters: { a: 1 } }"));
    run(&site, &["held.yaml"]).expect(78).says("must be a text");
}
