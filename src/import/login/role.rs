//! The role that a provider says itself.

use super::kind::{Kind, RoleFrom};
use crate::import::Work;
use crate::import::draft::Direct;
use crate::import::report::Verdict;
use crate::import::settings::Section;

/// From `role_attribute_path`, or the claim that Grafana always takes.
pub(super) fn read(kind: &Kind, section: &Section, work: &mut Work<'_>) -> Option<Direct> {
    let said = section.get("role_attribute_path");
    let values = vec![("server_admin", vec!["GrafanaAdmin".to_owned()])];
    let base = Direct {
        sources: kind.role_sources.to_vec(),
        values,
        keep_server_admin: kind.keeps_server_admin,
        ..Direct::default()
    };
    match (kind.role, said) {
        (RoleFrom::Claim(claim), said) => {
            if let Some(said) = said {
                let text = format!("Grafana does not read it for this provider: the role is in the claim `{claim}`");
                work.report.line(&said.place, &said.what, Verdict::Aside, text);
            }
            Some(Direct { expression: claim.to_owned(), several: true, ..base })
        }
        (RoleFrom::Setting, None) => None,
        (RoleFrom::Setting, Some(said)) => match work.expressions.check(&said.value) {
            Ok(()) => {
                work.report.line(&said.place, &said.what, Verdict::Converted, "`direct_role.expression`");
                Some(Direct { expression: said.value.clone(), ..base })
            }
            Err(why) => {
                let text = format!("left out: {why}. Grafana says nothing and gives no role by it");
                work.report.line(&said.place, &said.what, Verdict::Cannot, text);
                None
            }
        },
    }
}
