//! The environment over the file.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use rosterd::config::{Format, Loaded, parse};

const TEXT: &str = r#"version = 1
[providers.corp-east.ldap]
urls = ["ldaps://ldap.example.org"]
bind = { dn = "cn=x", password = { file = "p" } }
users.base = ["ou=p"]
groups.base = ["ou=g"]
"#;

fn with(env: &[(&str, &str)]) -> Result<Loaded, String> {
    let env: Vec<(String, String)> =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    parse(TEXT, Format::Toml, "rosterd.toml", &env).map_err(|found| found.to_string())
}

#[test]
fn values_are_read_by_the_type_of_their_key() {
    let loaded = with(&[
        ("PATH", "/bin"),
        ("ROSTERD_LOG", "debug"),
        ("ROSTERD__DATABASE__URL", "sqlite:12345"),
        ("rosterd__limits__removals_percent", "30"),
        ("ROSTERD__PROVIDERS__CORP_EAST__LDAP__URLS", r#"["ldap://a", "ldap://b"]"#),
        ("ROSTERD__PROVIDERS__CORP_EAST__LDAP__START_TLS", "true"),
        ("ROSTERD__PROVIDERS__CORP_EAST__LDAP__TIMEOUT", "3s"),
        ("ROSTERD__PROVIDERS__CORP_EAST__LDAP__BIND__PASSWORD", r#"{"env": "LDAP_PASSWORD"}"#),
        ("ROSTERD__PROVIDERS__CORP_EAST__LDAP__TLS__MIN_VERSION", "1.3"),
        ("ROSTERD__RULES", r#"[{"id": "r", "match": {"group": "g"}, "server_admin": true}]"#),
    ])
    .unwrap();
    let config = &loaded.config;
    assert_eq!(config.database.url, "sqlite:12345");
    assert_eq!(config.limits.removals_percent, 30);
    let ldap = config.providers["corp-east"].ldap.as_ref().unwrap();
    assert_eq!(ldap.urls, ["ldap://a", "ldap://b"]);
    assert!(ldap.start_tls);
    assert_eq!(ldap.timeout.millis(), 3000);
    assert_eq!(ldap.bind.password.as_ref().and_then(|secret| secret.env.as_deref()), Some("LDAP_PASSWORD"));
    assert_eq!(ldap.bind.dn.as_deref(), Some("cn=x"));
    assert_eq!(ldap.tls.min_version, rosterd::config::MinTls::Tls13);
    assert_eq!(loaded.places.rule("r").as_deref(), Some("environment variable ROSTERD__RULES"));
}

#[test]
fn w24_a_variable_that_is_wrong_is_named_and_not_shown() {
    for (name, value, expected) in [
        (
            "ROSTERD__DATABASE__ULR",
            "hunter2",
            "there is no key `ulr`\n --> environment variable ROSTERD__DATABASE__ULR\n  = did you mean `url`?",
        ),
        ("ROSTERD__DATABASE__URL__X", "hunter2", "what it would be in is text"),
        ("ROSTERD__PROVIDERS__CROP_EAST__EVERY", "1m", "did you mean `corp-east`?"),
        ("ROSTERD__LIMITS__REMOVALS_PERCENT", "hunter2", "the value must be a whole number, as JSON"),
        (
            "ROSTERD__LIMITS__REMOVALS_PERCENT",
            "1000",
            "`removals_percent` is out of range\n --> environment variable ROSTERD__LIMITS__REMOVALS_PERCENT\n  = from 0 to 100",
        ),
        ("ROSTERD__PROVIDERS__CORP_EAST__LDAP__URLS", "ldaps://hunter2", "such as [\"one\",\"two\"]"),
        ("ROSTERD__DATABASE__PASSWORD", "hunter2", "the value must be a table, as JSON"),
        ("ROSTERD__DATABASE__PASSWORD", "\"hunter2\"", "`password` must be a table, not text"),
        ("ROSTERD__DATABASE__URL", "postgres://u:hunter2@h/d", "must not hold a password"),
        ("ROSTERD__", "x", "there is no key ``"),
    ] {
        let found = with(&[(name, value)]).map(|_| ()).unwrap_err();
        assert!(found.contains(expected) && !found.contains("hunter2"), "{expected}\n{found}");
    }
    let found = with(&[("ROSTERD__DATABASE__URL", "sqlite:a"), ("rosterd__database__url", "sqlite:b")]);
    assert!(found.map(|_| ()).unwrap_err().contains("a key is set twice"));
}

/// Errors of the file and of the environment come together, the file's first.
#[test]
fn all_layers_are_reported_at_once() {
    let env = [("ROSTERD__LIMITS__WINDOW".to_owned(), "soon".to_owned())];
    let found = parse("version = 1\ncolour = 1\n", Format::Toml, "x.toml", &env).map(|_| ()).unwrap_err().to_string();
    let (file, variable) = (found.find("x.toml:2:1"), found.find("ROSTERD__LIMITS__WINDOW"));
    assert!(file.is_some() && file < variable, "{found}");
}
