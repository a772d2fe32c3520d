//! Keys that need, exclude or name each other.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

use super::complaints;
use rosterd::config::{Severity, load};

/// A provider that is read by LDAP, with these lines added to it.
fn ldap(lines: &str) -> String {
    format!("version = 1\n[providers.corp.ldap]\nusers.base = ['ou=p']\ngroups.base = ['ou=g']\n{lines}\n")
}

/// A rule with these lines, over two providers from files.
fn rule(lines: &str) -> String {
    format!("version = 1\n[providers]\na.file.path = 'a'\nb.file.path = 'b'\n[[rules]]\nid = 'r'\n{lines}\n")
}

#[track_caller]
fn one_complaint(text: &str, expected: &str) {
    let found = complaints(text);
    assert!(found.contains(expected), "expected: {expected}\nfound:\n{found}\nin:\n{text}");
    let count = found.matches("-->").count();
    assert_eq!(count, 1, "one complaint expected:\n{found}\nin:\n{text}");
}

const SSO: &str = "version = 1\n[providers.sso.login]\nprotocol = 'oidc'\n";
const SIGNED_IN: &str = "bind = { dn = 'cn=x', password = { env = 'X' } }";

#[test]
fn providers() {
    for (text, expected) in [
        ("version = 1\n[providers.corp]\n".to_owned(), "does not say where its people come from"),
        ("version = 1\n[providers]\nManual.file.path = 'x'\n".to_owned(), "`Manual` cannot name a provider"),
        ("version = 1\n[providers]\nmanual.file.path = 'x'\n".to_owned(), "`manual` cannot name a provider"),
        ("version = 1\n[providers.x]\nfile.path = 'x'\nevery = '0s'\n".to_owned(), "`every` must be more than 0"),
        (format!("{SSO}lease = '0d'\n"), "`lease` must be more than 0"),
        (format!("{SSO}lease = '367d'\n"), "`lease` must be at most 366d"),
        ("version = 1\n[providers.x]\nfile.path = ' '\n".to_owned(), "`path` must not be empty"),
        ("version = 1\n[providers.x]\nfile.path = 'x'\non_no_match = 'default'\n".to_owned(), "needs `default`"),
        (
            "version = 1\n[providers.x]\nfile.path = 'x'\ndefault = { org = 'a', role = 'Viewer' }\n".to_owned(),
            "`default` is never given",
        ),
        (
            format!("{}[providers.corp]\nfile.path = 'x'\n", ldap(&format!("urls = ['ldaps://x']\n{SIGNED_IN}"))),
            "has both `ldap` and `file`",
        ),
        (
            "version = 1\n[providers.x]\nfile = { path = 'x.ldif', attributes = ['a b'] }\n".to_owned(),
            "not the name of an attribute",
        ),
        (
            "version = 1\n[providers.x]\nfile = { path = 'x.LDIF', attributes = ['ou', 'sambaNTPassword'] }\n"
                .to_owned(),
            "`sambaNTPassword` is never read",
        ),
        (
            "version = 1\n[providers.x]\nfile = { path = 'x.yaml', attributes = ['ou'] }\n".to_owned(),
            "goes with LDIF only",
        ),
        ("version = 1\n[database]\nurl = 'mysql://x'\n".to_owned(), "not a database that rosterd knows"),
        ("version = 1\n[database]\nurl = 'sqlite:'\n".to_owned(), "names no SQLite file"),
        ("version = 1\n[database]\npassword = { env = 'X' }\nurl = 'sqlite:x'\n".to_owned(), "is for PostgreSQL"),
        (
            "version = 1\n[database]\nurl = 'postgres://x/y'\npassword = { env = 'X', file = 'x' }\n".to_owned(),
            "exactly one key",
        ),
        ("version = 1\n[database]\nurl = 'postgres://x/y'\npassword = {}\n".to_owned(), "exactly one key"),
        ("version = 1\n[limits]\nhold_expires = '0s'\n".to_owned(), "`hold_expires` must be more than 0"),
        ("version = 1\n[limits]\nremovals_percent = 101\n".to_owned(), "from 0 to 100"),
        ("version = 1\n[limits]\nremovals_at_least = 4294967296\n".to_owned(), "from 0 to 4294967295"),
        ("version = 1\n[limits]\nwindow = '99999999999999999999d'\n".to_owned(), "`window` is not well formed"),
        ("version = 1\n[limits]\nremovals_percent = '20'\n".to_owned(), "remove the quotes"),
    ] {
        one_complaint(&text, expected);
    }
}

