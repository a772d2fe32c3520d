//! `grafana.ini` with `GF_…` variables over it: sections, keys, and where each was said.

use super::read::{Ini, expand};
use super::report::{Place, Report, Verdict};
use super::{Problem, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Sections that are converted, and so looked for among the variables too.
pub(super) const SECTIONS: [&str; 12] = [
    "users",
    "auth",
    "auth.ldap",
    "auth.generic_oauth",
    "auth.azuread",
    "auth.github",
    "auth.gitlab",
    "auth.google",
    "auth.okta",
    "auth.jwt",
    "auth.proxy",
    "auth.saml",
];

/// Everything that was said.
#[derive(Debug, Default)]
pub(super) struct Settings(BTreeMap<String, Section>);

/// One section.
#[derive(Debug, Clone, Default)]
pub(super) struct Section {
    pub(super) name: String,
    keys: BTreeMap<String, Said>,
}

/// A value and where it was said.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// `[section] key`
    pub(super) what: String,
    /// With its variables put in.
    pub(super) value: String,
    /// Grafana's reader drops a pair of `'` around it.
    pub(super) unquoted: bool,
    pub(super) place: Place,
}

impl Settings {
    pub(super) fn read(file: Option<&Text>, environment: &[(String, String)]) -> Result<Self, Vec<Problem>> {
        let ini = file.map(Ini::read).transpose()?.unwrap_or_default();
        let name = file.map_or("", |file| file.name.as_str());
        let mut sections = BTreeMap::new();
        let names: BTreeSet<&str> = ini.0.keys().map(String::as_str).chain(SECTIONS).collect();
        for section in names {
            let mut keys: BTreeMap<String, (String, bool, Place)> = ini
                .0
                .get(section)
                .into_iter()
                .flatten()
                .map(|(key, said)| {
                    let place = Place::Line(name.to_owned(), said.line);
                    (key.clone(), (ini.filled(section, &said.value), said.unquoted, place))
                })
                .collect();
            for (key, variable, value) in overrides(section, environment) {
                keys.insert(key, (value.to_owned(), false, Place::Variable(variable.to_owned())));
            }
            let said = |(key, (value, unquoted, place)): (String, (String, bool, Place))| {
                let what = format!("[{section}] {key}");
                (key, Said { what, value: expand(&value, environment).0, unquoted, place })
            };
            let keys = keys.into_iter().map(said).collect();
            sections.insert(section.to_owned(), Section { name: section.to_owned(), keys });
        }
        Ok(Self(sections))
    }

    /// A section, empty when nobody said anything.
    pub(super) fn section(&self, name: &str) -> Section {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// A line for each key that nothing was said about.
    pub(super) fn report_the_rest(&self, report: &mut Report) {
        for section in self.0.values() {
            let ours = SECTIONS.contains(&section.name.as_str());
            for (key, said) in &section.keys {
                if !report.has(&said.place, &said.what) {
                    let (verdict, text) = if ours { rest(key) } else { other(&section.name) };
                    report.line(&said.place, &said.what, verdict, text);
                }
            }
        }
    }
}

impl Section {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// A key that says something: to Grafana an empty value is none.
    pub(super) fn get(&self, key: &str) -> Option<&Said> {
        self.keys.get(key).filter(|said| !said.value.trim().is_empty())
    }

    /// The key with something to say about it, even if it is empty.
    pub(super) fn written(&self, key: &str) -> Option<&Said> {
        self.keys.get(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, &Said)> {
        self.keys.iter().map(|(key, said)| (key.as_str(), said))
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).map(|said| said.value.as_str())
    }

    /// A switch, as go-ini reads one; `default` for anything else.
    pub(super) fn is(&self, key: &str, default: bool) -> bool {
        match self.text(key).map(str::trim) {
            Some("1" | "t" | "T" | "TRUE" | "true" | "True" | "YES" | "yes" | "Yes" | "y" | "ON" | "on" | "On") => true,
            Some("0" | "f" | "F" | "FALSE" | "false" | "False" | "NO" | "no" | "No" | "n" | "OFF" | "off" | "Off") => {
                false
            }
            _ => default,
        }
    }
}

/// Variables that set keys of a section: `GF_`, the section and the key in capitals, `.` and `-`
/// as `_`. An empty variable sets nothing.
fn overrides<'e>(section: &str, environment: &'e [(String, String)]) -> Vec<(String, &'e str, &'e str)> {
    if !SECTIONS.contains(&section) {
        return Vec::new();
    }
    let start = format!("GF_{}_", section.to_ascii_uppercase().replace(['.', '-'], "_"));
    environment
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, value)| Some((name.strip_prefix(&start)?.to_ascii_lowercase(), name, value)))
        // `GF_AUTH_LDAP_ENABLED` is no key of `[auth]`.
        .filter(|(key, _, _)| section != "auth" || !key_of_longer_section(key))
        .map(|(key, name, value)| (key, name.as_str(), value.as_str()))
        .collect()
}

