//! Groups give roles: narrowed to a scope, with parameters, and to act for somebody; and they take them along.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::site::Site;

crate::world::on_both!(
    a_group_gives_a_role_and_takes_it_along,
    what_somebody_gave_by_hand_or_by_file_stays,
    a_login_gives_the_same,
    an_incomplete_source_takes_no_role,
    a_role_made_by_hand_in_an_organization_does_not_stand_for_the_one_of_all,
);

const RULES: &str = r#"
[providers.corp]
file.path = "people.yaml"
create_missing = ["orgs"]

[limits]
removals_percent = 100
emptied_at_least = 1000

[[rules]]
id = "members"
match.group = "*"
org = "Acme"
role = "Viewer"

[[rules]]
id = "regional-sales"
match.group_regex = "sales-(?<region>.+)"
org = "Acme"
roles = ["fixed:dashboards:reader"]
scope = "folders:${region}:*"
parameters = { region = "${region}" }

[[rules]]
id = "assistants"
match.group = "assistants"
org = "Acme"
act_for = "boss"
"#;

fn people(lines: &[(&str, &str)]) -> String {
    let person =
        |(login, groups): &(&str, &str)| format!("  - {{ id: {login}, login: {login}, groups: [{groups}] }}\n");
    let groups = ["sales-emea", "sales-apac", "assistants"].map(|name| format!("  - {{ id: {name}, name: {name} }}\n"));
    format!("people:\n{}groups:\n{}", lines.iter().map(person).collect::<String>(), groups.concat())
}

/// With the role and its permission, and these people synced.
fn site(backend: Backend, lines: &[(&str, &str)]) -> Site {
    let site = Site::new(backend, RULES);
    site.run(&["db", "migrate"]).expect(0);
    site.database.execute(
        "INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at)
         VALUES (6, NULL, 'fixed:dashboards:reader', 'fixed', '', '', 'manual', 1, 0)",
    );
    site.database.execute(
        "INSERT INTO role_permissions (role_id, action, scope) VALUES (6, 'dashboards:read', 'folders:*'),
         (4, 'users:create', '*')",
    );
    site.write("people.yaml", &people(lines));
    site.sync(0);
    site
}

/// login, action, scope, parameters of all that anybody may.
fn may(site: &Site) -> Vec<Vec<String>> {
    site.database.rows(
        "SELECT u.login, p.action, p.scope, p.parameters FROM effective_permissions p JOIN users u ON u.id = p.user_id
         ORDER BY u.login, p.action, p.scope",
    )
}

const COMPANY: [(&str, &str); 4] =
    [("ana", "sales-emea, sales-apac"), ("bob", "sales-emea"), ("boss", ""), ("cyd", "assistants")];

