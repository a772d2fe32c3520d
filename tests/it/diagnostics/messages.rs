//! The other ways in which a code is said: the pages have one example each, this is the rest, with
//! the words that are printed.

use super::{found, snapshot};
use rosterd::config::Format::{self, Json, Toml, Yaml};
use std::fmt::Write as _;

const LDAP: &str = "[providers.corp.ldap]\nusers.base = ['o']\ngroups.base = ['o']\n";
const SSO: &str = "[providers.sso]\nlogin.protocol = 'oidc'\n";
const VIEWER: &str = "default = { org = 'o', role = 'Viewer' }\n";

/// Whole files in each format.
const FILES: &[(Format, &str)] = &[
    (Yaml, "version: 1\nrules: [a\n"),
    (Yaml, "? [a]\n: 1\n"),
    (Yaml, "version: 1\nversion: 1\n"),
    (Yaml, "version: 1\nlimits: *limits\n"),
    (Yaml, "version: !!str 1\n"),
    (Yaml, "version: 1\n---\nversion: 1\n"),
    (Yaml, "version: ~\n"),
    (Yaml, "version: 1\ndatabase: { url: 5 }\n"),
    (Json, "{\"version\": 1,\n}"),
    (Json, "{\"version\": 1,\n\"version\": 1}"),
    (Toml, "version = 2\n"),
    (Toml, "version = 1\ndatabase.password = 'x'\n"),
    (Toml, "version = 1\ndatabase = 1979-05-27\n"),
];

/// Behind `version = 1`.
const CONFIGS: &[&str] = &[
    "database.password = {}",
    "database.url = 'sqlite:'",
    "orgs.'*' = {}",
    "orgs.1.name = '*'",
    "orgs.1.name = ' '",
    "providers.manual.file.path = 'x'",
    "providers.x.file.path = ' '",
    "providers.x = { file.path = 'x', login.protocol = 'oidc' }",
];

/// Lines of an LDAP provider.
const LDAPS: &[&str] = &[
    "urls = []\nbind.method = 'anonymous'",
    "urls = ['ldap://x/dc=y', 'ldap://x:0', 'ldap://::1', 'ldapi://']\nbind.method = 'anonymous'",
    "urls = ['ldaps://x']",
    "urls = ['ldaps://x']\nbind.method = 'external'",
];

/// Lines of a provider whose people come with a login.
const LOGINS: &[&str] = &[
    "claims.sources = []",
    "claims.groups = 'a['",
    "claims.groups = 'profile.teams'",
    "allow.none = [{ group = '*' }]",
    "org_roles = 'none'\non_no_match = 'default'\ndefault = { org = 'o', role = 'Viewer' }",
    "direct_role.expression = 'role'",
    "on_no_match = 'default'\ndefault = { org = 'o', role = 'Admin' }",
    "on_no_match = 'default'\ndefault = { org = ' ', role = 'Viewer' }",
];

/// Lines of a direct role.
const DIRECT_ROLES: &[&str] = &[
    "expression = 'role'\nonly_values = true",
    "expression = \"role || 'Admin'\"",
    "expression = \"'boss'\"\nvalues.server_admin = ['boss']",
    "expression = 'nickname'",
];

