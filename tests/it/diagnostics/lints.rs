//! What is said of rules that are allowed and probably not meant, and of what it is not said.

use super::codes;
use rosterd::config::Code::{self, *};

/// Rules over one directory, one file and one login; `lines` go into each provider.
fn rules(lines: &str, rules: &[&str]) -> String {
    let ldap = "ldap.urls = ['ldaps://x']\nldap.bind.method = 'anonymous'\nldap.users.base = ['o']\nldap.users.attributes = ['department', 'displayName', 'nickname']\nldap.groups.base = ['o']";
    let mut text = format!(
        "version = 1\n[providers.dir]\n{lines}\n{ldap}\n[providers.file]\n{lines}\nfile.path = 'p'\n\
         [providers.sso]\n{lines}\nlogin.protocol = 'oidc'\n"
    );
    for (number, rule) in rules.iter().enumerate() {
        text.push_str(&format!("[[rules]]\nid = 'r{number}'\n{rule}\n"));
    }
    text
}

#[track_caller]
fn says(lines: &str, given: &[&str], expected: &[Code]) {
    let text = rules(lines, given);
    assert_eq!(codes(&text), expected, "{}", super::found(&text, rosterd::config::Format::Toml, &[]));
    // What is only warned of can be used.
    let loaded = rosterd::config::parse(&text, rosterd::config::Format::Toml, "x", &[]).unwrap();
    for provider in loaded.config.providers.keys() {
        rosterd::sync::rules_for(&loaded.config, provider).unwrap();
    }
}

const FIRST: &str = "resolve = 'first'";
const GROUP: &str = "match.group = 'g'\norg = 'o'\nrole = 'Viewer'";
const GROUP_ADMIN: &str = "match.group = 'g'\norg = 'o'\nrole = 'Admin'";
const EVERYBODY: &str = "match.group = '*'\norg = 'o'\nrole = 'Editor'";

#[test]
fn rules_that_match_nobody() {
    for matches in [
        "match.none = [{ group = '*' }]",
        "match.all = [{ group = 'a' }, { none = [{ group = 'a' }] }]",
        "match.any = [{ group_regex = 'a$b' }, { expression = '`false`' }]",
        "match.claim = { path = 'a', regex = '[^\\s\\S]' }",
    ] {
        says("", &[&format!("{matches}\nserver_admin = true")], &[RuleNeverFires]);
    }
    for matches in [
        "match.all = [{ claim = { path = 'a', equals = 'x' } }, { claim = { path = 'a', equals = 'y' } }]",
        "match.none = [{ group = 'a' }]",
        "match.group_regex = 'a\\$b'",
    ] {
        says("", &[&format!("{matches}\nserver_admin = true")], &[]);
    }
    says("allow.none = [{ group = '*' }]", &[], &[RuleNeverFires]);
    says("allow.group = 'a'", &[], &[]);
    let claim = "match.claim = { path = 'department', equals = 'x' }\nserver_admin = true\n";
    let sources = "claims.sources = ['id_token']";
    says(sources, &[&format!("{claim}provider = ['dir', 'file']")], &[RuleNeverFires]);
    says(sources, &["match.claim = { path = 'groups', equals = 'x' }\nserver_admin = true\nprovider = 'dir'"], &[]);
    says(sources, &[claim], &[]);
    says("", &[&format!("{claim}provider = 'dir'")], &[]);
    // What a directory is not asked for, it does not say; a file in YAML says what it likes.
    let other = claim.replace("department", "division");
    says("", &[&format!("{other}provider = 'dir'")], &[RuleNeverFires]);
    says("", &[&format!("{other}provider = ['dir', 'file']")], &[]);
}