#[test]
fn who_re_checks_people_of_another_provider() {
    let text = |sso: &str, more: &str| {
        format!(
            "version = 1\n[providers]\nsso = {{ login.protocol = 'oidc', {sso} }}\ncorp = {{ file.path = 'x', {more} }}\n"
        )
    };
    let (email, login) = ("link.by = ['email']", "link.by = ['login']");
    for (sso, corp, expected) in [
        ("recheck = 'crop'", email, "there is no provider `crop`"),
        ("recheck = 'sso'", email, "`sso` cannot list people, so it cannot re-check any"),
        ("recheck = 'corp'", email, "nobody of `sso` is found to be somebody of `corp`"),
        ("recheck = 'corp', link.by = ['login']", email, "nobody of `sso` is found to be somebody of `corp`"),
        (login, "recheck = 'sso', link.by = ['login']", "`recheck` of `corp` is of no use: it lists its people itself"),
    ] {
        one_complaint(&text(sso, corp), expected);
    }
    assert_eq!(complaints(&text("recheck = 'corp', link.by = ['login', 'email']", email)), "");
}

#[test]
fn ldap_connections() {
    let urls = "urls = ['ldaps://x']";
    for (lines, expected) in [
        (urls.to_owned(), "a simple bind needs `dn`"),
        (format!("{urls}\nbind.dn = 'x'"), "a simple bind needs `password`"),
        (format!("{urls}\nbind = {{ method = 'anonymous', dn = 'x' }}"), "`dn` goes with"),
        (format!("{urls}\nbind.method = 'external'"), "an external bind needs a client certificate"),
        (format!("{urls}\n{SIGNED_IN}\ntls.client_key_file = 'x'"), "`client_key_file` needs `client_cert_file`"),
        (format!("{urls}\n{SIGNED_IN}\nstart_tls = true"), "`start_tls` goes with ldap:// only"),
        (format!("{urls}\n{SIGNED_IN}\ntimeout = '0ms'"), "`timeout` must be more than 0"),
        (format!("{urls}\n{SIGNED_IN}\nusers.id = 'a b'"), "not the name of an attribute"),
        (format!("{urls}\n{SIGNED_IN}\nusers.attributes = ['ou', 'UserPassword']"), "`UserPassword` is never read"),
        (format!("{urls}\n{SIGNED_IN}\nusers.login = 'krbPrincipalKey'"), "`krbPrincipalKey` is never read"),
        (format!("{urls}\n{SIGNED_IN}\nusers.attributes = ['ou', 'OU']"), "this attribute is named already"),
        (
            format!("{urls}\n{SIGNED_IN}\ngroups.members = []\ngroups.member_logins = []"),
            "nothing says who is in a group",
        ),
        (format!("urls = ['http://x']\n{SIGNED_IN}"), "not the URL of an LDAP server"),
        (format!("urls = []\n{SIGNED_IN}"), "`urls` must not be empty"),
        (format!("urls = ['ldap://x']\n{SIGNED_IN}"), "crosses the network unencrypted"),
    ] {
        let found = complaints(&ldap(&lines));
        assert!(found.contains(expected), "expected: {expected}\nfound:\n{found}\nin:\n{lines}");
    }
    for lines in [
        format!("{urls}\n{SIGNED_IN}"),
        format!("urls = ['ldap://x']\nstart_tls = true\n{SIGNED_IN}"),
        format!("urls = ['ldap://127.0.0.1:1389']\n{SIGNED_IN}"),
        "urls = ['ldapi://%2Fx']\nbind.method = 'external'".to_owned(),
        "urls = ['ldap://x']\nbind.method = 'anonymous'".to_owned(),
    ] {
        assert_eq!(complaints(&ldap(&lines)), "", "{lines}");
    }
}

