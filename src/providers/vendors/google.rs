//! Google's Directory API (directory_v1): users, groups and direct members of a Workspace or Cloud Identity account.
//!
//! A page has a `nextPageToken` where there is another, says by `kind` what it is, and leaves the list out where it is
//! empty: so a list is whole when a page of its kind has no token. Groups in groups are members, like people. A member
//! of the type `CUSTOMER` is everybody of the account; one of another account is nobody who is read here.

use super::check::Sample;
use super::listing::{Listing, entries, of_groups, text};
use super::roster::{Member, Roster, Who, own};
use super::{Made, Vendor};
use crate::config::Google;
use crate::fetch::Url;
use crate::providers::web::{
    Access, Chained, Chunk, Failure, Grant, Origin, Proof, Reply, Session, asking, below, id_of, place,
};
use async_trait::async_trait;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is asked for, and nothing that could be written.
const SCOPE: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly \
                     https://www.googleapis.com/auth/admin.directory.group.readonly";
/// What is used of users, groups and members.
const USERS: &str = "kind,nextPageToken,users(id,customerId,primaryEmail,name/fullName,suspended,archived)";
const GROUPS: &str = "kind,nextPageToken,groups(id,email)";
const MEMBERS: &str = "kind,nextPageToken,members(id,email,type)";

#[derive(Debug)]
struct Account {
    base: Url,
    customer: String,
}

pub(super) fn make(config: &Google) -> Result<Made, Failure> {
    let base = below(&place("google.url", &config.url)?, ["admin", "directory", "v1"]);
    let token = place("google.token_url", &config.token_url)?;
    let proof = Proof::Account { subject: config.admin.clone() };
    let access = Access::granted(Grant::new(token, Some(SCOPE.to_owned()), proof, config.service_account.clone()));
    Ok(Made::new(Account { base: base.clone(), customer: config.customer.clone() }, access, base))
}

/// A list of one kind.
struct Tokens {
    origin: Origin,
    /// `users`, `groups` or `members`.
    name: &'static str,
}

impl Chained for Tokens {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn page(&self, _: &Url, mut reply: Reply) -> Result<Chunk, Failure> {
        let kind = format!("admin#directory#{}", self.name);
        let Value::Object(map) = &mut reply.body else { return Err(self.no_list()) };
        if map.get("kind").and_then(Value::as_str) != Some(&kind) {
            return Err(self.no_list());
        }
        map.entry(self.name).or_insert_with(|| Value::Array(Vec::new()));
        let next = match map.get("nextPageToken") {
            None => None,
            Some(Value::String(token)) if token.is_empty() => None,
            Some(Value::String(token)) => {
                let mut next = self.origin.first.clone();
                next.query_pairs_mut().append_pair("pageToken", token);
                Some(next.into())
            }
            Some(_) => return Err(self.no_list()),
        };
        Ok(Chunk { entries: entries(&self.origin.what, reply.body, Some(self.name))?, next, total: None })
    }

    /// Of a member of elsewhere Google may know the address alone.
    fn id(&self, entry: &Value) -> Option<String> {
        id_of(entry).or_else(|| own(entry, "email").map(|email| format!("mailto:{email}")))
    }
}

impl Tokens {
    fn no_list(&self) -> Failure {
        let text = format!("{}: the answer is not a page of admin#directory#{}", self.origin.what, self.name);
        Failure::protocol("not_a_list", text)
    }
}

impl Account {
    fn users(&self) -> Url {
        let query =
            [("customer", self.customer.as_str()), ("maxResults", "500"), ("orderBy", "email"), ("fields", USERS)];
        asking(&below(&self.base, ["users"]), &query)
    }

    fn groups(&self) -> Url {
        let query = [("customer", self.customer.as_str()), ("maxResults", "200"), ("fields", GROUPS)];
        asking(&below(&self.base, ["groups"]), &query)
    }

    fn list(&self, first: Url, name: &'static str, what: impl Into<String>) -> Listing {
        let origin = Origin { base: self.base.clone(), first, what: what.into() };
        Listing::chained(Tokens { origin, name })
    }
}

fn person(user: &Value) -> Who {
    let archived = user.get("archived").and_then(Value::as_bool).unwrap_or(false);
    Who {
        id: id_of(user).unwrap_or_default(),
        login: own(user, "primaryEmail"),
        name: user.get("name").and_then(|name| own(name, "fullName")),
        email: own(user, "primaryEmail"),
        active: user.get("suspended").and_then(Value::as_bool).map(|suspended| !suspended && !archived),
        claims: None,
    }
}

/// A member, and whether it stands for everybody of the account of that id.
fn member(entry: &Value) -> Option<(Member, bool)> {
    let Some(id) = id_of(entry) else { return Some((Member::Other, false)) };
    Some(match text(entry, "type")? {
        "USER" => (Member::Person(id), false),
        "GROUP" => (Member::Group(id), false),
        "CUSTOMER" => (Member::Group(id), true),
        _ => (Member::Other, false),
    })
}

#[async_trait]
impl Vendor for Account {
    fn needs(&self) -> &'static str {
        "the service account needs domain-wide delegation of the scopes admin.directory.user.readonly and \
         admin.directory.group.readonly, and `admin` must be an administrator who may read users and groups"
    }

    async fn gather(&self, session: &Session<'_>, roster: &mut Roster) -> Result<(), Failure> {
        let mut customers = BTreeSet::new();
        let mut take = |user: Value| {
            customers.extend(own(&user, "customerId"));
            roster.person(&person(&user));
            Ok(())
        };
        self.list(self.users(), "users", "users").read(session, &mut take).await?;
        let mut lists = Vec::new();
        let mut take = |group: Value| {
            let id = id_of(&group).unwrap_or_default();
            let email = text(&group, "email");
            let email = email.ok_or_else(|| Failure::protocol("no_name", "groups: a group has no e-mail address"))?;
            if let Some(index) = roster.group(&id, email, email) {
                let members = below(&self.base, ["groups", &id, "members"]);
                let first = asking(&members, &[("maxResults", "200"), ("fields", MEMBERS)]);
                lists.push((index, self.list(first, "members", format!("members of the group {email}"))));
            }
            Ok(())
        };
        self.list(self.groups(), "groups", "groups").read(session, &mut take).await?;
        of_groups(session, roster, lists, member, &mut |roster, group, members| {
            for (member, of_all) in members {
                let ours = matches!(&member, Member::Group(id) if of_all && customers.contains(id));
                roster.member(group, if ours { Member::Everybody } else { member });
            }
        })
        .await
    }

    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample { what: "users", url: self.users(), under: Some("users") },
            Sample { what: "groups", url: self.groups(), under: Some("groups") },
        ]
    }
}
