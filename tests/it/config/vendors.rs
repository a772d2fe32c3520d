//! Sections of vendors' interfaces: what is asked for where, and who asks.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use super::{complaints, toml};
use rosterd::config::{Kind, load};

const KEYCLOAK: &str = "url = 'https://x.org'\nrealm = 'r'\nclient_id = 'c'\nclient_secret = { file = 'a' }\n";
const GRAPH: &str = "tenant = 't'\nclient_id = 'c'\nclient_secret = { file = 'a' }\n";
const OKTA: &str = "url = 'https://x.okta.com'\n";
const GOOGLE: &str = "service_account = { file = 'a' }\nadmin = 'a@x.org'\n";
const GITHUB: &str = "org = 'o'\ntoken = { file = 'a' }\n";
const GITLAB: &str = "group = 'a/b'\ntoken = { file = 'a' }\n";

fn provider(section: &str, lines: &str) -> String {
    format!("version = 1\n[providers.x.{section}]\n{lines}")
}

#[test]
fn what_is_wrong_with_a_vendors_section_is_said_at_its_place() {
    let with = |section: &str, lines: &str, more: &str| provider(section, &format!("{lines}{more}\n"));
    for (text, expected) in [
        (with("keycloak", KEYCLOAK, "timeout = '0s'"), "`timeout` must be more than 0"),
        (with("keycloak", KEYCLOAK, "groups = []"), "groups"),
        (with("keycloak", KEYCLOAK, "attributes = ['a', 'A']"), "named already"),
        (with("keycloak", KEYCLOAK, "attributes = ['a b']"), "not the name of an attribute"),
        (with("keycloak", KEYCLOAK, "attributes = ['userPassword']"), "is never read"),
        (provider("keycloak", &KEYCLOAK.replace("https", "http")), "not the URL of a service"),
        (provider("keycloak", &KEYCLOAK.replace("'r'", "'a/b'")), "this is no name for `realm`"),
        (with("graph", GRAPH, "login_url = 'https://a@x'"), "not the URL of a service"),
        (with("graph", GRAPH, "login = 'a,b'"), "not the name of an attribute"),
        (with("graph", GRAPH, "group_name = 'name'"), "`id` or `display_name`"),
        (with("okta", OKTA, ""), "`okta` does not say who asks"),
        (
            with("okta", OKTA, "token = { env = 'T' }\nclient = { id = 'i', private_key = { env = 'K' } }"),
            "`okta` says twice who asks",
        ),
        (with("google", GOOGLE, "token_url = 'http://x.org/token'"), "would cross the network unencrypted"),
        (with("google", GOOGLE, "customer = ' '"), "`customer` must not be empty"),
        (provider("github", &GITHUB.replace("'o'", "'https://github.com/o'")), "this is no name for `org`"),
        (provider("gitlab", &GITLAB.replace("a/b", "")), "`group` must not be empty"),
        (provider("scim", "url = 'https://x.org'\n"), "`scim` does not say who asks"),
        (
            provider(
                "scim",
                "url = 'https://x.org'\noauth = { token_url = 'http://x.org', client_id = 'c', client_secret = { env = 'S' } }\n",
            ),
            "not the URL of a service",
        ),
        (format!("{}[providers.x.okta]\n{OKTA}token = {{ env = 'T' }}\n", provider("github", GITHUB)), "has both"),
    ] {
        let found = complaints(&text);
        assert!(found.contains(expected), "expected: {expected}\nfound:\n{found}\nin:\n{text}");
        assert_eq!(found.matches("-->").count(), 1, "one complaint expected:\n{found}\nin:\n{text}");
    }
}

#[test]
fn each_section_is_one_kind_and_its_files_are_beside_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rosterd.toml");
    let okta = format!("{OKTA}token = {{ file = 'a' }}\n");
    let scim = "url = 'https://x.org'\noauth = { token_url = 'https://x.org/t', client_id = 'c', client_secret = { file = 'a' } }\n";
    for (section, lines) in [
        ("keycloak", KEYCLOAK),
        ("graph", GRAPH),
        ("okta", okta.as_str()),
        ("google", GOOGLE),
        ("github", GITHUB),
        ("gitlab", GITLAB),
        ("scim", scim),
    ] {
        std::fs::write(&path, provider(section, &format!("{lines}ca_file = 'ca.pem'\n"))).unwrap();
        let loaded = load(&path, &[]).map_err(|found| found.to_string()).unwrap();
        let kind = loaded.config.providers["x"].kind().unwrap();
        assert_eq!(kind.name(), section);
        let (secret, _) = kind.credentials();
        assert_eq!(secret.unwrap().file.as_deref(), Some(folder.path().join("a").as_path()), "{section}");
        let json = serde_json::to_value(&loaded.config.providers["x"]).unwrap();
        assert_eq!(json[section]["ca_file"], folder.path().join("ca.pem").to_str().unwrap(), "{section}");
    }
    let signed = format!("{OKTA}client = {{ id = 'i', private_key = {{ file = 'k.pem' }} }}\n");
    std::fs::write(&path, provider("okta", &signed)).unwrap();
    let loaded = load(&path, &[]).map_err(|found| found.to_string()).unwrap();
    let Some(kind @ Kind::Okta(_)) = loaded.config.providers["x"].kind() else { unreachable!() };
    assert_eq!(kind.credentials().0.unwrap().file.as_deref(), Some(folder.path().join("k.pem").as_path()));
}

/// Entra's rules name ids, unless somebody says otherwise: names are anybody's there.
#[test]
fn what_is_not_said_is_the_safer_one() {
    let loaded = toml(&provider("graph", GRAPH)).map_err(|found| found.to_string()).unwrap();
    let json = serde_json::to_value(&loaded.config.providers["x"].graph).unwrap();
    assert_eq!(json["group_name"], "id");
    assert_eq!(json["groups"], serde_json::json!(["*"]));
    assert_eq!(json["url"], "https://graph.microsoft.com/v1.0");
}
