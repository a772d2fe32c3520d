//! A fact's settings as Grafana's own files, and its person as an identity document.

use super::fact::Fact;
use rosterd::import::{Inputs, Text};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

fn text(name: &str, text: String) -> Option<Text> {
    Some(Text { name: name.to_owned(), text })
}

/// Everything that the import is given.
pub fn inputs(fact: &Fact, compat: bool) -> Inputs {
    let mut inputs = Inputs { compat, ..Inputs::default() };
    let listed = fact.input["org_listing"] != "error";
    if let Some(orgs) = fact.config.get("orgs").filter(|_| listed) {
        inputs.orgs = text("orgs.json", orgs.to_string());
    }
    let mut ini = Ini::default();
    assign(fact, &mut ini);
    match fact.area.as_str() {
        "ldap_mapping" | "ldap_group_match" => {
            inputs.ldap = text("ldap.toml", ldap(&mappings(fact)));
            ini.section("auth.ldap");
            ini.set("skip_org_role_sync", &fact.config["skip_org_role_sync"]);
        }
        "team_match" => {
            match fact.provider() {
                // So that nobody is refused, whatever the groups.
                "ldap" => inputs.ldap = text("ldap.toml", ldap(&[json!({"group_dn": "*", "org_role": "Viewer"})])),
                provider => ini.section(&format!("auth.{provider}")),
            }
            inputs.team_sync = text("links.json", fact.config["teams"].to_string());
        }
        "oauth_groups" => {
            settings(fact, &mut ini);
            let links: Map<String, Value> =
                texts_in(&fact.input).into_iter().map(|group| (group.clone(), json!([group]))).collect();
            inputs.team_sync = text("links.json", Value::Object(links).to_string());
        }
        "oauth_org_mapping" | "oauth_org_mapping_parse" => {
            settings(fact, &mut ini);
            ini.set("org_mapping", &fact.input["org_mapping"]);
            ini.set("role_attribute_path", &json!("role"));
            ini.set("org_attribute_path", &json!("externals"));
        }
        _ => settings(fact, &mut ini),
    }
    inputs.ini = text("grafana.ini", ini.0);
    inputs
}

#[derive(Default)]
struct Ini(String);

impl Ini {
    fn section(&mut self, name: &str) {
        writeln!(self.0, "[{name}]\nenabled = true").unwrap();
    }

    /// As an administrator writes it: quoted where go-ini would cut it.
    fn set(&mut self, key: &str, value: &Value) {
        let value = match value {
            Value::Null => return,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let plain = !value.contains(['#', ';', '\'', '"', '`', '\\']);
        let quoted = if plain { value } else { format!("\"\"\"{value}\"\"\"") };
        writeln!(self.0, "{key} = {quoted}").unwrap();
    }
}

fn assign(fact: &Fact, ini: &mut Ini) {
    let assign = &fact.config["auto_assign"];
    ini.0.push_str("[users]\n");
    ini.set("auto_assign_org", &assign["enabled"]);
    ini.set("auto_assign_org_id", &assign["org_id"]);
    ini.set("auto_assign_org_role", &assign["role"]);
    ini.set("auto_assign_org_role", &fact.config["auto_assign_org_role"]);
}

/// The keys of a provider's section that a fact has.
fn settings(fact: &Fact, ini: &mut Ini) {
    ini.section(&format!("auth.{}", fact.provider()));
    let ours = ["provider", "auto_assign", "auto_assign_org_role", "orgs"];
    for (key, value) in fact.config.as_object().unwrap().iter().filter(|(key, _)| !ours.contains(&key.as_str())) {
        ini.set(key, value);
    }
}

fn mappings(fact: &Fact) -> Vec<Value> {
    match fact.config.get("group_dn") {
        Some(group) => vec![json!({ "group_dn": group, "org_id": 1, "org_role": "Viewer" })],
        None => fact.config["group_mappings"].as_array().unwrap().clone(),
    }
}

fn ldap(mappings: &[Value]) -> String {
    let mut out = "[[servers]]\nhost = \"127.0.0.1\"\nport = 389\nbind_dn = \"cn=reader,dc=corp,dc=example\"\n\
                   bind_password = \"swordfish\"\nsearch_filter = \"(cn=%s)\"\nsearch_base_dns = [\"dc=corp,dc=example\"]\n\
                   [servers.attributes]\nusername = \"cn\"\nmember_of = \"memberOf\"\n"
        .to_owned();
    for mapping in mappings {
        out.push_str("[[servers.group_mappings]]\n");
        for (key, value) in mapping.as_object().unwrap() {
            // JSON's texts are TOML's.
            writeln!(out, "{key} = {value}").unwrap();
        }
    }
    out
}

/// Every text below a value.
fn texts_in(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => BTreeSet::from([text.clone()]),
        Value::Array(items) => items.iter().flat_map(texts_in).collect(),
        Value::Object(map) => map.values().flat_map(texts_in).collect(),
        _ => BTreeSet::new(),
    }
}

/// The person, as a login or a directory says it.
pub fn person(fact: &Fact) -> Value {
    let input = &fact.input;
    let mut out = Map::new();
    match fact.area.as_str() {
        "oauth_org_mapping" => {
            let token = json!({ "role": input["direct_role"], "externals": input["external_groups"] });
            out.insert("id_token".to_owned(), token);
        }
        "saml_mapping" => {
            out.insert("assertion".to_owned(), input["attributes"].clone());
        }
        _ => {
            for (key, name) in [
                ("groups", "groups"),
                ("groups_api", "groups"),
                ("id_token", "id_token"),
                ("userinfo", "userinfo"),
                ("token_userinfo", "userinfo"),
            ] {
                // Where an API fails, nobody knows the groups.
                if let Some(said) = input.get(key).filter(|said| **said != "error") {
                    out.insert(name.to_owned(), said.clone());
                }
            }
            if let Some(teams) = input["teams_api"].as_array() {
                let names = |team: &Value| {
                    let (org, slug) = (team["organization"].as_str().unwrap(), team["slug"].as_str().unwrap());
                    [team["html_url"].clone(), json!(format!("@{org}/{slug}"))]
                };
                out.insert("groups".to_owned(), teams.iter().flat_map(names).collect());
            }
            if let Some(found) = input["graph"].get("value") {
                out.insert("groups".to_owned(), found.clone());
            }
            google(fact, &mut out);
        }
    }
    Value::Object(out)
}

/// Google's groups come page by page, and only when the scope for them was asked for.
fn google(fact: &Fact, out: &mut Map<String, Value>) {
    let Some(pages) = fact.input["groups_api"].as_array() else { return };
    let asked = fact.config.get("scopes").is_none_or(|scopes| scopes != &json!([]));
    let flat = pages.iter().flat_map(|page| page.as_array().cloned().unwrap_or_else(|| vec![page.clone()]));
    let groups: Vec<Value> = if asked { flat.collect() } else { Vec::new() };
    out.insert("groups".to_owned(), Value::Array(groups));
}
