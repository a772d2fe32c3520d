//! What a provider says of people besides names and groups is remembered as long as the provider
//! has them, and is news only when it is.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::site::Site;

const CONFIG: &str = "
[providers.corp]
create_missing = [\"orgs\"]
file = { path = \"people.yaml\" }
[[rules]]
id = \"staff\"
match.group = \"staff\"
org = \"Main\"
role = \"Viewer\"
";

/// Ana with these lines, bob without any.
fn people(more: &str) -> String {
    format!(
        "people:\n  - {{ id: \"2\", login: bob, groups: [staff] }}\n  - id: \"1\"\n    login: ana\n    groups: [staff]\n{more}\
         groups:\n  - {{ id: g, name: staff }}\n"
    )
}

fn said(site: &Site) -> Vec<Vec<String>> {
    site.database.rows("SELECT subject, coalesce(claims, '-') FROM identities ORDER BY subject")
}

crate::world::on_both!(claims_are_kept_and_only_news_is_written);

fn claims_are_kept_and_only_news_is_written(backend: Backend) {
    let site = Site::new(backend, CONFIG);
    site.write("people.yaml", &people("    attributes: { department: \"Sales\\t\\\\N\" }\n"));
    site.sync(0);
    assert_eq!(said(&site), [["1", r#"{"attributes":{"department":["Sales\t\\N"]}}"#], ["2", "-"]]);
    invariants::check(&site);

    // Another order is the same; another value is written, and changes nobody's rights.
    let before = site.database.fingerprint();
    site.write("people.yaml", &people("    attributes: { department: [\"Sales\\t\\\\N\"] }\n    claims: {}\n"));
    site.sync(0);
    assert_eq!(site.database.fingerprint(), before);
    let tables = site.tables();
    let more = "    claims: { userinfo: { roles: [dev], email_verified: true } }\n    attributes: {}\n";
    site.write("people.yaml", &people(more));
    site.sync(0);
    let new = r#"{"attributes":{},"userinfo":{"email_verified":true,"roles":["dev"]}}"#;
    assert_eq!(said(&site), [["1", new], ["2", "-"]]);
    site.tables().assert_is(&tables);
    invariants::check(&site);

    // Of who is gone nothing is kept.
    site.write("people.yaml", &people("").replace("id: \"1\"\n    login: ana", "id: \"3\"\n    login: cy"));
    site.sync(0);
    assert_eq!(said(&site), [["1", "-"], ["2", "-"], ["3", "-"]]);
    invariants::check(&site);
}
