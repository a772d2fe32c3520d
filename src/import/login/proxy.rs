//! `[auth.proxy]`: a proxy in front that says who it is in headers.
//!
//! Without a role header Grafana leaves roles alone; with one, that role in the default
//! organization is all that somebody has.

use crate::import::Work;
use crate::import::draft::{Claims, Direct, Draft, Provider, Reads};
use crate::import::grafana::{Model, ProxyModel};
use crate::import::report::{Place, Verdict};
use crate::import::settings::Section;
use serde_json::json;

pub(super) fn convert(section: &Section, draft: &mut Draft, work: &mut Work<'_>) {
    let headers = section.get("headers");
    let header = |name: &str| {
        headers?
            .value
            .split([' ', ',', '\t'])
            .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix(':').map(str::to_owned))
    };
    let role = header("Role");
    if let Some(said) = headers {
        let text = "groups come with the login, one by one: Grafana splits the header's text at its commas. `Role` is \
                    `direct_role`, read from `attributes`";
        work.report.line(&said.place, &said.what, Verdict::Look, text);
    }
    let place =
        section.keys().next().map_or_else(|| Place::Variable("proxy".to_owned()), |(_, said)| said.place.clone());
    let direct = role.as_deref().map(|header| Direct {
        expression: format!("Role || {}", json!(header)),
        sources: vec!["attributes"],
        case_sensitive: true,
        ..Direct::default()
    });
    let default = direct.as_ref().map(|_| (work.orgs.mention(work.assign.org, &place), work.assign.role));
    draft.providers.push(Provider {
        name: "proxy".to_owned(),
        from: format!("[auth.proxy], {place}"),
        reads: Reads::Login { protocol: "proxy" },
        first: false,
        case_sensitive: true,
        on_no_match: "keep",
        default: default.clone(),
        strict: false,
        org_roles: "sync",
        server_admin: "keep",
        allow: Vec::new(),
        claims: Some(Claims {
            sources: vec!["attributes"],
            groups: None,
            lists_only: true,
            absent_is_none: work.report.compat(),
        }),
        direct,
        model: Model::Proxy(ProxyModel { org: default.map(|(org, _)| org) }),
        teams: Vec::new(),
    });
}