#[test]
fn rules() {
    for (lines, expected) in [
        ("match.group = 'g'", "the rule gives nothing"),
        ("match.group = 'g'\nserver_admin = false", "the rule gives nothing"),
        ("match.group = 'g'\norg = 'o'", "gives nothing in it"),
        ("match.group = 'g'\nrole = 'Viewer'", "`role` needs `org`"),
        ("match.group = 'g'\nteam = 't'", "`team` needs `org`"),
        ("match.group = 'g'\nteam_role = 'admin'\norg = 'o'\nrole = 'Viewer'", "`team_role` needs `team`"),
        ("match.group = 'g'\norg = ''\nrole = 'Viewer'", "`org` must not be empty"),
        ("match.group = ''\nserver_admin = true", "`group` must not be empty"),
        ("match.any = []\nserver_admin = true", "`any` must not be empty"),
        ("match.all = [{ none = [] }]\nserver_admin = true", "`none` must not be empty"),
        ("match = { group = 'a', group_glob = 'b' }\nserver_admin = true", "needs exactly one key"),
        ("match = {}\nserver_admin = true", "needs exactly one key"),
        ("match.groups = 'a'\nserver_admin = true", "did you mean `group`?"),
        ("server_admin = true", "`match` is missing in entry 1 of `rules`"),
        ("match.group = 'g'\nserver_admin = true\nprovider = 'c'", "there is no provider `c`"),
        ("match.group = 'g'\nserver_admin = true\nprovider = ['a', 'c']", "there is no provider `c`"),
        ("match.group = 'g'\nserver_admin = true\nprovider = []", "names none"),
        ("match.group_regex = '('\nserver_admin = true", "not a regular expression"),
        ("match.group_regex = '((a{1,999}){1,999}){1,999}'\nserver_admin = true", "it is too large"),
        ("match.group_regex = 't-(?P<name>.)'\norg = 'o'\nteam = '${nam}'", "did you mean `name`?"),
        ("match.group_regex = 't-(.)'\norg = 'o'\nteam = '${2}'", "does not always capture `2`"),
        ("match.group = 't'\norg = 'o'\nteam = '${1}'", "only a `group_regex` or a"),
        ("match.group_regex = 't-(.)'\norg = 'o'\nteam = '${1'", "`${` without `}`"),
        ("match.group = '*'\nserver_admin = true", "makes everybody a server admin"),
        ("match.group = '*'\norg = '*'\nrole = 'Admin'", "makes everybody an Admin"),
        ("match.group = 'team-*'\nserver_admin = true", "stands for itself"),
        (
            "match.group = 'g'\nserver_admin = true\n[[rules]]\nid = 'r'\nmatch.group = 'h'\nserver_admin = true",
            "is called `r`",
        ),
    ] {
        one_complaint(&rule(lines), expected);
    }
    for lines in [
        "match.group_regex = 't-(?P<name>.)(.)'\norg = '${name}'\nteam = 'T ${2}'",
        "match.group = 'g'\norg = '*'\nrole = 'Viewer'",
        "match.group = 'g'\nserver_admin = true",
    ] {
        assert_eq!(complaints(&rule(lines)), "", "{lines}");
    }
}

#[test]
fn a_rule_that_can_never_decide_is_reported() {
    let text = |resolve: &str, provider: &str| {
        format!(
            "version = 1\n[providers.a]\nfile.path = 'a'\nresolve = '{resolve}'\n[providers.b]\nfile.path = 'b'\n\
             [[rules]]\nid = 'one'\nmatch.group = 'g'\norg = 'o'\nrole = 'Viewer'\n{provider}\n\
             [[rules]]\nid = 'two'\nprovider = 'a'\nmatch.group = 'g'\norg = 'o'\nrole = 'Admin'\n"
        )
    };
    let found = complaints(&text("first", ""));
    assert!(found.contains("warning[rule-shadowed]: rule `two` can never decide\n  --> rosterd.toml:13:1"), "{found}");
    assert_eq!(complaints(&text("highest", "")), "");
    assert_eq!(complaints(&text("first", "provider = 'b'")), "");
}

