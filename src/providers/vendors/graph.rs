//! Microsoft Graph (v1.0): users, groups and direct members of an Entra ID tenant.
//!
//! A page names the next by `@odata.nextLink`, whose token is opaque and whose pages may be of any size, even empty: a
//! list is whole when a page names none. `$count` needs `ConsistencyLevel: eventual`, and counts what an index has
//! taken in by then; it would prove nothing, and is not asked for. Groups in groups are members like others, so
//! the way through them is known.
//!
//! To whoever lacks `Member.Read.Hidden` a group that hides its members shows none, as if it were empty. Such a group
//! without members is not believed.

use super::base::Known;
use super::changes::Standing;
use super::check::Sample;
use super::feed::Feed;
use super::listing::{Listing, entries, of_groups};
use super::roster::{Member, Roster, Who, claims, own};
use super::{Made, Vendor};
use crate::config::{Graph, GraphFollowBy, GroupName};
use crate::fetch::Url;
use crate::providers::web::{
    Access, Chained, Chunk, Failure, Grant, Origin, Proof, Reply, Session, asking, below, id_of, place,
};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Entries of a page, the most that there may be.
const SIZE: &str = "999";

/// What is asked of groups.
pub(super) const GROUPS: &str = "id,displayName,visibility";

#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) base: Url,
    pub(super) tenant: String,
    login: String,
    pub(super) group_name: GroupName,
    attributes: Vec<String>,
    by: GraphFollowBy,
    pub(super) standing: Standing,
}

pub(super) fn make(config: &Graph) -> Result<Made, Failure> {
    let base = place("graph.url", &config.url)?;
    let login = place("graph.login_url", &config.login_url)?;
    let token = below(&login, [config.tenant.as_str(), "oauth2", "v2.0", "token"]);
    // All that the application was granted, of this service: the only scope of this grant.
    let scope = format!("{}/.default", base.origin().ascii_serialization());
    let proof = Proof::Post { id: config.client_id.clone() };
    let access = Access::granted(Grant::new(token, Some(scope), proof, config.client_secret.clone()));
    let tenant = Tenant {
        base: base.clone(),
        tenant: config.tenant.clone(),
        login: config.login.clone(),
        group_name: config.group_name,
        attributes: config.attributes.clone(),
        by: config.follow.by,
        standing: Standing::default(),
    };
    Ok(Made::new(tenant, access, base))
}

/// A collection.
struct Collection(Origin);

impl Chained for Collection {
    fn origin(&self) -> &Origin {
        &self.0
    }

    fn page(&self, _: &Url, mut reply: Reply) -> Result<Chunk, Failure> {
        let next = match reply.body.get_mut("@odata.nextLink").map(Value::take) {
            None => None,
            Some(Value::String(next)) => Some(next),
            Some(_) => {
                let text = format!("{}: what should name the next page is no address", self.0.what);
                return Err(Failure::protocol("bad_link", text));
            }
        };
        Ok(Chunk { entries: entries(&self.0.what, reply.body, Some("value"))?, next, total: None })
    }
}

impl Tenant {
    fn url(&self, parts: &[&str], select: &str) -> Url {
        asking(&below(&self.base, parts), &[("$select", select), ("$top", SIZE)])
    }

    fn list(&self, parts: &[&str], select: &str, what: impl Into<String>) -> Listing {
        let first = self.url(parts, select);
        Listing::chained(Collection(Origin { base: self.base.clone(), first, what: what.into() }))
    }

    /// The direct members of a group.
    pub(super) fn members(&self, id: &str) -> Listing {
        self.list(&["groups", id, "members"], "id", format!("members of the group {id}"))
    }

    /// What rules call a group.
    pub(super) fn name<'n>(&self, id: &'n str, shown: &'n str) -> &'n str {
        match self.group_name {
            GroupName::Id => id,
            GroupName::DisplayName => shown,
        }
    }

    /// The properties of users that are looked at, each once.
    pub(super) fn select(&self) -> String {
        let fixed = ["id", "displayName", "mail", "accountEnabled"];
        let more = std::iter::once(&self.login).chain(&self.attributes).map(String::as_str);
        let names: BTreeSet<&str> = fixed.into_iter().chain(more).collect();
        names.into_iter().collect::<Vec<_>>().join(",")
    }

    pub(super) fn person(&self, user: &Value) -> Who {
        Who {
            id: id_of(user).unwrap_or_default(),
            login: own(user, &self.login),
            name: own(user, "displayName"),
            email: own(user, "mail"),
            active: user.get("accountEnabled").and_then(Value::as_bool),
            claims: claims(&self.attributes, Some(user)),
        }
    }
}

/// A directory object. Its type comes along, whatever is selected, where it is one of several.
pub(super) fn member(entry: &Value) -> Option<Member> {
    let id = id_of(entry)?;
    Some(match entry.get("@odata.type")?.as_str()? {
        "#microsoft.graph.user" => Member::Person(id),
        "#microsoft.graph.group" => Member::Group(id),
        _ => Member::Other,
    })
}

/// Whether a group shows its members to those alone who may see hidden ones.
pub(super) fn hides_members(group: &Value) -> bool {
    own(group, "visibility").as_deref() == Some("HiddenMembership")
}

/// Such a group has shown nobody.
pub(super) fn hidden(roster: &mut Roster) {
    roster.missing("hidden_members", || {
        "a group hides its members: grant Member.Read.Hidden, or leave it out of `groups`".to_owned()
    });
}

#[async_trait]
impl Vendor for Tenant {
    fn needs(&self) -> &'static str {
        "the application needs the application permissions User.Read.All and GroupMember.Read.All with an \
         administrator's consent"
    }

    async fn gather(&self, session: &Session<'_>, roster: &mut Roster) -> Result<(), Failure> {
        let mut take = |user: Value| {
            roster.person(&self.person(&user));
            Ok(())
        };
        self.list(&["users"], &self.select(), "users").read(session, &mut take).await?;
        let (mut lists, mut hides, mut names) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
        let mut take = |group: Value| {
            let id = id_of(&group).unwrap_or_default();
            let shown = own(&group, "displayName").unwrap_or_default();
            let name = self.name(&id, &shown);
            if let Some(index) = roster.group(&id, &shown, name) {
                lists.push((index, self.members(&id)));
                hides.extend(hides_members(&group).then_some(index));
                names.insert(index, (id.clone(), name.to_owned()));
            }
            Ok(())
        };
        self.list(&["groups"], GROUPS, "groups").read(session, &mut take).await?;
        of_groups(session, roster, lists, member, &mut |roster, group, members| {
            if members.is_empty() && hides.contains(&group) {
                hidden(roster);
            }
            if let (Some(base), Some((id, name))) = (&mut roster.base, names.get(&group)) {
                base.put(id, Known::new(name, &members));
            }
            roster.members(group, members);
        })
        .await
    }

    fn feed(&self) -> Option<&dyn Feed> {
        match self.by {
            GraphFollowBy::Delta => Some(self),
            GraphFollowBy::Nothing => None,
        }
    }

    fn samples(&self) -> Vec<Sample> {
        let sample = |what, select: &str| Sample { what, url: self.url(&[what], select), under: Some("value") };
        vec![sample("users", &self.select()), sample("groups", GROUPS)]
    }
}