fn key_of_longer_section(key: &str) -> bool {
    let longer = SECTIONS.iter().filter_map(|section| section.strip_prefix("auth."));
    longer.chain(["anonymous", "basic", "grafana_com", "grafananet"]).any(|rest| key.starts_with(&format!("{rest}_")))
}

/// Keys about how people sign in, which say nothing about what they get.
const CONNECTION: &[&str] = &[
    "client_id",
    "client_secret",
    "client_authentication",
    "auth_url",
    "token_url",
    "api_url",
    "teams_url",
    "scopes",
    "auth_style",
    "use_pkce",
    "use_refresh_token",
    "tls_skip_verify_insecure",
    "tls_client_cert",
    "tls_client_key",
    "tls_client_ca",
    "signout_redirect_url",
    "header_name",
    "jwk_set_url",
    "jwk_set_file",
    "cache_ttl",
    "key_file",
    "key_id",
    "expect_claims",
    "url_login",
    "enable_login_token",
    "certificate",
    "certificate_path",
    "private_key",
    "private_key_path",
    "signature_algorithm",
    "idp_metadata",
    "idp_metadata_path",
    "idp_metadata_url",
    "max_issue_delay",
    "metadata_valid_duration",
    "relay_state",
    "single_logout",
    "allow_idp_initiated",
    "entity_id",
    "whitelist",
    "sync_ttl",
    "federated_credential_audience",
    "managed_identity_client_id",
    "workload_identity_token_file",
    "force_use_graph_api",
    "idp_domain",
    "config_file",
    "jwk_set_bearer_token_file",
    "name_id_format",
    "sign_requests",
    "client_assertion",
    "domain_hint",
    "login_prompt",
];

/// Keys about what is on the screen, or about new accounts.
const SCREEN: &[&str] = &["name", "icon", "allow_sign_up", "auto_sign_up", "auto_login", "enabled"];

/// Keys that say who somebody is.
const IDENTITY: &[&str] = &[
    "email_attribute_name",
    "email_attribute_path",
    "login_attribute_path",
    "name_attribute_path",
    "id_token_attribute_name",
    "email_claim",
    "username_claim",
    "username_attribute_path",
    "assertion_attribute_name",
    "assertion_attribute_login",
    "assertion_attribute_email",
    "assertion_attribute_external_uid",
    "header_property",
    "empty_scopes",
];

fn rest(key: &str) -> (Verdict, &'static str) {
    if SCREEN.contains(&key) {
        (Verdict::Aside, "says nothing about what people get")
    } else if CONNECTION.contains(&key) {
        (Verdict::Look, "connection settings are not converted: rosterd does not sign people in by this provider")
    } else if IDENTITY.contains(&key) {
        (Verdict::Look, "says who somebody is, not what they get: not converted")
    } else {
        (Verdict::Look, "not known to this import: it was left out")
    }
}

fn other(section: &str) -> (Verdict, &'static str) {
    if section.starts_with("auth") {
        (Verdict::Look, "this way to sign in is not imported")
    } else {
        (Verdict::Aside, "says nothing about what people get")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

    use super::*;

    #[test]
    fn variables_win_and_say_so() {
        let file = Text { name: "g.ini".to_owned(), text: "[auth.okta]\nenabled = true\nscopes = a\n".to_owned() };
        let env = [
            ("GF_AUTH_OKTA_ROLE_ATTRIBUTE_PATH", "role"),
            ("GF_AUTH_OKTA_SCOPES", "b"),
            ("GF_AUTH_OKTA_ENABLED", ""),
            ("GF_AUTH_LDAP_ENABLED", "true"),
            ("HOME", "/root"),
        ];
        let env: Vec<_> = env.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let settings = Settings::read(Some(&file), &env).unwrap();
        let okta = settings.section("auth.okta");
        assert_eq!(okta.text("role_attribute_path"), Some("role"));
        assert_eq!(okta.get("scopes").unwrap().place.to_string(), "GF_AUTH_OKTA_SCOPES");
        assert_eq!(okta.get("enabled").unwrap().place.to_string(), "g.ini:2");
        assert!(settings.section("auth").is_empty());
        assert!(settings.section("auth.ldap").is("enabled", false));
    }
}
