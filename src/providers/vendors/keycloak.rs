//! Keycloak's admin interface (Admin REST API, 26).
//!
//! Lists are asked for by the place of an entry (`first`, `max`), and some are counted: users by `users/count`, groups
//! at the top by `groups/count?top=true`, subgroups by the `subGroupCount` of the group above. All pages overlap by one
//! entry, and a counted list is whole when as many came; members are not counted, so their list goes on until a page
//! brings nothing new.
//!
//! Groups are a tree. Whoever is in a subgroup has the roles of the groups above it, so by default they are in those,
//! too; tokens of Keycloak name the groups alone that somebody is in directly, which `subgroups = "separate"` is for. A
//! group's name is its path, which says where it is and is one group's.

use super::check::Sample;
use super::listing::{Listing, of_groups, text};
use super::roster::{Member, Roster, Who, claims, own};
use super::{Made, Vendor};
use crate::config::{Keycloak, Subgroups};
use crate::fetch::Url;
use crate::providers::web::{Access, Counted, Failure, Grant, Page, Proof, Session, asking, below, id_of, place};
use async_trait::async_trait;
use rosterd_core::snapshot::GroupIndex;
use serde_json::Value;

/// Entries of a page.
const SIZE: usize = 500;

#[derive(Debug)]
struct Realm {
    base: Url,
    subgroups: Subgroups,
    attributes: Vec<String>,
}

pub(super) fn make(config: &Keycloak) -> Result<Made, Failure> {
    let server = place("keycloak.url", &config.url)?;
    let token = below(&server, ["realms", &config.realm, "protocol", "openid-connect", "token"]);
    let proof = Proof::Basic { id: config.client_id.clone() };
    let access = Access::granted(Grant::new(token, None, proof, config.client_secret.clone()));
    let base = below(&server, ["admin", "realms", &config.realm]);
    let realm = Realm { base: base.clone(), subgroups: config.subgroups, attributes: config.attributes.clone() };
    Ok(Made::new(realm, access, base))
}

/// A list by places.
struct Places {
    url: Url,
    what: String,
    total: Option<usize>,
    brief: bool,
}

impl Counted for Places {
    fn url(&self, from: usize, count: usize) -> Url {
        let brief = if self.brief { "true" } else { "false" };
        let (from, count) = (from.to_string(), count.to_string());
        asking(&self.url, &[("briefRepresentation", brief), ("first", &from), ("max", &count)])
    }

    fn page(&self, body: Value) -> Option<Page> {
        match body {
            Value::Array(entries) => Some(Page { entries, total: self.total, from: None, count: None }),
            _ => None,
        }
    }

    fn id<'v>(&self, entry: &'v Value) -> Option<&'v str> {
        text(entry, "id")
    }

    fn what(&self) -> &str {
        &self.what
    }
}

impl Realm {
    fn list(&self, parts: &[&str], what: impl Into<String>, total: Option<usize>) -> Listing {
        let brief = parts != ["users"] || self.attributes.is_empty();
        Listing::Counted(Box::new(Places { url: below(&self.base, parts), what: what.into(), total, brief }), SIZE)
    }

    fn person(&self, user: &Value) -> Who {
        let names: Vec<&str> = ["firstName", "lastName"].into_iter().filter_map(|name| text(user, name)).collect();
        Who {
            id: id_of(user).unwrap_or_default(),
            login: own(user, "username"),
            name: Some(names.join(" ")),
            email: own(user, "email"),
            active: user.get("enabled").and_then(Value::as_bool),
            claims: claims(&self.attributes, user.get("attributes")),
        }
    }

    /// The groups below one, whether they came with it (before Keycloak 23) or are asked for.
    async fn below(&self, session: &Session<'_>, group: &mut Value, id: &str) -> Result<Vec<Value>, Failure> {
        let inside = match group.get_mut("subGroups").map(Value::take) {
            Some(Value::Array(inside)) => inside,
            _ => Vec::new(),
        };
        let count = group.get("subGroupCount").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        if count.is_none_or(|count| count == inside.len()) {
            return Ok(inside);
        }
        let mut found = Vec::new();
        let mut take = |group| {
            found.push(group);
            Ok(())
        };
        self.list(&["groups", id, "children"], "subgroups", count).read(session, &mut take).await?;
        Ok(found)
    }
}

/// A number that is the answer, or stands in it under a name.
fn number(what: &str, body: &Value) -> Result<usize, Failure> {
    let number = body.as_u64().or_else(|| body.get("count")?.as_u64()).and_then(|n| usize::try_from(n).ok());
    number.ok_or_else(|| Failure::protocol("no_count", format!("{what} are not counted; is `url` Keycloak's?")))
}

#[async_trait]
impl Vendor for Realm {
    fn needs(&self) -> &'static str {
        "the client's service account needs the roles view-users and query-groups of realm-management"
    }

    async fn gather(&self, session: &Session<'_>, roster: &mut Roster) -> Result<(), Failure> {
        let users = number("users", &session.get(&below(&self.base, ["users", "count"])).await?)?;
        let mut take = |user: Value| {
            roster.person(&self.person(&user));
            Ok(())
        };
        self.list(&["users"], "users", Some(users)).read(session, &mut take).await?;
        let count = asking(&below(&self.base, ["groups", "count"]), &[("top", "true")]);
        let groups = number("groups", &session.get(&count).await?)?;
        // With the group of a group that somebody who is in it is in, too.
        let mut open: Vec<(Value, Option<GroupIndex>)> = Vec::new();
        let mut take = |group| {
            open.push((group, None));
            Ok(())
        };
        self.list(&["groups"], "groups", Some(groups)).read(session, &mut take).await?;
        let mut lists = Vec::new();
        while let Some((mut group, above)) = open.pop() {
            let (Some(id), Some(path)) = (own(&group, "id"), own(&group, "path")) else {
                return Err(Failure::protocol("no_id", "groups: a group has no id or no path"));
            };
            let index = roster.group(&id, &path, &path);
            if let Some(index) = index {
                let what = format!("members of the group {path}");
                lists.push((index, self.list(&["groups", &id, "members"], what, None)));
                if let (Some(above), Subgroups::Inherit) = (above, self.subgroups) {
                    roster.nested(index, above);
                }
            }
            let inside = self.below(session, &mut group, &id).await?;
            open.extend(inside.into_iter().map(|group| (group, index.or(above))));
        }
        let keep = |user: &Value| id_of(user).map(Member::Person);
        of_groups(session, roster, lists, keep, &mut Roster::members).await
    }

    fn samples(&self) -> Vec<Sample> {
        let sample = |what, list| {
            let few = [("briefRepresentation", "true"), ("first", "0"), ("max", "50")];
            Sample { what, url: asking(&below(&self.base, [list]), &few), under: None }
        };
        vec![sample("users", "users"), sample("groups", "groups")]
    }
}
