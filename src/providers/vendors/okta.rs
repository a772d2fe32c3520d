//! Okta's management interface (v1): users, groups, and the users of each group.
//!
//! A page names the next by a header `Link` with `rel="next"`, behind an opaque cursor, and always itself with
//! `rel="self"`: a page without that header at all has lost it on the way, and is not the last. Okta's groups have no
//! groups in them. Deprovisioned users are not listed; of the others those count who can sign in, now or after they have
//! changed a password or waited until they are not locked out any more.
//!
//! To whoever administers some groups Okta shows those alone, and says nothing of the others. The group of everybody,
//! which each organization has, is not among them: where it is missing, so may be others.

use super::check::Sample;
use super::listing::{Listing, entries, of_groups, text};
use super::roster::{Member, Roster, Who, claims, own};
use super::{Made, Vendor};
use crate::config::Okta;
use crate::fetch::Url;
use crate::providers::web::{
    Access, Chained, Chunk, Failure, Grant, Origin, Proof, Reply, Session, asking, below, id_of, place,
};
use async_trait::async_trait;
use serde_json::Value;

/// Entries of a page that are asked for: the most of users that Okta gives, and the most of groups that it advises.
const SIZE: &str = "200";
/// The same of the users of a group.
const MEMBERS: &str = "1000";
/// Who can sign in, if not at once.
const USABLE: [&str; 4] = ["ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT"];
/// Who cannot.
const UNUSABLE: [&str; 4] = ["STAGED", "PROVISIONED", "SUSPENDED", "DEPROVISIONED"];

#[derive(Debug)]
struct Organization {
    base: Url,
    attributes: Vec<String>,
}

pub(super) fn make(config: &Okta) -> Result<Made, Failure> {
    let server = place("okta.url", &config.url)?;
    let access = match (&config.token, &config.client) {
        (Some(token), None) => Access::Shown { header: "authorization", word: "SSWS ", secret: token.clone() },
        (None, Some(client)) => {
            let proof = Proof::Signed { id: client.id.clone(), kid: client.key_id.clone() };
            let scope = Some("okta.users.read okta.groups.read".to_owned());
            let url = below(&server, ["oauth2", "v1", "token"]);
            Access::granted(Grant::new(url, scope, proof, client.private_key.clone()))
        }
        _ => return Err(Failure::configuration("okta: exactly one of `token` and `client` says who asks")),
    };
    let base = below(&server, ["api", "v1"]);
    let organization = Organization { base: base.clone(), attributes: config.attributes.clone() };
    Ok(Made::new(organization, access, base))
}

/// A list behind cursors.
struct Cursors(Origin);

impl Chained for Cursors {
    fn origin(&self) -> &Origin {
        &self.0
    }

    fn page(&self, _: &Url, reply: Reply) -> Result<Chunk, Failure> {
        let links = reply.links.ok().filter(|links| links.get("self").is_some()).ok_or_else(|| {
            let text = format!("{}: a page came without the header `Link` that each of Okta's has", self.0.what);
            Failure::protocol("bad_link", text)
        })?;
        let next = links.get("next").map(str::to_owned);
        Ok(Chunk { entries: entries(&self.0.what, reply.body, None)?, next, total: None })
    }
}

impl Organization {
    fn list(&self, parts: &[&str], size: &str, what: impl Into<String>) -> Listing {
        let first = asking(&below(&self.base, parts), &[("limit", size)]);
        Listing::chained(Cursors(Origin { base: self.base.clone(), first, what: what.into() }))
    }

    fn person(&self, user: &Value) -> Who {
        let profile = user.get("profile").unwrap_or(&Value::Null);
        let parts: Vec<&str> = ["firstName", "lastName"].into_iter().filter_map(|name| text(profile, name)).collect();
        Who {
            id: id_of(user).unwrap_or_default(),
            login: own(profile, "login"),
            name: own(profile, "displayName").or_else(|| Some(parts.join(" "))),
            email: own(profile, "email"),
            active: active(text(user, "status").unwrap_or_default()),
            claims: claims(&self.attributes, Some(profile)),
        }
    }
}

/// `None` for a status that was not there when this was written.
fn active(status: &str) -> Option<bool> {
    match status {
        usable if USABLE.contains(&usable) => Some(true),
        unusable if UNUSABLE.contains(&unusable) => Some(false),
        _ => None,
    }
}

#[async_trait]
impl Vendor for Organization {
    fn needs(&self) -> &'static str {
        "the token must be of somebody with the role of a read-only administrator, or the application have the scopes \
         okta.users.read and okta.groups.read and that role"
    }

    async fn gather(&self, session: &Session<'_>, roster: &mut Roster) -> Result<(), Failure> {
        let mut take = |user: Value| {
            roster.person(&self.person(&user));
            Ok(())
        };
        self.list(&["users"], SIZE, "users").read(session, &mut take).await?;
        let (mut lists, mut everybody) = (Vec::new(), false);
        let mut take = |group: Value| {
            let id = id_of(&group).unwrap_or_default();
            let name = group.pointer("/profile/name").and_then(Value::as_str);
            let name = name.ok_or_else(|| Failure::protocol("no_name", "groups: a group has no name"))?;
            everybody |= text(&group, "type") == Some("BUILT_IN") && name == "Everyone";
            if let Some(index) = roster.group(&id, name, name) {
                let what = format!("members of the group {name}");
                lists.push((index, self.list(&["groups", &id, "users"], MEMBERS, what)));
            }
            Ok(())
        };
        self.list(&["groups"], SIZE, "groups").read(session, &mut take).await?;
        if !everybody {
            let needs = self.needs();
            roster
                .missing("partial_view", || format!("the group Everyone is not shown, so others may not be; {needs}"));
        }
        let keep = |user: &Value| id_of(user).map(Member::Person);
        of_groups(session, roster, lists, keep, &mut Roster::members).await
    }

    fn samples(&self) -> Vec<Sample> {
        let sample = |what| Sample { what, url: asking(&below(&self.base, [what]), &[("limit", SIZE)]), under: None };
        vec![sample("users"), sample("groups")]
    }
}
