//! From nothing to what is declared, and from there to something else.

use super::{declare, may, plan, site};
use crate::world::database::Backend;
use crate::world::invariants;

crate::world::on_both!(
    all_that_files_declare_is_in_the_tables,
    what_changes_in_a_file_changes,
    what_is_declared_elsewhere_is_the_same,
    a_role_is_made_of_others_and_lacks_what_is_absent,
    the_basic_roles_have_what_files_add,
    who_stands_in_has_the_others_rights,
    service_accounts_come_and_go,
    a_service_account_that_leaves_the_files_is_suspended_whatever_it_was,
    acting_for_a_service_account_is_taken_back_and_declared_again,
    an_organization_is_the_same_by_its_key_and_by_its_name,
);

const WHOLE: &str = r#"
[[orgs]]
name = "Client A"
[[teams]]
org = "Main"
name = "sre"
admins = ["ana"]
members = ["wei"]
[[members]]
org = "Main"
role = "Editor"
people = ["ana"]
[[members]]
org = "Client A"
role = "Viewer"
people = ["zoe"]
[[roles]]
name = "fixed:alerts:reader"
permissions = [{ action = "alerts:read", scope = "*" }]
[[roles]]
name = "custom:alert-manager"
org = "Main"
title = "Alerts"
from = ["fixed:alerts:reader"]
permissions = [{ action = "alerts:write", scope = "folders:*", parameters = { region = "emea" } }]
limits = { reports = 10 }
[[assignments]]
role = "custom:alert-manager"
org = "Main"
scope = "folders:ops:*"
people = ["wei"]
until = "2999-01-01T00:00:00Z"
[[assignments]]
role = "fixed:alerts:reader"
org = "Main"
teams = ["sre"]
[[assignments]]
role = "fixed:alerts:reader"
org = "Client A"
everybody = true
parameters = { tenant = "a" }
[[limits]]
people = ["ana"]
limits = { reports = 20 }
"#;

fn all_that_files_declare_is_in_the_tables(backend: Backend) {
    let site = site(backend, "");
    declare(&site, WHOLE);
    // People and their organization are made by the provider's run; what waited for them is given in the same command.
    site.sync(0);
    let tables = site.tables();
    assert_eq!(tables.org_members[&("Main".to_owned(), "ana".to_owned())], "Editor");
    assert_eq!(tables.org_members[&("Client A".to_owned(), "zoe".to_owned())], "Viewer");
    assert_eq!(tables.team_members[&("Main".to_owned(), "sre".to_owned(), "ana".to_owned())], "admin");
    assert_eq!(
        may(&site, "wei"),
        [
            "Main alerts:read * {} {}",
            "Main alerts:read folders:ops:* {} {}",
            "Main alerts:write folders:ops:* {} {\"region\":\"emea\"}",
        ]
    );
    assert_eq!(may(&site, "ana"), ["Main alerts:read * {} {}"]);
    assert_eq!(may(&site, "zoe"), ["Client A alerts:read * {\"tenant\":\"a\"} {}"]);
    assert_eq!(may(&site, "boss"), [""; 0]);
    let limits = "SELECT u.login, l.name, l.value FROM effective_limits l JOIN users u ON u.id = l.user_id ORDER BY 1";
    assert_eq!(site.database.rows(limits), [["ana", "reports", "20"], ["wei", "reports", "10"]]);
    assert!(plan(&site).contains("nothing to change"));
    invariants::check(&site).expect(0);
}

fn what_changes_in_a_file_changes(backend: Backend) {
    let site = site(backend, "");
    declare(&site, WHOLE);
    site.sync(0);
    let version = "SELECT version FROM roles WHERE name = 'custom:alert-manager'";
    assert_eq!(site.database.value(version), "1");

    let other = WHOLE
        .replace("role = \"Editor\"", "role = \"Viewer\"")
        .replace("scope = \"folders:*\"", "scope = \"folders:ops:*\"")
        .replace("people = [\"wei\"]", "people = [\"boss\"]")
        .replace("members = [\"wei\"]", "")
        .replace("reports = 20", "reports = 30")
        .replace("tenant = \"a\"", "tenant = \"b\"");
    declare(&site, &other);
    let shown = plan(&site);
    for line in [
        "~ definition  Main        ",
        "1 permissions new, 1 gone",
        "- holds ",
        "+ holds ",
        "~ role ",
        "Editor → Viewer",
        "- team role ",
        "20 → 30",
        "roles/a.toml:",
        "no file declares it any longer",
    ] {
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
    }
    site.sync(0);
    assert_eq!(site.database.value(version), "2", "it grows with each change");
    assert_eq!(may(&site, "wei"), [""; 0]);
    assert_eq!(may(&site, "boss").len(), 2);
    assert_eq!(may(&site, "zoe"), ["Client A alerts:read * {\"tenant\":\"b\"} {}"]);
    invariants::check(&site).expect(0);

    // Without a word of it the holders go first, then the roles; organizations and teams stay, and so do people.
    declare(&site, "[[orgs]]\nname = \"Client A\"\n");
    site.sync(super::HELD);
    declare(
        &site,
        "[[orgs]]\nname = \"Client A\"\n[[members]]\norg = \"Main\"\nrole = \"Viewer\"\npeople = [\"ana\"]\n",
    );
    site.sync(0);
    assert_eq!(site.database.rows("SELECT name FROM roles WHERE kind <> 'basic'"), [[""; 1]; 0]);
    assert!(site.tables().teams.contains(&("Main".to_owned(), "sre".to_owned())));
    assert_eq!(site.tables().org_members[&("Main".to_owned(), "ana".to_owned())], "Viewer");
    assert!(!site.tables().org_members.contains_key(&("Client A".to_owned(), "zoe".to_owned())));
    invariants::check(&site).expect(0);
}

