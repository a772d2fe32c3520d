//! One fact about Grafana.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct Fact {
    pub id: String,
    pub area: String,
    pub config: Value,
    pub input: Value,
    pub expected: Value,
}

impl Fact {
    pub fn all() -> Vec<Self> {
        serde_json::from_str(include_str!("facts.json")).unwrap()
    }

    /// The provider that it is about, by the name an import gives it.
    pub fn provider(&self) -> &str {
        match self.area.as_str() {
            "ldap_mapping" | "ldap_group_match" => "ldap",
            "saml_mapping" => "saml",
            _ => match self.config["provider"].as_str() {
                Some("auth_proxy") => "proxy",
                Some(name) => name,
                None => "generic_oauth",
            },
        }
    }
}