/// What keys need of each other: each of these is one complaint, with this code.
#[test]
fn keys_of_the_mapping_language() {
    let default = "default = { org = 'o', role = 'Viewer' }";
    for (lines, code) in [
        ("claims.sources = []".to_owned(), EmptyValue),
        (format!("{default}\ndirect_role = {{ expression = 'a', sources = [] }}"), EmptyValue),
        (format!("{default}\ndirect_role.expression = 'a ||'"), BadExpression),
        ("claims.groups = 'a ||'".to_owned(), BadExpression),
        ("allow.group_regex = '('".to_owned(), BadRegex),
        ("allow.any = []".to_owned(), EmptyValue),
        ("allow = { group = 'a', group_glob = 'b' }".to_owned(), ExactlyOneKey),
        (default.to_owned(), DefaultUnused),
        ("on_no_match = 'default'".to_owned(), DefaultMissing),
        ("claims.sources = ['cookies']".to_owned(), UnknownWord),
    ] {
        one(&format!("version = 1\n[providers.sso]\nlogin.protocol = 'oidc'\n{lines}\n"), code);
    }
    for (rule, code) in [
        ("match.claim = { path = 'a' }\nserver_admin = true", ClaimTest),
        ("match.claim = { path = 'a', equals = 'b', glob = 'c' }\nserver_admin = true", ClaimTest),
        ("match.claim = { path = 'a', present = false }\nserver_admin = true", ClaimTest),
        ("match.claim = { path = ' ', present = true }\nserver_admin = true", EmptyValue),
        ("match.claim = { path = 'a', one_of = [] }\nserver_admin = true", EmptyValue),
        ("match.claim = { path = 'a', equals = 1.5 }\nserver_admin = true", WrongType),
        ("match.claim = { path = 'a', regex = '(' }\nserver_admin = true", BadRegex),
        ("match.group_exact = ''\nserver_admin = true", EmptyValue),
        ("match.group = 'g'\norg = []\nrole = 'Viewer'", EmptyValue),
        ("match.group = 'g'\norg = ['a', '']\nrole = 'Viewer'", EmptyValue),
        ("match.claim = { path = 'a', regex = 'x-(.)' }\norg = ['a', '${2}']\nrole = 'Viewer'", BadTemplate),
        ("match.group_regex = 'x-(.)'\norg = '${0}'\nrole = 'Viewer'", BadTemplate),
    ] {
        one(&rules("", &[rule]), code);
    }
    for orgs in
        ["[orgs.'*']\n", "[orgs.' ']\n", "[orgs.1]\nname = '*'\n", "[orgs.1]\nname = 'a'\n[orgs.2]\nname = 'a'\n"]
    {
        one(&format!("version = 1\n{orgs}"), OrgName);
    }
    says("", &["match.claim = { path = 'a', regex = 'x-(.)' }\norg = ['a', '${1}']\nrole = 'Viewer'"], &[]);
    says("", &["match.group = 'g'\norg = 'o'\nserver_admin = true"], &[]);
}

#[track_caller]
fn one(text: &str, code: Code) {
    let found = super::found(text, rosterd::config::Format::Toml, &[]);
    let said: Vec<Code> = found.iter().map(|one| one.code).collect();
    assert_eq!(said, [code], "{found}\nin:\n{text}");
}

#[test]
fn rules_that_come_too_late() {
    says(FIRST, &[GROUP, GROUP_ADMIN], &[RuleShadowed]);
    says(FIRST, &[EVERYBODY, GROUP], &[RuleShadowed]);
    says(FIRST, &["match.group = '*'\norg = '*'\nrole = 'Editor'", GROUP], &[RuleShadowed]);
    says(FIRST, &[GROUP, "match.group = 'g'\norg = ['o']\nserver_admin = true"], &[RuleShadowed]);
    // One organization is still its own.
    says(FIRST, &[GROUP, "match.group = 'g'\norg = ['o', 'p']\nrole = 'Admin'"], &[]);
    says(FIRST, &[GROUP, EVERYBODY], &[]);
    says(FIRST, &[GROUP, &format!("{GROUP_ADMIN}\nteam = 't'")], &[]);
    says(FIRST, &[&format!("{GROUP}\naside = true"), GROUP_ADMIN], &[]);
    says(FIRST, &[&format!("{GROUP}\nprovider = 'dir'"), GROUP_ADMIN], &[]);
    says(FIRST, &[GROUP, &format!("{GROUP_ADMIN}\ncase_sensitive = true")], &[]);
}

#[test]
fn rules_beside_which_others_give_as_much() {
    says("", &[GROUP, GROUP], &[RuleAddsNothing]);
    says("", &[EVERYBODY, GROUP], &[RuleAddsNothing]);
    says("", &[GROUP, EVERYBODY], &[RuleAddsNothing]);
    says("", &[GROUP, GROUP_ADMIN], &[RuleContradicts]);
    says("", &[GROUP_ADMIN, EVERYBODY], &[]);
    says("", &[GROUP, &format!("{GROUP}\nteam = 't'")], &[]);
    says("", &[GROUP, &format!("{GROUP}\naside = true")], &[]);
    says("", &[&format!("{GROUP}\naside = true"), GROUP], &[]);
    says("", &[&format!("{GROUP}\nprovider = 'dir'"), GROUP_ADMIN], &[RuleContradicts]);
    says("", &[GROUP, &format!("{GROUP_ADMIN}\nprovider = 'dir'")], &[]);
}

