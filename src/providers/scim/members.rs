//! Who is in what: the members that groups list, by the ids of the resources that they name.

use super::path::get;
use rosterd_core::snapshot::{GroupIndex, PersonIndex, SnapshotBuilder};
use serde_json::Value;
use std::collections::HashMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Group,
}

/// What a group (or, of its groups, a person) says of one other.
#[derive(Debug)]
pub(super) struct Member {
    id: Box<str>,
    kind: Option<Kind>,
}

/// People and groups by their ids, and the memberships that are known so far.
#[derive(Debug, Default)]
pub(super) struct Members {
    people: HashMap<Box<str>, PersonIndex>,
    groups: HashMap<Box<str>, GroupIndex>,
    /// Members of groups.
    of_groups: Vec<(GroupIndex, Member)>,
    /// Groups of people.
    of_people: Vec<(PersonIndex, Member)>,
    /// Whether a group has listed its members, even as none.
    pub(super) listed: bool,
}

impl Members {
    pub(super) fn add_person(&mut self, id: &str, person: PersonIndex) {
        self.people.insert(id.into(), person);
    }

    pub(super) fn add_group(&mut self, id: &str, group: GroupIndex) {
        self.groups.insert(id.into(), group);
    }

    /// Takes in the `members` of a group.
    pub(super) fn list(&mut self, group: GroupIndex, entry: &Value, builder: &mut SnapshotBuilder) {
        self.listed |= get(entry, "members").is_some();
        self.of_groups.extend(refs(entry, "members", builder).into_iter().map(|member| (group, member)));
    }

    /// Takes in the `groups` of a person, direct or not (RFC 7643 §4.1.2).
    pub(super) fn list_of_person(&mut self, person: PersonIndex, entry: &Value, builder: &mut SnapshotBuilder) {
        self.listed |= get(entry, "groups").is_some();
        self.of_people.extend(refs(entry, "groups", builder).into_iter().map(|group| (person, group)));
    }

    /// Says to the builder who is in what.
    pub(super) fn resolve(self, builder: &mut SnapshotBuilder) {
        for (group, Member { id, kind }) in self.of_groups {
            let person = self.people.get(&id).filter(|_| kind != Some(Kind::Group));
            let child = self.groups.get(&id).filter(|_| kind != Some(Kind::User));
            match (person, child) {
                (Some(person), None) => builder.member(*person, group),
                (None, Some(child)) => builder.nested(*child, group),
                (None, None) => builder.stranger(),
                // RFC 7643 §3.1: an id is one resource's.
                (Some(_), Some(_)) => builder.gap_with("ambiguous_member", || {
                    format!("the member {id} is a user as well as a group, and its type is not said")
                }),
            }
        }
        for (person, Member { id, .. }) in self.of_people {
            match self.groups.get(&id) {
                Some(group) => builder.member(person, *group),
                None => builder.stranger(),
            }
        }
    }
}

/// The ids of a list of references (RFC 7643 §2.4).
pub(super) fn refs(entry: &Value, name: &'static str, builder: &mut SnapshotBuilder) -> Vec<Member> {
    let known_as = || super::list::id(entry).unwrap_or("?").to_owned();
    let all = match get(entry, name) {
        None => return Vec::new(),
        Some(Value::Array(all)) => all,
        Some(_) => {
            builder.gap_with("bad_members", || format!("`{name}` of {} is no list", known_as()));
            return Vec::new();
        }
    };
    let mut found = Vec::with_capacity(all.len());
    for value in all {
        match member(value) {
            Some(member) => found.push(member),
            None => builder.gap_with("bad_members", || format!("`{name}` of {} has one without an id", known_as())),
        }
    }
    found
}

fn member(value: &Value) -> Option<Member> {
    let text = |name: &str| get(value, name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let reference: Vec<&str> = text("$ref").unwrap_or_default().trim_end_matches('/').rsplit('/').take(2).collect();
    let id = text("value").or_else(|| reference.first().copied().filter(|id| !id.is_empty()))?;
    let kind = match text("type").or_else(|| reference.get(1).map(|kind| kind.trim_end_matches('s'))) {
        Some(kind) if kind.eq_ignore_ascii_case("user") => Some(Kind::User),
        Some(kind) if kind.eq_ignore_ascii_case("group") => Some(Kind::Group),
        _ => None,
    };
    Some(Member { id: id.into(), kind })
}

impl Member {
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_member_is_named_by_its_id_or_where_it_is() {
        let read = |value: Value| member(&value).map(|member| (member.id.to_string(), member.kind));
        let is = |id: &str, kind| Some((id.to_owned(), kind));
        assert_eq!(read(json!({ "value": "1" })), is("1", None));
        assert_eq!(read(json!({ "value": "1", "type": "group" })), is("1", Some(Kind::Group)));
        assert_eq!(read(json!({ "value": "1", "$ref": "https://x/v2/Users/1" })), is("1", Some(Kind::User)));
        assert_eq!(read(json!({ "$ref": "../Groups/7/" })), is("7", Some(Kind::Group)));
        assert_eq!(read(json!({ "value": "1", "type": "direct" })), is("1", None));
        for none in [json!({}), json!({ "value": 1 }), json!({ "value": "" }), json!("1"), json!(null)] {
            assert_eq!(read(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn one_id_of_two_is_told_by_its_type_or_by_nothing() {
        let gaps = |more: Value| {
            let mut builder = SnapshotBuilder::new(1);
            let part = builder.begin("all");
            let person = builder.person(rosterd_core::snapshot::PersonFields { subject: "1", ..Default::default() });
            let group = |name| rosterd_core::snapshot::GroupFields { subject: name, dn: None, name };
            let (one, two) = (builder.group(group("1")), builder.group(group("2")));
            let (Some(person), Some(one), Some(two)) = (person, one, two) else { return vec!["none"] };
            let mut members = Members::default();
            members.add_person("1", person);
            members.add_group("1", one);
            members.add_group("2", two);
            members.list(two, &json!({ "members": [more] }), &mut builder);
            members.resolve(&mut builder);
            builder.end(part);
            let reading = builder.finish();
            let s = reading.snapshot();
            let mut found: Vec<&'static str> = reading.gaps().iter().map(|gap| gap.code).collect();
            found.extend((!s.direct.is_empty()).then_some("person"));
            found.extend((!s.nested.is_empty()).then_some("group"));
            found.extend((s.strangers > 0).then_some("stranger"));
            found
        };
        assert_eq!(gaps(json!({ "value": "1" })), ["ambiguous_member"]);
        assert_eq!(gaps(json!({ "value": "1", "type": "User" })), ["person"]);
        assert_eq!(gaps(json!({ "value": "1", "$ref": "https://x/Groups/1" })), ["group"]);
        assert_eq!(gaps(json!({ "value": "9" })), ["stranger"]);
        assert_eq!(gaps(json!({ "value": 9 })), ["bad_members"]);
    }
}