fn a_group_gives_a_role_and_takes_it_along(backend: Backend) {
    let site = site(backend, &COMPANY);
    let emea = r#"{"region":"emea"}"#;
    assert_eq!(
        may(&site),
        [
            ["ana", "dashboards:read", "folders:apac:*", r#"{"region":"apac"}"#],
            ["ana", "dashboards:read", "folders:emea:*", emea],
            ["bob", "dashboards:read", "folders:emea:*", emea],
        ]
    );
    let acts = "SELECT u.login, f.login, d.scope FROM delegations d JOIN users u ON u.id = d.user_id
                JOIN users f ON f.id = d.for_user_id";
    assert_eq!(site.database.rows(acts), [["cyd", "boss", "*"]]);
    // Why.
    let why = site.run(&["explain", "user", "bob"]).expect(0).stdout;
    assert!(why.contains("Acme: fixed:dashboards:reader on folders:emea:* with {\"region\":\"emea\"}: held"), "{why}");
    assert!(why.contains("by regional-sales (rosterd.toml:"), "{why}");
    assert!(why.contains("bob → sales-emea"), "{why}");
    assert!(why.contains("given by regional-sales through sales-emea"), "{why}");
    let grants = site.database.rows(
        "SELECT u.login, g.rule, g.provider_group FROM grants g JOIN users u ON u.id = g.user_id
         WHERE g.kind = 'entitlement' ORDER BY u.login, g.provider_group",
    );
    assert_eq!(grants.len(), 4, "{grants:?}");
    assert_eq!(grants[2], ["bob", "regional-sales", "sales-emea"]);
    // Elsewhere now.
    site.write("people.yaml", &people(&[("ana", "sales-apac"), ("bob", ""), ("boss", ""), ("cyd", "")]));
    let plan = site.run(&["plan"]).expect(0).stdout;
    let line = "- entitlement  Acme  ana  fixed:dashboards:reader on folders:emea:* with {\"region\":\"emea\"}  nothing gives it any longer";
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plain(&plan).contains(&plain(line)), "{plan}");
    assert!(plain(&plan).contains("- entitlement Acme cyd acts for boss"), "{plan}");
    site.sync(0);
    assert_eq!(may(&site), [["ana", "dashboards:read", "folders:apac:*", r#"{"region":"apac"}"#]]);
    assert!(site.database.rows(acts).is_empty());
    invariants::check(&site).expect(0);
}

fn what_somebody_gave_by_hand_or_by_file_stays(backend: Backend) {
    let site = site(backend, &COMPANY);
    let emea = "(SELECT id FROM entitlements WHERE scope = 'folders:emea:*')";
    let person = |login: &str| format!("(SELECT id FROM users WHERE login = '{login}')");
    let set = |sql: &str| site.database.execute(sql);
    set(&format!("UPDATE user_entitlements SET manual_until = 253402300799999 WHERE user_id = {}", person("bob")));
    set(&format!(
        "INSERT INTO user_entitlements (entitlement_id, user_id, declared_until) VALUES ({emea}, {}, 253402300799999)",
        person("cyd")
    ));
    set(&format!("UPDATE org_members SET declared_role = 'Admin' WHERE user_id = {}", person("boss")));
    site.write("people.yaml", &people(&[("ana", ""), ("bob", ""), ("boss", ""), ("cyd", "")]));
    site.sync(0);
    let left: Vec<_> = may(&site).into_iter().map(|row| (row[0].clone(), row[2].clone())).collect();
    let row = |login: &str, scope: &str| (login.to_owned(), scope.to_owned());
    assert_eq!(left, [row("bob", "folders:emea:*"), row("boss", "*"), row("cyd", "folders:emea:*")]);
    let why = site.run(&["explain", "user", "cyd"]).expect(0).stdout;
    assert!(why.contains("by a provisioning file (declared): held"), "{why}");
    // A membership that a file declares is not taken by rules either.
    site.configure(&RULES.replace("match.group = \"*\"", "match.group = \"nobody\""));
    site.sync(0);
    let members = site.database.rows("SELECT u.login, m.role FROM org_members m JOIN users u ON u.id = m.user_id");
    assert_eq!(members, [["boss", "Admin"]]);
    assert_eq!(may(&site), [["boss", "users:create", "*", "{}"]], "what is held counts for members only");
    invariants::check(&site).expect(0);
}

fn a_login_gives_the_same(backend: Backend) {
    let site = site(backend, &[("boss", ""), ("eve", "")]);
    site.write("people.yaml", &people(&[("boss", ""), ("eve", "sales-apac, assistants"), ("new", "sales-emea")]));
    for login in ["eve", "new"] {
        site.run(&["look", login]).expect(0);
    }
    let all: Vec<_> = may(&site).into_iter().map(|row| (row[0].clone(), row[2].clone())).collect();
    let row = |login: &str, scope: &str| (login.to_owned(), scope.to_owned());
    assert_eq!(all, [row("eve", "folders:apac:*"), row("new", "folders:emea:*")]);
    // Nobody acted for boss before: a full run finds whom that is.
    site.sync(0);
    assert_eq!(site.database.rows("SELECT user_id FROM delegations").len(), 1);
    site.write("people.yaml", &people(&[("boss", ""), ("eve", ""), ("new", "sales-emea, assistants")]));
    for login in ["eve", "new"] {
        site.run(&["look", login]).expect(0);
    }
    assert_eq!(may(&site).len(), 1);
    let acts = "SELECT u.login FROM delegations d JOIN users u ON u.id = d.user_id";
    assert_eq!(site.database.rows(acts), [["new"]], "by then a login does");
    invariants::check(&site).expect(0);
}

fn an_incomplete_source_takes_no_role(backend: Backend) {
    let site = site(backend, &COMPANY);
    let before = may(&site);
    site.write("people.yaml", "people: [");
    site.run(&["sync"]);
    assert_eq!(may(&site), before);
    site.write("people.yaml", &people(&COMPANY));
    invariants::check(&site).expect(0);
}

fn a_role_made_by_hand_in_an_organization_does_not_stand_for_the_one_of_all(backend: Backend) {
    let site = site(backend, &[("ana", ""), ("bob", ""), ("boss", "")]);
    site.database.execute(
        "INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at)
         SELECT 7, id, 'fixed:dashboards:reader', 'custom', '', '', 'manual', 1, 0 FROM orgs WHERE name = 'Acme'",
    );
    site.database.execute("INSERT INTO role_permissions (role_id, action, scope) VALUES (7, '*', '*')");
    // By a run, and by a login.
    site.write("people.yaml", &people(&[("ana", "sales-emea"), ("bob", "sales-apac"), ("boss", "")]));
    site.run(&["look", "ana"]).expect(0);
    site.sync(0);
    let all: Vec<_> = may(&site).into_iter().map(|row| row[..3].to_vec()).collect();
    assert_eq!(all, [["ana", "dashboards:read", "folders:emea:*"], ["bob", "dashboards:read", "folders:apac:*"]]);
    invariants::check(&site).expect(0);
}