#[test]
fn what_is_given_and_not_written() {
    let admin = "match.group = 'g'\nserver_admin = true";
    says("server_admin = 'keep'", &[admin], &[RuleContradicts]);
    says("org_roles = 'keep'", &[GROUP], &[RuleContradicts]);
    says("org_roles = 'none'", &[GROUP], &[RuleContradicts]);
    says("org_roles = 'keep'\nserver_admin = 'keep'", &["match.group = 'g'\norg = 'o'\nteam = 't'"], &[]);
    let default = "default = { org = 'o', role = 'Viewer' }";
    for word in ["keep", "suspend", "nothing"] {
        says(&format!("strict = true\non_no_match = '{word}'"), &[], &[SettingsContradict]);
    }
    says(&format!("strict = true\non_no_match = 'default'\n{default}"), &[], &[]);
    says(&format!("org_roles = 'none'\non_no_match = 'default'\n{default}"), &[], &[SettingsContradict]);
    says("direct_role.expression = 'role'", &[], &[SettingsContradict]);
    says("direct_role.expression = 'role'", &[GROUP], &[]);
    says(&format!("direct_role.expression = 'role'\n{default}"), &[], &[]);
    says(
        &format!("direct_role = {{ expression = 'role', only_values = true }}\n{default}"),
        &[],
        &[SettingsContradict],
    );
}

#[test]
fn the_highest_right_for_everybody() {
    for matches in [
        "group = '*'",
        "group_glob = '*'",
        "group_regex = '.*'",
        "claim = { path = 'sub', present = true }",
        "expression = '`true`'",
        "any = [{ group = 'a' }, { group = '*' }]",
        "none = [{ none = [{ group = '*' }] }]",
    ] {
        says("", &[&format!("match = {{ {matches} }}\nserver_admin = true")], &[AdminForEverybody]);
        says("", &[&format!("match = {{ {matches} }}\norg = 'o'\nrole = 'Admin'")], &[AdminForEverybody]);
        says("", &[&format!("match = {{ {matches} }}\norg = 'o'\nrole = 'Editor'")], &[]);
    }
    says("on_no_match = 'default'\ndefault = { org = 'o', role = 'Admin' }", &[], &[AdminForEverybody]);
    let default = "default = { org = 'o', role = 'Viewer' }";
    for (direct, expected) in [
        ("expression = \"'Admin'\"", &[AdminForEverybody][..]),
        ("expression = \"contains(groups, 'x') && 'Viewer' || 'admin'\"", &[AdminForEverybody]),
        ("expression = \"role || 'boss'\"\nvalues.server_admin = ['Boss']", &[AdminForEverybody]),
        ("expression = \"role || 'admin'\"\nvalues.Viewer = ['admin']\nvalues.Admin = ['boss']", &[]),
        ("expression = \"contains(groups, 'x') && 'Admin' || 'Viewer'\"", &[]),
        ("expression = \"contains(groups, 'x') && 'Admin'\"", &[]),
    ] {
        let direct: Vec<String> = direct.lines().map(|line| format!("direct_role.{line}")).collect();
        says(&format!("{default}\n{}", direct.join("\n")), &[], expected);
    }
}

#[test]
fn what_people_write_themselves() {
    let rule = |provider: &str, matches: &str| format!("provider = '{provider}'\n{matches}\nserver_admin = true");
    for (provider, matches, expected) in [
        ("sso", "match.claim = { path = 'nickname', equals = 'x' }", &[SelfWrittenAttribute][..]),
        ("sso", "match.claim = { path = 'address.country', equals = 'x' }", &[SelfWrittenAttribute]),
        ("sso", "match.expression = \"contains(groups, 'nickname')\"", &[]),
        ("sso", "match.claim = { path = 'info.name', equals = 'x' }", &[]),
        ("sso", "match.claim = { path = 'email', glob = '*@x' }", &[SelfWrittenAttribute]),
        (
            "sso",
            "match.all = [{ claim = { path = 'email', glob = '*@x' } }, { claim = { path = 'email_verified', equals = true } }]",
            &[],
        ),
        ("sso", "match.expression = 'email_verified && ends_with(email, `\"@x\"`)'", &[]),
        ("dir", "match.claim = { path = 'displayName', equals = 'x' }", &[SelfWrittenAttribute]),
        ("dir", "match.claim = { path = 'nickname', equals = 'x' }", &[]),
        ("dir", "match.claim = { path = 'department', equals = 'x' }", &[]),
        ("file", "match.claim = { path = 'displayName', equals = 'x' }", &[]),
    ] {
        says("", &[&rule(provider, matches)], expected);
    }
    let verified = "allow = { claim = { path = 'email_verified', equals = true } }";
    says(verified, &[&rule("sso", "match.claim = { path = 'email', glob = '*@x' }")], &[]);
    says("claims.groups = 'profile.groups'", &[], &[SelfWrittenAttribute]);
    says("claims.groups = 'realm.groups'", &[], &[]);
}
