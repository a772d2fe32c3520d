//! `[auth.saml]`: attributes of an assertion, by name.

use super::mapping::{self, Left};
use crate::import::Work;
use crate::import::draft::{Claims, Direct, Draft, Match, Provider, Reads, Test};
use crate::import::grafana::{LoginModel, Model, SamlRole};
use crate::import::read::list;
use crate::import::report::{Place, Verdict};
use crate::import::settings::Section;
use serde_json::{Value, json};

/// The setting, and what its values mean.
const VALUES: [(&str, &str); 5] = [
    ("role_values_none", "None"),
    ("role_values_viewer", "Viewer"),
    ("role_values_editor", "Editor"),
    ("role_values_admin", "Admin"),
    ("role_values_grafana_admin", "server_admin"),
];

pub(super) fn convert(section: &Section, draft: &mut Draft, work: &mut Work<'_>) {
    let skip = section.is("skip_org_role_sync", false);
    let direct = role(section, work);
    let admin = direct.as_ref().is_some_and(|direct| direct.values.iter().any(|(role, _)| *role == "server_admin"));
    let org = attribute(section, "assertion_attribute_org", "`org_mapping` is compared with it", work);
    let left = org.clone().map_or(Left::Nothing, Left::Claim);
    let parsed = mapping::parse(section, false, work);
    let at = section.get("org_mapping").cloned();
    mapping::rules("saml", at.as_ref(), &parsed.mapped, &left, draft, work);
    if let Some(said) = section.written("skip_org_role_sync") {
        let text = if skip { "roles are left alone: `org_roles = \"keep\"`" } else { "roles are synced" };
        work.report.line(&said.place, &said.what, Verdict::Converted, text);
    }
    let (allow, pass_claims) = allow(section, org.as_deref(), work);
    let place =
        section.keys().next().map_or_else(|| Place::Variable("saml".to_owned()), |(_, said)| said.place.clone());
    let default = (work.orgs.mention(work.assign.org, &place), work.assign.role);
    let model = LoginModel {
        mapped: parsed.mapped,
        compares: org.is_some(),
        // The attribute's own name: a case puts it at the top of the assertion.
        left: section.text("assertion_attribute_org").map(quoted),
        strict: false,
        skip,
        admin,
        keeps_server_admin: false,
        default: default.clone(),
        role: None,
        source: "assertion",
        pass_groups: Vec::new(),
        pass_claims,
        refuses: false,
    };
    let saml = direct
        .as_ref()
        .zip(section.text("assertion_attribute_role"))
        .map(|(direct, attribute)| SamlRole { attribute: attribute.to_owned(), values: direct.values.clone() });
    draft.providers.push(Provider {
        name: "saml".to_owned(),
        from: format!("[auth.saml], {place}"),
        reads: Reads::Login { protocol: "saml" },
        first: false,
        case_sensitive: true,
        on_no_match: if skip { "keep" } else { "default" },
        default: (!skip).then_some(default),
        strict: false,
        org_roles: if skip { "keep" } else { "sync" },
        server_admin: if admin && !skip { "sync" } else { "keep" },
        allow,
        claims: Some(Claims {
            sources: vec!["assertion", "attributes"],
            groups: attribute(section, "assertion_attribute_groups", "`claims.groups`", work),
            lists_only: false,
            absent_is_none: work.report.compat(),
        }),
        direct,
        model: Model::Saml(Box::new(model), saml),
        teams: Vec::new(),
    });
}

/// An attribute as JMESPath: by its name, at the top of a document or below `attributes`.
fn attribute(section: &Section, key: &str, text: &str, work: &mut Work<'_>) -> Option<String> {
    let said = section.get(key)?;
    work.report.line(&said.place, &said.what, Verdict::Converted, text);
    let name = quoted(&said.value);
    Some(format!("{name} || attributes.{name}"))
}

/// A name as JMESPath's quoted identifier, which is JSON's text.
fn quoted(name: &str) -> String {
    json!(name).to_string()
}

fn role(section: &Section, work: &mut Work<'_>) -> Option<Direct> {
    let mut values = Vec::new();
    for (key, role) in VALUES {
        let Some(said) = section.get(key) else { continue };
        let texts = list(&said.value);
        if section.get("assertion_attribute_role").is_none() {
            let text = "Grafana does not read it without `assertion_attribute_role`";
            work.report.line(&said.place, &said.what, Verdict::Aside, text);
            continue;
        }
        work.report.line(&said.place, &said.what, Verdict::Converted, format!("`direct_role.values.{role}`"));
        values.push((role, texts));
    }
    let expression = attribute(section, "assertion_attribute_role", "`direct_role.expression`", work)?;
    Some(Direct { expression, several: true, case_sensitive: true, values, only_values: true, ..Direct::default() })
}

fn allow(section: &Section, org: Option<&str>, work: &mut Work<'_>) -> (Vec<Match>, Vec<(String, Value)>) {
    let Some(said) = section.get("allowed_organizations") else { return (Vec::new(), Vec::new()) };
    let Some(org) = org else {
        let text = "needs `assertion_attribute_org`: without it Grafana has nothing to compare with";
        work.report.line(&said.place, &said.what, Verdict::Look, text);
        return (Vec::new(), Vec::new());
    };
    let allowed = list(&said.value);
    work.report.line(&said.place, &said.what, Verdict::Converted, "`allow`: who is in none of them is refused");
    let name = section.text("assertion_attribute_org").unwrap_or_default();
    let claims = allowed.first().map(|one| (name.to_owned(), json!([one]))).into_iter().collect();
    (vec![Match::claim(org, Test::OneOf(allowed))], claims)
}
