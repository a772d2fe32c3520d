//! The role that a provider says itself.

use super::kind::{Kind, RoleFrom};
use crate::import::Work;
use crate::import::draft::Direct;
use crate::import::report::Verdict;
use crate::import::settings::Section;

/// A text that can be meant as a role for everybody.
const ROLES: [&str; 5] = ["None", "Viewer", "Editor", "Admin", "GrafanaAdmin"];

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
        (RoleFrom::Setting, Some(said)) if said.unquoted && ROLES.contains(&said.value.as_str()) => {
            let text = format!(
                "Grafana's reader drops these quotes, looks for a claim called {0}, and gives nobody a role by it. \
                 Taken as it was probably meant: {0} for everybody. In Grafana that is written \"'{0}'\"",
                said.value
            );
            work.report.line(&said.place, &said.what, Verdict::Look, text);
            Some(Direct { expression: format!("'{}'", said.value), ..base })
        }
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