/// Work grows with the number of rules, not with its square: this would take minutes (W25). Fewer
/// than the 100,000 that are meant, because tests are not optimized.
#[test]
fn w25_very_many_rules() {
    let mut text = "version = 1\n[providers.a]\nfile.path = 'a'\n".to_owned();
    for n in 0..20_000 {
        text.push_str(&format!("[[rules]]\nid = '{n}'\nmatch.group = 'g{}'\norg = 'o'\nrole = 'Viewer'\n", n % 1000));
    }
    let Ok(loaded) = super::toml(&text) else { panic!("refused") };
    assert_eq!(loaded.config.rules.len(), 20_000);
    assert_eq!(loaded.places.rule("1").as_deref(), Some("rosterd.toml:9"));
}

#[test]
fn relative_paths_start_at_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rosterd.toml");
    let text = ldap("urls = ['ldaps://x']\nbind = { dn = 'x', password = { file = 'p' } }\ntls.ca_file = '/ca'");
    std::fs::write(&path, format!("{text}[providers.f]\nfile.path = 'people.yaml'\n")).unwrap();
    let loaded = load(&path, &[]).map_err(|found| found.to_string()).unwrap();
    let at = |name: &str| folder.path().join(name);
    assert_eq!(loaded.config.database.url, format!("sqlite:{}", at("rosterd.db").display()));
    assert_eq!(loaded.config.providers["f"].file.as_ref().map(|file| file.path.clone()), Some(at("people.yaml")));
    let ldap = loaded.config.providers["corp"].ldap.as_ref().unwrap();
    assert_eq!(ldap.tls.ca_file.as_deref(), Some(std::path::Path::new("/ca")));
    assert_eq!(ldap.bind.password.as_ref().and_then(|secret| secret.file.clone()), Some(at("p")));
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, expected) in [
        ("none.toml", None, "cannot be read"),
        ("x.ini", Some(&b"version = 1"[..]), "does not say its format"),
        ("x.toml", Some(&b"version = 1\n# \xff\n"[..]), "line 2 is not UTF-8"),
    ] {
        let path = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let found = load(&path, &[]).map(|_| ()).unwrap_err();
        assert!(found.to_string().contains(expected), "{found}");
        assert!(found.iter().all(|one| one.severity == Severity::Error));
    }
    let found = load(folder.path(), &[]).map(|_| ()).unwrap_err();
    assert!(found.has_errors());
}

#[test]
fn the_hash_is_of_what_is_in_effect() {
    let hash = |text: &str| super::toml(text).map_err(|found| found.to_string()).unwrap().hash;
    let plain = hash("version = 1\n");
    assert_eq!(plain.len(), 64);
    assert_eq!(plain, hash("version = 1 # a comment\n[limits]\nremovals_percent = 20\n"));
    assert_ne!(plain, hash("version = 1\n[limits]\nremovals_percent = 21\n"));
}

/// Neither a file of nothing but errors nor one of nothing but warnings hides that it is wrong.
#[test]
fn w25_very_many_complaints_stay_bounded() {
    let keys: String = (0..5_000).map(|n| format!("k{n} = 1\n")).collect();
    let found = complaints(&format!("version = 1\n{keys}"));
    assert_eq!(found.matches("error[unknown-key]: ").count(), 1000);
    let rules: String =
        (0..1_100).map(|n| format!("[[rules]]\nid = '{n}'\nmatch.group = '*'\nserver_admin = true\n")).collect();
    let found =
        complaints(&format!("version = 1\n{rules}[[rules]]\nid = '0'\nmatch.group = 'g'\nserver_admin = true\n"));
    assert_eq!(found.matches("warning[admin-for-everybody]: ").count(), 1000);
    assert_eq!(found.matches("error[duplicate-rule-id]: another rule before this one is called `0`").count(), 1);
}

/// What editors on other systems add to a file is no part of it, nor of the places in it.
#[test]
fn byte_order_marks_and_carriage_returns() {
    let found = complaints("\u{feff}version = 1\r\ncolour = 2\r\n");
    assert_eq!(
        found,
        "error[unknown-key]: unknown key `colour`\n --> rosterd.toml:2:1\n  |\n2 | colour = 2\n  | ^^^^^^ there are `database`, \
         `daemon`, `orgs`, `providers`, `rules`, `hooks`, `signals`, `provisioning`, `limits`, `accounts`, `log`, `telemetry`, `http`\n\nmore about a code: `rosterd explain code unknown-key`\n"
    );
}
