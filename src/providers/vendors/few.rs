//! Those whom changes of a tenant concern, as a full reading would have them now.
//!
//! Graph can be asked which groups somebody is in, but what is published of that question leaves open whether an
//! application may ask it, and groups that hide their members are not in the answer. So that is not asked. The groups
//! that have changed are listed anew, as a full reading lists them; in the others, which by the delta nobody came into
//! or left, is who was in them when everything was read.
//!
//! Changes may be told by one server and looked for at another that does not have them yet. Whatever was told must be
//! seen, or nothing is written and the same is asked for again later.

use super::base::{Base, Changed, Known, above};
use super::delta::Told;
use super::graph::{GROUPS, Tenant, hidden, hides_members, member};
use super::listing::of_groups;
use super::roster::{Member, Roster, own};
use crate::fetch::Url;
use crate::providers::web::{Failure, Session, asking, below, id_of};
use crate::providers::{Found, PersonKey, ProviderErrorKind, Sought};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// So many questions are under way at a time.
const AT_ONCE: usize = 4;

/// Something was told that is not seen, or the other way round.
pub(super) fn behind(what: &str) -> Failure {
    let text = format!("{what} is not as Microsoft Graph has told: it is asked for again later");
    Failure::new("behind", ProviderErrorKind::Unreachable, text)
}

/// The entry, or `None` where there is none of that id.
async fn one(session: &Session<'_>, url: &Url, id: &str) -> Result<Option<Value>, Failure> {
    match session.get(url).await {
        Ok(entry) if id_of(&entry).as_deref() == Some(id) => Ok(Some(entry)),
        Ok(_) => Err(Failure::protocol("wrong_entry", "somebody or something else came than was asked for")),
        Err(failure) if failure.status == Some(404) => Ok(None),
        Err(failure) => Err(failure),
    }
}

impl Tenant {
    /// All of it; and the groups that were asked for, as they are now.
    pub(super) async fn few(
        &self,
        session: &Session<'_>,
        mut roster: Roster,
        sought: &Sought,
        base: &Base,
        told: &Told,
    ) -> Result<(Found, Changed), Failure> {
        let changed = self.groups_now(session, &mut roster, &sought.groups, told).await?;
        let people = self.people_now(session, &mut roster, &sought.people, told).await?;
        let all = base.with(&changed);
        let direct = all.iter().filter(|(_, known)| people.iter().any(|id| known.has(id))).map(|(id, _)| *id);
        let named = changed.iter().filter(|(_, known)| known.is_some()).map(|(id, _)| id.as_str());
        let here = above(&all, direct.chain(named).collect());
        for (id, known) in all.iter().filter(|(id, _)| here.contains(*id)) {
            let Some(group) = roster.known(id, &known.name) else { continue };
            let inside = known.groups.iter().filter(|inner| here.contains(inner.as_str()));
            roster.members(group, inside.map(|inner| Member::Group(inner.clone())).collect());
            let people = people.iter().filter(|id| known.has(id));
            roster.members(group, people.map(|id| Member::Person(id.clone())).collect());
        }
        changed.iter().filter(|(_, known)| known.is_none()).for_each(|(id, _)| roster.group_gone(id));
        Ok((roster.few(&sought.people), changed))
    }

    /// The groups of these ids as they are now.
    async fn groups_now(
        &self,
        session: &Session<'_>,
        roster: &mut Roster,
        ids: &[String],
        told: &Told,
    ) -> Result<Changed, Failure> {
        let urls =
            ids.iter().map(|id| (id.clone(), asking(&below(&self.base, ["groups", id]), &[("$select", GROUPS)])));
        let entries: Vec<(String, Option<Value>)> = stream::iter(urls.collect::<Vec<_>>())
            .map(|(id, url)| async move { one(session, &url, &id).await.map(|entry| (id, entry)) })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let (mut changed, mut lists, mut names, mut hides) =
            (Changed::new(), Vec::new(), BTreeMap::new(), BTreeSet::new());
        for (id, entry) in entries {
            let removed = told.groups.get(&id).is_some_and(|told| told.removed);
            match entry {
                Some(_) if removed => return Err(behind("a group")),
                None if !removed => return Err(behind("a group")),
                None => _ = changed.insert(id, None),
                Some(entry) => {
                    let shown = own(&entry, "displayName").unwrap_or_default();
                    let name = self.name(&id, &shown).to_owned();
                    let Some(index) = roster.group(&id, &shown, &name) else {
                        changed.insert(id, None);
                        continue;
                    };
                    hides.extend(hides_members(&entry).then_some(index));
                    lists.push((index, self.members(&id)));
                    names.insert(index, (id, name));
                }
            }
        }
        of_groups(session, roster, lists, member, &mut |roster, group, members| {
            if members.is_empty() && hides.contains(&group) {
                hidden(roster);
            }
            if let Some((id, name)) = names.get(&group) {
                changed.insert(id.clone(), Some(Known::new(name, &members)));
            }
        })
        .await?;
        for (id, now) in &changed {
            let (Some(now), Some(told)) = (now, told.groups.get(id)) else { continue };
            if !told.is_seen(|group, id| if group { now.groups.contains(id) } else { now.has(id) }) {
                return Err(behind("who is in a group"));
            }
        }
        Ok(changed)
    }

    /// The ids of those of these people who are there.
    async fn people_now(
        &self,
        session: &Session<'_>,
        roster: &mut Roster,
        people: &[PersonKey],
        told: &Told,
    ) -> Result<Vec<String>, Failure> {
        let select = self.select();
        let ids = people.iter().filter_map(|key| match key {
            PersonKey::Subject(id) => Some(id.clone()),
            PersonKey::Login(_) | PersonKey::Email(_) | PersonKey::Dn(_) => None,
        });
        let urls = ids.map(|id| (asking(&below(&self.base, ["users", &id]), &[("$select", &select)]), id));
        let entries: Vec<(String, Option<Value>)> = stream::iter(urls.collect::<Vec<_>>())
            .map(|(url, id)| async move { one(session, &url, &id).await.map(|entry| (id, entry)) })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut there = Vec::new();
        for (id, entry) in entries {
            let told = told.users.get(&id);
            let Some(entry) = entry else {
                match told {
                    Some(told) if told.removed => roster.gone(&id),
                    Some(_) => return Err(behind("a user")),
                    // Nothing is said of somebody whom it has not told to be gone.
                    None => {}
                }
                continue;
            };
            let seen = |(name, value): (&String, &Value)| entry.get(name).is_none_or(|now| now == value);
            let told = told.map(|told| (told.removed, &told.there));
            let as_told = told.is_none_or(|(removed, there)| match there {
                Some(properties) => removed || properties.iter().all(seen),
                None => !removed,
            });
            if !as_told {
                return Err(behind("a user"));
            }
            let who = self.person(&entry);
            if who.active == Some(false) {
                roster.gone(&id);
            } else {
                roster.person(&who);
                there.push(id);
            }
        }
        Ok(there)
    }
}
