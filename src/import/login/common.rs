//! OAuth and JWT: one conversion, with what each kind says of itself.

use super::kind::{Externals, GroupsFrom, Kind};
use super::mapping::{self, Left};
use super::{allow, provider, role};
use crate::import::Work;
use crate::import::draft::{Claims, Draft, Match, Provider, Reads};
use crate::import::grafana::{LoginModel, Model};
use crate::import::report::{Place, Verdict};
use crate::import::settings::Section;

pub(super) fn convert(kind: &Kind, section: &Section, draft: &mut Draft, work: &mut Work<'_>) {
    let name = provider(kind.section);
    let skip = section.is("skip_org_role_sync", false);
    let strict = section.is("role_attribute_strict", false);
    let admin = section.is("allow_assign_grafana_admin", false);
    switches(section, skip, strict, admin, work);
    let mut allow = allow::read(kind, section, work.report);
    let direct = role::read(kind, section, work);
    let left = left(kind, section, skip, &mut allow.matches, work);
    let parsed = mapping::parse(section, strict, work);
    let at = section.get("org_mapping").cloned();
    mapping::rules(name, at.as_ref(), &parsed.mapped, &left, draft, work);
    let place = section.keys().next().map_or_else(|| Place::Variable(name.to_owned()), |(_, said)| said.place.clone());
    let default = (work.orgs.mention(work.assign.org, &place), work.assign.role);
    let model = LoginModel {
        mapped: parsed.mapped,
        left: match &left {
            Left::Claim(path) => Some(path.clone()),
            Left::Groups | Left::Nothing => None,
        },
        compares: !matches!(left, Left::Nothing),
        strict,
        skip,
        admin,
        keeps_server_admin: kind.keeps_server_admin,
        default: default.clone(),
        role: direct.as_ref().map(|direct| (direct.expression.clone(), direct.several)),
        source: kind.role_sources.first().or(kind.sources.first()).copied().unwrap_or("id_token"),
        pass_groups: allow.groups,
        pass_claims: allow.claims,
        refuses: allow.matches.contains(&nobody()),
    };
    draft.providers.push(Provider {
        name: name.to_owned(),
        from: format!("[{}], {place}{}", kind.section, allow.always),
        reads: Reads::Login { protocol: kind.protocol },
        first: false,
        case_sensitive: true,
        on_no_match: if skip { "keep" } else { "default" },
        default: (!skip).then_some(default),
        strict: strict && !skip,
        org_roles: if skip { "keep" } else { "sync" },
        server_admin: if admin && !skip { "sync" } else { "keep" },
        allow: allow.matches,
        claims: Some(Claims {
            sources: kind.sources.to_vec(),
            groups: groups(kind, section, work),
            lists_only: true,
            absent_is_none: work.report.compat(),
        }),
        direct,
        model: Model::Login(Box::new(model)),
        teams: Vec::new(),
    });
}

fn switches(section: &Section, skip: bool, strict: bool, admin: bool, work: &mut Work<'_>) {
    let both = skip && admin;
    for (key, text) in [
        (
            "skip_org_role_sync",
            if skip {
                "roles are left alone: `org_roles = \"keep\"`, `server_admin = \"keep\"`"
            } else {
                "roles are synced: `org_roles = \"sync\"`"
            },
        ),
        (
            "role_attribute_strict",
            match (strict, skip) {
                (true, true) => "nothing as long as `skip_org_role_sync` is on",
                (true, false) => "`strict = true`: who has no role is refused",
                (false, _) => "who has no role gets `default`",
            },
        ),
        (
            "allow_assign_grafana_admin",
            match (admin, both) {
                (_, true) => "Grafana refuses it together with `skip_org_role_sync`, and from a file syncs nothing",
                (true, _) => "`server_admin = \"sync\"`: the flag is written, true or false",
                (false, _) => "`server_admin = \"keep\"`: the flag is left alone",
            },
        ),
    ] {
        if let Some(said) = section.written(key) {
            let verdict = if both && key == "allow_assign_grafana_admin" { Verdict::Look } else { Verdict::Converted };
            work.report.line(&said.place, &said.what, verdict, text);
        }
    }
}

/// What refuses everybody.
fn nobody() -> Match {
    Match::None(vec![Match::everybody()])
}

fn left(kind: &Kind, section: &Section, skip: bool, allow: &mut Vec<Match>, work: &mut Work<'_>) -> Left {
    let said = section.get("org_attribute_path");
    if kind.externals == Externals::Groups {
        if let Some(said) = said {
            let text = "Grafana does not read it for this provider: `org_mapping` is compared with the groups";
            work.report.line(&said.place, &said.what, Verdict::Aside, text);
        }
        return Left::Groups;
    }
    let Some(said) = said else { return Left::Nothing };
    match work.expressions.check(&said.value) {
        Ok(()) => {
            work.report.line(&said.place, &said.what, Verdict::Converted, "`match.claim` of the rules");
            Left::Claim(said.value.clone())
        }
        Err(why) if skip => {
            let text = format!("left out: {why}. With `skip_org_role_sync` Grafana does not read it");
            work.report.line(&said.place, &said.what, Verdict::Cannot, text);
            Left::Nothing
        }
        Err(why) => {
            let text = format!("{why}. Grafana refuses every login because of it, and so does `allow` now");
            work.report.line(&said.place, &said.what, Verdict::Cannot, text);
            work.report.first(format!(
                "{}: `org_attribute_path` is no JMESPath, so **nobody can sign in** by `[{}]`. Mend it and import again.",
                said.place, kind.section
            ));
            allow.push(nobody());
            Left::Nothing
        }
    }
}

fn groups(kind: &Kind, section: &Section, work: &mut Work<'_>) -> Option<String> {
    let said = section.get("groups_attribute_path");
    match kind.groups {
        GroupsFrom::Setting => {
            let said = said?;
            match work.expressions.check(&said.value) {
                Ok(()) => {
                    work.report.line(&said.place, &said.what, Verdict::Converted, "`claims.groups`");
                    Some(said.value.clone())
                }
                Err(why) => {
                    let text = format!("left out: {why}. Grafana says nothing and finds no groups by it");
                    work.report.line(&said.place, &said.what, Verdict::Cannot, text);
                    None
                }
            }
        }
        GroupsFrom::Claim(path) => {
            other_groups(kind, section, &format!("the groups are in `{path}`"), work);
            Some(path.to_owned())
        }
        GroupsFrom::Login => {
            other_groups(kind, section, "the login brings the groups", work);
            None
        }
    }
}

fn other_groups(kind: &Kind, section: &Section, how: &str, work: &mut Work<'_>) {
    if let Some(said) = section.get("groups_attribute_path") {
        let text = format!("Grafana does not read it for `[{}]`: {how}", kind.section);
        work.report.line(&said.place, &said.what, Verdict::Aside, text);
    }
}
