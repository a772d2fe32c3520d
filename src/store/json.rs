//! The two lists that are kept as JSON texts: ids, and grants.
//!
//! Written and read by hand because a full read has hundreds of thousands of them. The texts have
//! no blanks: `provider_groups.rs` looks for `,5]` in them.

use super::StoreError;
use rosterd_core::ids::{EntitlementId, GroupId, OrgId, RuleId, TeamId};
use rosterd_core::observed::{Grant, Right};
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::text::push_int;

/// Replaces `out` by the ids as `[1,2]`.
pub(super) fn ids_text(out: &mut String, ids: &[GroupId]) {
    out.clear();
    out.push('[');
    for (i, id) in ids.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_int(out, i64::from(*id));
    }
    out.push(']');
}

/// The ids of `[1,2]`.
pub(super) fn ids(text: &str) -> Result<Vec<GroupId>, StoreError> {
    let bad = || StoreError::Database(format!("a list of group ids reads {text:?}"));
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(bad)?;
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let mut list = Vec::with_capacity(inner.len() / 4 + 1);
    let mut number: Option<u32> = None;
    for byte in inner.bytes() {
        match byte {
            b'0'..=b'9' => {
                let digit = u32::from(byte - b'0');
                let grown = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit));
                number = Some(grown.ok_or_else(bad)?);
            }
            b',' => list.push(GroupId(number.take().ok_or_else(bad)?)),
            b' ' => {}
            _ => return Err(bad()),
        }
    }
    list.push(GroupId(number.ok_or_else(bad)?));
    Ok(list)
}

/// Replaces `out` by the grants, each as the migration says.
pub(super) fn grants_text(out: &mut String, grants: &[Grant]) {
    out.clear();
    out.push('[');
    for (i, grant) in grants.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        match grant.right {
            Right::Org(org, role) => push_right(out, "org", i64::from(org), role.name()),
            Right::Team(team, role) => push_right(out, "team", i64::from(team), role.name()),
            Right::ServerAdmin => out.push_str("[\"server_admin\",null,null,"),
            Right::Entitlement(entitlement) => {
                out.push_str("[\"entitlement\",");
                push_int(out, i64::from(entitlement));
                out.push_str(",null,");
            }
        }
        push_int(out, i64::from(grant.rule));
        out.push(',');
        match grant.via.get() {
            Some(group) => push_int(out, i64::from(group)),
            None => out.push_str("null"),
        }
        out.push(']');
    }
    out.push(']');
}

fn push_right(out: &mut String, kind: &str, id: i64, role: &str) {
    out.push_str("[\"");
    out.push_str(kind);
    out.push_str("\",");
    push_int(out, id);
    out.push_str(",\"");
    out.push_str(role);
    out.push_str("\",");
}

/// The grants of a text that [`grants_text`] made.
pub(super) fn grants(text: &str) -> Result<Vec<Grant>, StoreError> {
    if text == "[]" {
        return Ok(Vec::new());
    }
    type Element<'a> = (&'a str, Option<u32>, Option<&'a str>, u32, Option<u32>);
    let elements: Vec<Element<'_>> =
        serde_json::from_str(text).map_err(|e| StoreError::Database(format!("a list of grants is damaged: {e}")))?;
    elements
        .into_iter()
        .map(|(kind, id, role, rule, via)| {
            let right = match (kind, id, role) {
                ("org", Some(org), Some(role)) => OrgRole::parse(role).map(|role| Right::Org(OrgId(org), role)),
                ("team", Some(team), Some(role)) => TeamRole::parse(role).map(|role| Right::Team(TeamId(team), role)),
                ("server_admin", None, None) => Some(Right::ServerAdmin),
                ("entitlement", Some(entitlement), None) => Some(Right::Entitlement(EntitlementId(entitlement))),
                _ => None,
            };
            let right = right
                .ok_or_else(|| StoreError::Database(format!("a list of grants has a {kind:?} that is no right")))?;
            Ok(Grant { right, rule: RuleId(rule), via: via.map(GroupId).into() })
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;
    use rosterd_core::ids::Maybe;

    #[test]
    fn lists_come_back_as_they_were() {
        let mut out = String::new();
        for list in [vec![], vec![GroupId(0)], vec![GroupId(5), GroupId(u32::MAX)]] {
            ids_text(&mut out, &list);
            assert_eq!(ids(&out).unwrap(), list);
        }
        assert_eq!(out, "[5,4294967295]");
        for bad in ["", "[", "5", "[5", "[,]", "[5,]", "[a]", "[4294967296]", "[-1]"] {
            assert!(ids(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn grants_come_back_as_they_were() {
        let list = vec![
            Grant { right: Right::Org(OrgId(3), OrgRole::Editor), rule: RuleId(1), via: GroupId(9).into() },
            Grant { right: Right::Team(TeamId(4), TeamRole::Admin), rule: RuleId(2), via: Maybe::default() },
            Grant { right: Right::ServerAdmin, rule: RuleId(2), via: Maybe::default() },
            Grant { right: Right::Entitlement(EntitlementId(7)), rule: RuleId(3), via: GroupId(9).into() },
        ];
        let mut out = String::new();
        grants_text(&mut out, &list);
        assert_eq!(
            out,
            r#"[["org",3,"Editor",1,9],["team",4,"admin",2,null],["server_admin",null,null,2,null],["entitlement",7,null,3,9]]"#
        );
        assert_eq!(grants(&out).unwrap(), list);
        assert_eq!(grants("[]").unwrap(), []);
        for bad in ["", "{}", "[[]]", r#"[["org",null,"Editor",1,9]]"#, r#"[["org",1,"editor",1,9]]"#] {
            assert!(grants(bad).is_err(), "{bad}");
        }
    }
}
