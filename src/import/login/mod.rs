//! People who come with a login: OAuth, OIDC, JWT, SAML, a proxy in front.
//!
//! What these have in common is in `common`; what is one provider's own is in its file.

mod allow;
mod azuread;
mod common;
mod generic;
mod github;
mod gitlab;
mod google;
mod jwt;
mod kind;
mod mapping;
mod okta;
mod proxy;
mod role;
mod saml;

use super::draft::Draft;
use super::report::{Report, Verdict};
use super::settings::{Section, Settings};
use super::{Problem, Work};
use rosterd_core::rights::OrgRole;

/// What Grafana gives to those whom nothing else says anything about: `[users]`.
#[derive(Debug)]
pub(super) struct Assign {
    pub(super) org: i64,
    pub(super) role: OrgRole,
}

impl Assign {
    pub(super) fn read(settings: &Settings, report: &mut Report) -> Self {
        let users = settings.section("users");
        let on = users.is("auto_assign_org", true);
        let id = users.text("auto_assign_org_id").and_then(|id| id.trim().parse().ok()).filter(|id| *id > 0);
        // Anything but a role is Viewer to Grafana.
        let said = users.get("auto_assign_org_role");
        let known = said.and_then(|said| OrgRole::parse(&said.value));
        if let (Some(said), None) = (said, known) {
            report.line(&said.place, &said.what, Verdict::Look, "no role: Grafana takes Viewer, and so does `default`");
        }
        let role = known.unwrap_or(OrgRole::Viewer);
        for (key, text) in [
            ("auto_assign_org", "where those land who have no other organization: `default.org`"),
            ("auto_assign_org_id", "`default.org`, unless `auto_assign_org` is off: then organization 1"),
            ("auto_assign_org_role", "`default.role`"),
        ] {
            if let Some(said) = users.written(key).filter(|said| !report.has(&said.place, &said.what)) {
                report.line(&said.place, &said.what, Verdict::Converted, text);
            }
        }
        Self { org: if on { id.unwrap_or(1) } else { 1 }, role }
    }
}

/// A provider for each section that is not switched off.
pub(super) fn convert(draft: &mut Draft, work: &mut Work<'_>) -> Vec<Problem> {
    for kind in [&generic::KIND, &azuread::KIND, &github::KIND, &gitlab::KIND, &google::KIND, &okta::KIND, &jwt::KIND] {
        if let Some(section) = section(kind.section, work) {
            common::convert(kind, &section, draft, work);
        }
    }
    if let Some(section) = section("auth.saml", work) {
        saml::convert(&section, draft, work);
    }
    if let Some(section) = section("auth.proxy", work) {
        proxy::convert(&section, draft, work);
    }
    Vec::new()
}

/// A section with something in it that is not switched off.
fn section(name: &str, work: &mut Work<'_>) -> Option<Section> {
    let section = work.settings.section(name);
    if section.is_empty() {
        return None;
    }
    if section.get("enabled").is_some() && !section.is("enabled", false) {
        for (_, said) in section.keys() {
            let text = "switched off (`enabled = false`): not converted";
            work.report.line(&said.place, &said.what, Verdict::Aside, text);
        }
        return None;
    }
    if section.get("enabled").is_none() {
        work.report.first(format!(
            "`[{name}]` does not say `enabled = true`, so Grafana itself does not use it. It was converted nevertheless."
        ));
    }
    if let Some(said) = section.get("enabled") {
        let text = format!("provider `{}`", provider(name));
        work.report.line(&said.place, &said.what, Verdict::Converted, text);
    }
    Some(section)
}

/// A provider's name: the section's without `auth.`.
fn provider(section: &str) -> &str {
    section.strip_prefix("auth.").unwrap_or(section)
}