fn what_is_declared_elsewhere_is_the_same(backend: Backend) {
    let site = site(backend, "");
    declare(&site, WHOLE);
    site.sync(0);
    let before = site.database.fingerprint();
    std::fs::rename(site.dir().join("roles/a.toml"), site.dir().join("roles/b.toml")).unwrap();
    site.sync(0);
    assert_eq!(site.database.fingerprint(), before, "another name of the file changes nothing");
}

fn a_role_is_made_of_others_and_lacks_what_is_absent(backend: Backend) {
    let site = site(backend, "");
    declare(
        &site,
        r#"
[[roles]]
name = "a"
permissions = [
  { action = "x:read", scope = "*", parameters = { region = "one", tier = "gold" } },
  { action = "x:delete", scope = "folders:a" },
]
[[roles]]
name = "b"
from = ["a"]
permissions = [
  { action = "x:read", scope = "*", parameters = { region = "two" } },
  { action = "x:delete", scope = "*", absent = true },
]
[[assignments]]
role = "b"
people = ["wei"]
"#,
    );
    site.sync(0);
    assert_eq!(may(&site, "wei"), ["* x:read * {} {\"region\":\"two\",\"tier\":\"gold\"}"]);
    invariants::check(&site).expect(0);
}

fn the_basic_roles_have_what_files_add(backend: Backend) {
    let site = site(backend, "");
    let reader = "[[roles]]\nname = \"reader\"\npermissions = [{ action = \"x:read\", scope = \"*\" }]\n";
    declare(&site, &format!("{reader}[[roles]]\nname = \"basic:viewer\"\nfrom = [\"reader\"]\n"));
    site.sync(0);
    assert_eq!(may(&site, "wei"), ["Main x:read * {} {}"]);
    let origin = "SELECT origin FROM roles WHERE id = 2";
    assert_eq!(site.database.value(origin), "file");
    declare(&site, reader);
    site.sync(0);
    assert_eq!(may(&site, "wei"), [""; 0]);
    assert_eq!(site.database.value(origin), "builtin", "it is never deleted");
    invariants::check(&site).expect(0);
}

fn who_stands_in_has_the_others_rights(backend: Backend) {
    let site = site(backend, "");
    declare(
        &site,
        r#"
[[roles]]
name = "a"
permissions = [{ action = "x:read", scope = "*" }]
[[assignments]]
role = "a"
org = "Main"
people = ["boss"]
[[delegations]]
org = "Main"
of = "boss"
to = ["wei"]
scope = "folders:a:*"
[[delegations]]
of = "boss"
to = ["zoe"]
"#,
    );
    site.sync(0);
    assert_eq!(may(&site, "wei"), ["Main x:read folders:a:* {} {}"]);
    let acting = "SELECT u.login, f.login, d.scope FROM delegations d JOIN users u ON u.id = d.user_id
                  JOIN users f ON f.id = d.for_user_id ORDER BY 1";
    assert_eq!(site.database.rows(acting), [["wei", "boss", "folders:a:*"], ["zoe", "boss", "*"]]);
    invariants::check(&site).expect(0);
}

fn service_accounts_come_and_go(backend: Backend) {
    let site = site(backend, "");
    site.sync(0);
    let role = "[[roles]]\nname = \"a\"\npermissions = [{ action = \"x:read\", scope = \"*\" }]\n";
    let account = "[[service_accounts]]\norg = \"Main\"\nname = \"ci\"\nrole = \"Viewer\"\n\
                   [[assignments]]\nrole = \"a\"\norg = \"Main\"\npeople = [\"service:Main:ci\"]\n";
    declare(&site, &format!("{role}{account}"));
    site.sync(0);
    let org = site.database.value("SELECT id FROM orgs WHERE name = 'Main'");
    let login = format!("service:{org}:ci");
    let state = "SELECT state FROM users WHERE kind = 'service'";
    assert_eq!(site.database.value("SELECT login FROM users WHERE kind = 'service'"), login);
    assert_eq!(may(&site, &login), ["Main x:read * {} {}"]);
    invariants::check(&site).expect(0);

    declare(&site, role);
    site.sync(0);
    assert_eq!(site.database.value(state), "suspended", "it is kept, and may nothing");
    assert_eq!(may(&site, &login), [""; 0]);
    invariants::check(&site).expect(0);

    declare(&site, &format!("{role}{account}"));
    site.sync(0);
    assert_eq!(site.database.value(state), "active");
    assert_eq!(may(&site, &login), ["Main x:read * {} {}"]);
    invariants::check(&site).expect(0);
}