/// Rules over one provider that is a login.
const RULES: &[&str] = &[
    "provider = []\nmatch.group = 'g'\nserver_admin = true",
    "match.group = 'g'",
    "match.group = 'g'\nteam = 't'",
    "match.group = 'g'\norg = ' '\nrole = 'Viewer'",
    "match.group = 'g'\norg = []\nrole = 'Viewer'",
    "match.group = 'g'\norg = 'o'\nteam = ' '",
    "match.group = ' '\nserver_admin = true",
    "match.all = [{ none = [] }]\nserver_admin = true",
    "match = {}\nserver_admin = true",
    "match.claim = { path = 'a', equals = 'x', regex = 'y' }\nserver_admin = true",
    "match.claim = { path = 'a', present = false }\nserver_admin = true",
    "match.claim = { path = '', present = true }\nserver_admin = true",
    "match.claim = { path = 'a', one_of = [] }\nserver_admin = true",
    "match.claim = { path = 'a', glob = '' }\nserver_admin = true",
    "match.claim = { path = 'a', regex = '*' }\nserver_admin = true",
    "match.group_regex = 'a(?=b)'\nserver_admin = true",
    "match.group_regex = '((a{1,999}){1,999}){1,999}'\nserver_admin = true",
    "match.expression = '[@,@][] | [@,@][] | [@,@][] | [@,@][] | [@,@][]'\nserver_admin = true",
    "match.group = 'g'\norg = 'o'\nteam = '${1}'",
    "match.group_regex = '(.)'\norg = 'o'\nteam = '${1'",
    "match.group_regex = '(.)'\norg = 'o'\nteam = '5$'",
    "match.any = [{ group_regex = '(?P<a>.)' }, { group_regex = '(?P<b>.)' }]\norg = 'o'\nteam = '${a}'",
    "match.all = [{ group = 'a' }, { none = [{ group = 'a' }] }]\nserver_admin = true",
    "match.group_regex = 'team$-x'\nserver_admin = true",
    "match.expression = '`false`'\nserver_admin = true",
    "match.group = '*'\norg = 'o'\nrole = 'Admin'",
    "match.claim = { path = 'sub', present = true }\nserver_admin = true",
    "match.claim = { path = 'email', glob = '*@example.org' }\nserver_admin = true",
    "match.group = 'g'\norg = 'o'\nrole = 'Viewer'\n[[rules]]\nid = 's'\nmatch.group = 'g'\norg = 'o'\nrole = 'Viewer'",
];

/// Rules under a provider that does not write what they give.
const IDLE: &[(&str, &str)] = &[
    ("server_admin = 'keep'", "match.group = 'g'\nserver_admin = true"),
    ("org_roles = 'keep'", "match.group = 'g'\norg = 'o'\nrole = 'Viewer'"),
];

#[test]
fn every_message_is_as_it_was() {
    let rule = |lines: &str| format!("[[rules]]\nid = 'r'\n{lines}\n");
    let mut all: Vec<(Format, String)> = FILES.iter().map(|(format, text)| (*format, (*text).to_owned())).collect();
    let mut toml = |text: String| all.push((Toml, format!("version = 1\n{text}")));
    CONFIGS.iter().for_each(|lines| toml(format!("{lines}\n")));
    LDAPS.iter().for_each(|lines| toml(format!("{LDAP}{lines}\n")));
    LOGINS.iter().for_each(|lines| toml(format!("{SSO}{lines}\n")));
    DIRECT_ROLES.iter().for_each(|lines| toml(format!("{SSO}{VIEWER}[providers.sso.direct_role]\n{lines}\n")));
    RULES.iter().for_each(|lines| toml(format!("{SSO}{}", rule(lines))));
    IDLE.iter().for_each(|(provider, lines)| toml(format!("{SSO}{provider}\n{}", rule(lines))));
    toml(format!(
        "{LDAP}urls = ['ldaps://x']\nbind.method = 'anonymous'\nusers.attributes = ['displayName']\n{}",
        rule("match.claim = { path = 'displayName', equals = 'x' }\nserver_admin = true")
    ));
    toml(format!(
        "[providers.f]\nfile.path = 'x'\nclaims.sources = ['id_token']\n{}",
        rule("match.claim = { path = 'a', equals = 'x' }\nserver_admin = true")
    ));
    let mut text = String::new();
    for (format, config) in &all {
        let found = found(config, *format, &[]);
        assert!(!found.is_empty(), "nothing is said of\n{config}");
        for one in &found {
            writeln!(text, "{one}").unwrap();
        }
    }
    snapshot("messages.txt", &text);
}
