//! GitHub's REST interface (2022-11-28): members and teams of an organization.
//!
//! To whoever is no member of an organization its list of members shows those alone who are so in public, and a secret
//! team is shown to its own members and the organization's owners only; neither list says that something is left out.
//! So before anything is read GitHub is asked whether the token's user is one of the owners, and nothing is read by
//! anybody else's.
//!
//! A team's list of members has those of the teams below it, too: they are in both. The organization itself is a group
//! of all its members. Names and addresses of people are in no list, and are not read.

use super::check::Sample;
use super::listing::{Listing, of_groups, text};
use super::numbered::Numbered;
use super::roster::{Member, Roster, Who, own};
use super::{Made, Vendor};
use crate::config::GitHub;
use crate::fetch::Url;
use crate::providers::ProviderErrorKind;
use crate::providers::web::{Access, Failure, Session, asking, below, id_of, place};
use async_trait::async_trait;
use rosterd_core::snapshot::GroupIndex;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug)]
struct Organization {
    base: Url,
    org: String,
}

pub(super) fn make(config: &GitHub) -> Result<Made, Failure> {
    let base = place("github.url", &config.url)?;
    let organization = Organization { base: base.clone(), org: config.org.clone() };
    let made = Made::new(organization, Access::bearer(config.token.clone()), base);
    Ok(Made { accept: "application/vnd.github+json", headers: &[("x-github-api-version", "2022-11-28")], ..made })
}

impl Organization {
    fn below(&self, parts: &[&str]) -> Url {
        below(&self.base, ["orgs", self.org.as_str()].iter().chain(parts))
    }

    fn list(&self, parts: &[&str], what: impl Into<String>) -> Listing {
        Listing::chained(Numbered::new(&self.base, &self.below(parts), &[], what))
    }

    /// The organization's id, seen by one of its owners.
    async fn id(&self, session: &Session<'_>) -> Result<String, Failure> {
        let said = session.get(&below(&self.base, ["user", "memberships", "orgs", self.org.as_str()])).await;
        let said = match said {
            Err(failure) if failure.status == Some(404) => Value::Null,
            said => said?,
        };
        let owns = text(&said, "state") == Some("active") && text(&said, "role") == Some("admin");
        let id = said.get("organization").and_then(id_of).filter(|_| owns);
        id.ok_or_else(|| {
            let text = format!("the token's user does not own the organization {}", self.org);
            Failure::new("credentials", ProviderErrorKind::Credentials, text)
        })
    }
}

/// Whoever is listed can sign in.
fn person(user: &Value) -> Who {
    Who { id: id_of(user).unwrap_or_default(), login: own(user, "login"), active: Some(true), ..Who::default() }
}

#[async_trait]
impl Vendor for Organization {
    fn needs(&self) -> &'static str {
        "the token must be of one of the organization's owners, and may read the organization's members (fine-grained: \
         Members, read-only; classic: read:org)"
    }

    async fn gather(&self, session: &Session<'_>, roster: &mut Roster) -> Result<(), Failure> {
        let all = format!("@{}", self.org);
        let everybody = roster.group(&format!("org:{}", self.id(session).await?), &all, &all);
        let mut take = |user: Value| {
            let who = person(&user);
            everybody.iter().for_each(|group| roster.member(*group, Member::Person(who.id.clone())));
            roster.person(&who);
            Ok(())
        };
        self.list(&["members"], "members").read(session, &mut take).await?;
        let (mut lists, mut indexes, mut parents) = (Vec::new(), BTreeMap::<String, GroupIndex>::new(), Vec::new());
        let mut take = |team: Value| {
            let id = id_of(&team).unwrap_or_default();
            let slug = text(&team, "slug").ok_or_else(|| Failure::protocol("no_name", "teams: a team has no name"))?;
            let name = format!("{all}/{slug}");
            if let Some(index) = roster.group(&id, &name, &name) {
                let list = self.list(&["teams", slug, "members"], format!("members of the team {name}"));
                lists.push((index, list));
                parents.extend(team.get("parent").and_then(id_of).map(|parent| (id.clone(), parent)));
                indexes.insert(id, index);
            }
            Ok(())
        };
        self.list(&["teams"], "teams").read(session, &mut take).await?;
        for (child, parent) in parents {
            if let Some(parent) = indexes.get(&parent) {
                roster.member(*parent, Member::Group(child));
            }
        }
        let keep = |user: &Value| id_of(user).map(Member::Person);
        of_groups(session, roster, lists, keep, &mut Roster::members).await
    }

    fn samples(&self) -> Vec<Sample> {
        let sample = |what| Sample { what, url: asking(&self.below(&[what]), &[("per_page", "100")]), under: None };
        vec![sample("members"), sample("teams")]
    }
}