fn a_service_account_that_leaves_the_files_is_suspended_whatever_it_was(backend: Backend) {
    let site = site(backend, "");
    site.sync(0);
    let account = |name: &str| format!("[[service_accounts]]\norg = \"Main\"\nname = \"{name}\"\n");
    let team = "[[teams]]\norg = \"Main\"\nname = \"t\"\nmembers = [\"service:Main:ci\"]\n\
                [[members]]\norg = \"Main\"\nrole = \"Viewer\"\npeople = [\"service:Main:ci\"]\n";
    declare(&site, &format!("{}{}", account("ci"), account("old")));
    site.sync(0);
    let of = |name: &str| site.database.value(&format!("SELECT login FROM users WHERE login LIKE 'service:%:{name}'"));
    let (ci, old) = (of("ci"), of("old"));
    let suspended = |login: &str| {
        let reasons = "SELECT s.origin FROM user_suspensions s JOIN users u ON u.id = s.user_id WHERE u.login = ";
        let reasons = site.database.rows(&format!("{reasons}'{login}' ORDER BY s.origin"));
        (site.database.value(&format!("SELECT state FROM users WHERE login = '{login}'")), reasons.concat())
    };
    // It is suspended by hand when it leaves; the other is a member by files still.
    site.run(&["service-account", "disable", &old]).expect(0);
    declare(&site, team);
    site.sync(0);
    assert_eq!(suspended(&ci), ("suspended".to_owned(), vec!["provisioning".to_owned()]));
    let (state, reasons) = suspended(&old);
    assert!(state == "suspended" && reasons.len() == 2 && reasons.contains(&"provisioning".to_owned()), "{reasons:?}");
    invariants::check(&site).expect(0);
    declare(&site, &format!("{}{}", account("ci"), account("old")));
    site.sync(0);
    assert_eq!(suspended(&ci), ("active".to_owned(), Vec::new()));
    let (state, reasons) = suspended(&old);
    assert!(state == "suspended" && reasons.len() == 1, "what a hand did, files do not undo: {reasons:?}");
    invariants::check(&site).expect(0);
}

fn acting_for_a_service_account_is_taken_back_and_declared_again(backend: Backend) {
    let site = site(backend, "");
    site.sync(0);
    let account = "[[service_accounts]]\norg = \"Main\"\nname = \"ci\"\n";
    let delegation = "[[delegations]]\norg = \"Main\"\nof = \"service:Main:ci\"\nto = [\"wei\"]\n";
    let acting = || site.database.value("SELECT count(*) FROM delegations");
    for (text, expected) in
        [(format!("{account}{delegation}"), "1"), (account.to_owned(), "0"), (format!("{account}{delegation}"), "1")]
    {
        declare(&site, &text);
        site.sync(0);
        assert_eq!(acting(), expected);
        invariants::check(&site).expect(0);
    }
}

fn an_organization_is_the_same_by_its_key_and_by_its_name(backend: Backend) {
    let site = site(backend, "");
    let config = std::fs::read_to_string(site.dir().join("rosterd.toml")).unwrap();
    site.write("rosterd.toml", &config.replace("[provisioning]", "[orgs.main]\nname = \"Main\"\n[provisioning]"));
    site.sync(0);
    let before = site.database.fingerprint();
    for (one, other) in [
        ("[[roles]]\nname = \"a\"\norg = \"main\"\n", "[[roles]]\nname = \"a\"\norg = \"Main\"\n"),
        (
            "[[members]]\norg = \"main\"\nrole = \"Admin\"\npeople = [\"wei\"]\n",
            "[[members]]\norg = \"Main\"\nrole = \"Viewer\"\npeople = [\"wei\"]\n",
        ),
        (
            "[[teams]]\norg = \"main\"\nname = \"t\"\nadmins = [\"wei\"]\n",
            "[[teams]]\norg = \"Main\"\nname = \"t\"\nmembers = [\"wei\"]\n",
        ),
    ] {
        declare(&site, &format!("{one}{other}"));
        let outcome = site.sync(super::CONFIGURATION);
        assert!(outcome.stdout.contains("is declared at"), "{outcome:#?}");
        assert_eq!(site.database.fingerprint(), before);
    }
    declare(
        &site,
        "[[roles]]\nname = \"a\"\norg = \"main\"\npermissions = [{ action = \"x:read\", scope = \"*\" }]\n\
         [[roles]]\nname = \"b\"\norg = \"Main\"\nfrom = [\"a\"]\n\
         [[assignments]]\nrole = \"b\"\norg = \"main\"\npeople = [\"wei\"]\n",
    );
    site.sync(0);
    assert_eq!(may(&site, "wei"), ["Main x:read * {} {}"]);
    invariants::check(&site).expect(0);
}
