//! GitLab's REST interface (v4): a group, all groups below it, and their direct members.
//!
//! Pages are numbered. Up to 10,000 entries GitLab says in `X-Total` how many there are, and as many have to come. To
//! whoever is no member of a group the private ones below it are not shown, without a word: so GitLab is asked first
//! whether the token's user is a member, and nothing is read by anybody else's but an administrator's.
//!
//! Whoever is a member of a group is one of all groups below it: each group is "in" those below. Groups that were
//! invited into another count for nothing here. There is no list of all users that a group's token may see: people are
//! whoever is a member of a group that is read.

use super::check::Sample;
use super::listing::{Listing, of_groups, text};
use super::numbered::Numbered;
use super::roster::{Member, Roster, Who, own};
use super::{Made, Vendor};
use crate::config::GitLab;
use crate::fetch::Url;
use crate::providers::ProviderErrorKind;
use crate::providers::web::{Access, Failure, Session, asking, below, id_of, place};
use async_trait::async_trait;
use rosterd_core::snapshot::GroupIndex;
use serde_json::Value;
use std::collections::BTreeMap;

/// All that may be seen, by an order that no change of a name moves.
const ALL_BY_ID: [(&str, &str); 3] = [("all_available", "true"), ("order_by", "id"), ("sort", "asc")];

#[derive(Debug)]
struct Top {
    base: Url,
    group: String,
}

pub(super) fn make(config: &GitLab) -> Result<Made, Failure> {
    let base = below(&place("gitlab.url", &config.url)?, ["api", "v4"]);
    let access = Access::Shown { header: "private-token", word: "", secret: config.token.clone() };
    let top = Top { base: base.clone(), group: config.group.trim_matches('/').to_owned() };
    Ok(Made::new(top, access, base))
}

impl Top {
    fn below(&self, parts: &[&str]) -> Url {
        below(&self.base, ["groups"].iter().chain(parts))
    }

    /// Whether whoever asks is shown everything below the group.
    async fn sees_all(&self, session: &Session<'_>, group: &str) -> Result<(), Failure> {
        let user = session.get(&below(&self.base, ["user"])).await?;
        if user.get("is_admin") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        let Some(id) = id_of(&user) else { return Err(Failure::protocol("no_id", "the token's user has no id")) };
        match session.get(&self.below(&[group, "members", "all", &id])).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.status == Some(404) => {
                let text = format!("the token's user is no member of the group {}", self.group);
                Err(Failure::new("credentials", ProviderErrorKind::Credentials, text))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Somebody in a list of members.
enum Listed {
    Member(Who),
    /// To be let in.
    Waiting,
}

fn member(entry: &Value) -> Option<Listed> {
    let id = id_of(entry)?;
    if text(entry, "membership_state").is_some_and(|state| state != "active") {
        return Some(Listed::Waiting);
    }
    Some(Listed::Member(Who {
        id,
        login: own(entry, "username"),
        name: own(entry, "name"),
        email: own(entry, "email"),
        active: text(entry, "state").map(|state| state == "active"),
        claims: None,
    }))
}

#[async_trait]
impl Vendor for Top {
    fn needs(&self) -> &'static str {
        "the token needs the scope read_api, and its user to be a member of the group: best the group's own token with \
         the role Guest"
    }

    async fn gather(&self, session: &Session<'_>, roster: &mut Roster) -> Result<(), Failure> {
        let top = session.get(&self.below(&[&self.group])).await?;
        let top_id =
            id_of(&top).ok_or_else(|| Failure::protocol("no_id", "the group has no id; is `url` GitLab's?"))?;
        self.sees_all(session, &top_id).await?;
        let mut groups = vec![top];
        let mut take = |group| {
            groups.push(group);
            Ok(())
        };
        let below = self.below(&[&top_id, "descendant_groups"]);
        let list = Numbered::new(&self.base, &below, &ALL_BY_ID, "groups");
        Listing::chained(list).read(session, &mut take).await?;
        let mut above: BTreeMap<String, Option<String>> = BTreeMap::new();
        let (mut lists, mut indexes) = (Vec::new(), BTreeMap::<String, GroupIndex>::new());
        for group in &groups {
            let (Some(id), Some(path)) = (id_of(group), text(group, "full_path")) else {
                return Err(Failure::protocol("no_id", "groups: a group has no id or no path"));
            };
            if let Some(index) = roster.group(&id, path, path) {
                let list = Numbered::new(
                    &self.base,
                    &self.below(&[&id, "members"]),
                    &[],
                    format!("members of the group {path}"),
                );
                lists.push((index, Listing::chained(list)));
                indexes.insert(id.clone(), index);
            }
            let parent = group.get("parent_id").and_then(Value::as_u64).map(|parent| parent.to_string());
            above.insert(id, parent);
        }
        for (id, index) in &indexes {
            if let Some(parent) = nearest(id, &above, &indexes) {
                roster.nested(parent, *index);
            }
        }
        of_groups(session, roster, lists, member, &mut |roster, group, members| {
            for listed in members {
                if let Listed::Member(who) = listed {
                    roster.member(group, Member::Person(who.id.clone()));
                    roster.person(&who);
                }
            }
        })
        .await
    }

    fn samples(&self) -> Vec<Sample> {
        let sample = |what, list| Sample {
            what,
            url: asking(&self.below(&[&self.group, list]), &[("per_page", "100")]),
            under: None,
        };
        vec![sample("members", "members"), sample("groups", "descendant_groups")]
    }
}

/// The nearest group above that is read.
fn nearest(
    id: &str,
    above: &BTreeMap<String, Option<String>>,
    indexes: &BTreeMap<String, GroupIndex>,
) -> Option<GroupIndex> {
    let mut at = id;
    for _ in 0..above.len() {
        at = above.get(at)?.as_deref()?;
        if let Some(index) = indexes.get(at) {
            return Some(*index);
        }
    }
    None
}
