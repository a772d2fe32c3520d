//! What provisioning files may say.

use super::*;

const WHOLE: &str = r#"
[[orgs]]
name = "Client A"
[[teams]]
org = "Platform"
name = "sre"
admins = ["ana"]
members = ["wei"]
[[members]]
org = "Platform"
role = "Viewer"
people = ["ana", "wei"]
[[roles]]
name = "custom:alert-manager"
org = "Platform"
title = "Alerts"
from = ["fixed:alerts:reader"]
permissions = [
  { action = "alerts:write", scope = "folders:ops:*", parameters = { region = "emea" } },
  { action = "alerts:delete", scope = "*", absent = true },
]
limits = { reports = 10 }
[[assignments]]
role = "custom:alert-manager"
org = "Platform"
people = ["ana"]
teams = ["sre"]
everybody = true
until = "2027-01-01T00:00:00Z"
[[delegations]]
of = "boss"
to = ["assistant"]
[[limits]]
people = ["ana"]
limits = { reports = 20 }
[[service_accounts]]
org = "Platform"
name = "ci"
[[templates]]
orgs = "client-*"
teams = [{ name = "viewers" }]
assignments = [
  { role = "bundle-basic", everybody = true, parameters = { tenant = "${org}" } },
  { role = "bundle-basic", team = "viewers", scope = "folders:${org_id}:*" },
]
"#;

fn read(text: &str) -> Result<Declared, Vec<String>> {
    parse_provision(text, Format::Toml, "roles.toml").map_err(|error| error.0)
}

#[test]
fn everything_there_is_to_say_is_read_with_its_place() {
    let d = read(WHOLE).unwrap();
    assert_eq!((d.orgs.len(), d.teams.len(), d.members.len(), d.team_members.len()), (1, 1, 2, 2));
    assert_eq!((d.roles.len(), d.held.len(), d.limits.len(), d.accounts.len(), d.templates.len()), (1, 4, 1, 1, 1));
    assert_eq!(d.members[1].at.to_string(), "roles.toml:12");
    let role = &d.roles[0];
    assert_eq!((role.what.permissions.len(), role.what.absent.len()), (1, 1));
    assert_eq!(d.held[0].what.until, 1_798_761_600_000);
    assert_eq!(d.held[3].what.until, provision::FOR_EVER);
    assert_eq!(d.templates[0].what.held.len(), 2);
}

#[test]
fn mistakes_are_found_all_at_once_with_their_lines() {
    for (text, expected) in [
        ("[[role]]\nname = 'a'\n", "roles.toml:1: unknown key `role`; did you mean `roles`?"),
        ("[[roles]]\nname = 'basic:none'\n", "roles.toml:1: `basic:none` allows nothing ever"),
        ("[[roles]]\nname = 'basic:owner'\n", "roles.toml:1: `basic:` begins the names of"),
        ("[[roles]]\nname = 'basic:viewer'\norg = 'A'\n", "leave `org` away"),
        ("[[roles]]\nname = 'basic:viewer'\ntitle = 'A'\n", "leave `title`"),
        ("[[roles]]\nname = 'Admin'\n", "roles.toml:1: the name of a role has small letters"),
        ("[[roles]]\nname = 'fixed:a'\nbundle = true\n", "is no bundle"),
        ("[[roles]]\nname = 'a'\nfrom = ['a']\n", "roles.toml:1: the role `a` is made from itself"),
        (
            "[[roles]]\nname = 'a'\npermissions = [{ action = 'a b', scope = '*' }]\n",
            "roles.toml:3: `action` has white space",
        ),
        (
            "[[roles]]\nname = 'a'\n[[roles]]\nname = 'a'\n",
            "roles.toml:3: the role `a` is declared at roles.toml:1 already",
        ),
        ("[[assignments]]\nrole = 'a'\n", "nobody is to hold it"),
        ("[[assignments]]\nrole = 'a'\nteams = ['t']\n", "say `org`"),
        ("[[assignments]]\nrole = 'basic:viewer'\npeople = ['a']\n", "use `[[members]]`"),
        (
            "[[assignments]]\nrole = 'a'\npeople = ['a']\nuntil = 2027-01-01\n",
            "roles.toml:4: `until` must be a time in quotes",
        ),
        (
            "[[assignments]]\nrole = 'a'\npeople = ['a', 'a']\n",
            "the role `a` on * for somebody is declared at roles.toml:3 already",
        ),
        (
            "[[members]]\norg = 'A'\nrole = 'viewer'\npeople = ['a']\n",
            "roles.toml:3: `role` must be None, Viewer, Editor or Admin",
        ),
        ("[[delegations]]\nof = 'a'\nto = ['a']\n", "roles.toml:3: nobody acts for themselves"),
        ("[[service_accounts]]\norg = 'A'\nname = 'C I'\n", "the name of a service account"),
        (
            "[[templates]]\norgs = '*'\nassignments = [{ role = 'a', everybody = true, scope = '${x}' }]\n",
            "roles.toml:3: `scope`: there are `${org}`",
        ),
        ("[[limits]]\npeople = ['a']\nlimits = { a = '1' }\n", "roles.toml:3: `a` must be a whole number, not "),
        ("orgs = 1\n", "roles.toml:1: `orgs` must be a list"),
        ("[[roles]]\nname = 'a'\ntitle = \"a\\u0000\"\n", "roles.toml:3: a text with a control character (U+0000)"),
        (
            "[[members]]\norg = 'A'\nrole = 'Viewer'\npeople = [\"a\\u001b[1m\"]\n",
            "roles.toml:4: a text with a control",
        ),
        (
            "[[assignments]]\nrole = 'a'\npeople = ['a']\nparameters = { \"a\\u0007\" = 'b' }\n",
            "roles.toml:4: a text with a control character (U+0007)",
        ),
    ] {
        let errors = read(text).unwrap_err();
        assert!(errors.len() == 1 && errors[0].contains(expected), "{text}\n{errors:#?}");
    }
    read("[[roles]]\nname = 'a'\ndescription = \"one\\nand\\tanother\"\n").unwrap();
    let errors = read("[[orgs]]\nnam = 'a'\n[[teams]]\nname = ''\n").unwrap_err();
    assert_eq!(
        errors,
        [
            "roles.toml:2: unknown key `nam`; did you mean `name`?",
            "roles.toml:1: `name` is missing",
            "roles.toml:3: `org` is missing",
            "roles.toml:4: `name` must be a text, not an empty one",
        ]
    );
}
