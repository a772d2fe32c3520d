//! Suborganizations have what their template says, as soon as there are any.

use super::{declare, may, people, site};
use crate::world::database::Backend;
use crate::world::invariants;

crate::world::on_both!(an_organization_that_comes_has_what_its_template_says);

const TEMPLATE: &str = r#"
[[roles]]
name = "bundle-basic"
bundle = true
permissions = [{ action = "x:read", scope = "*" }]
[[templates]]
orgs = "client-*"
teams = [{ name = "viewers" }]
assignments = [
  { role = "bundle-basic", everybody = true, parameters = { tenant = "${org}" } },
  { role = "bundle-basic", team = "viewers", scope = "orgs:${org_id}:*" },
]
"#;

const CLIENTS: &str =
    "[[rules]]\nid = \"clients\"\nmatch.group_regex = \"client-(.+)\"\norg = \"client-${1}\"\nrole = \"Viewer\"\n";

fn an_organization_that_comes_has_what_its_template_says(backend: Backend) {
    let site = site(backend, "");
    let config = std::fs::read_to_string(site.dir().join("rosterd.toml")).unwrap();
    site.write("rosterd.toml", &(config + CLIENTS));
    declare(&site, TEMPLATE);
    site.sync(0);
    assert!(site.tables().teams.is_empty());
    let mut roster = people(&["ana", "boss", "wei", "zoe"]);
    roster.groups.insert("client-a".to_owned());
    roster.people.get_mut("wei").unwrap().insert("client-a".to_owned());
    roster.write(&site);
    site.run(&["look", "wei"]).expect(0);
    assert_eq!(may(&site, "wei"), ["client-a x:read * {\"tenant\":\"client-a\"} {}"]);
    assert!(site.tables().teams.contains(&("client-a".to_owned(), "viewers".to_owned())));
    let held = "SELECT count(*) FROM team_entitlements h JOIN entitlements e ON e.id = h.entitlement_id
                JOIN orgs o ON o.id = e.org_id AND e.scope LIKE 'orgs:%' WHERE o.name = 'client-a'";
    assert_eq!(site.database.value(held), "1");
    invariants::check(&site).expect(0);
}
