//! One entry into the snapshot: who or what it is, and what it lists. Bytes are read where they
//! lie; nothing is kept but what the snapshot keeps.

use super::super::claims::{self, Attributes, Missing};
use super::attribute::{Description, Role, Wanted, id_text};
use super::expiry::{Expiry, expiry};
use super::primary_group::{PrimaryGroup, primary_group};
use super::wire::ber::BerError;
use super::wire::{Attribute, Entry};
use rosterd_core::dn;
use rosterd_core::ids::Timestamp;
use rosterd_core::snapshot::{GroupFields, GroupIndex, PersonFields, PersonIndex, SnapshotBuilder};
use std::borrow::Cow;
use std::sync::Arc;

/// Whose list it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    Person(PersonIndex),
    Group(GroupIndex),
}

/// What a search is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    People,
    Groups,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Groups => "groups",
        }
    }
}

/// A list of which the server sent only the start.
#[derive(Debug)]
pub(super) struct Ranged {
    pub(super) owner: Owner,
    pub(super) role: Role,
    /// One for all lists of an entry, which may have many, and a long name.
    pub(super) dn: Arc<str>,
    /// As the server calls it, without options.
    pub(super) attribute: String,
    /// The first value that is not here yet.
    pub(super) next: u64,
}

/// What entries become.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) builder: SnapshotBuilder,
    /// The DNs of groups that entries say they are in (`memberOf`), where these are to be asked for.
    pub(super) named: Option<Vec<String>>,
    /// Whose time is over by then is left out.
    pub(super) now: Timestamp,
}

/// The immutable id and the login of an entry, where it has one of each.
pub(super) fn names(wanted: &Wanted, entry: &Entry<'_>) -> Result<(Option<String>, Option<String>), BerError> {
    let singles = Singles::pick(wanted, entry)?;
    let id = singles.id.filter(|_| singles.ids == 1).map(|(name, value)| id_text(name, value));
    Ok((id, singles.login.and_then(|login| String::from_utf8(login.to_owned()).ok())))
}

/// What a group is called.
pub(super) fn group_name(wanted: &Wanted, entry: &Entry<'_>) -> Result<String, BerError> {
    let said = Singles::pick(wanted, entry)?.name.and_then(|name| String::from_utf8(name.to_owned()).ok());
    let dn = String::from_utf8_lossy(entry.dn);
    Ok(said.unwrap_or_else(|| dn::first_rdn_value(&dn).unwrap_or_default()))
}

/// Takes in one entry. Lists that go on are added to `ranged`. `None` when the account's time is over; and, with a
/// gap, when the entry cannot be told from others.
pub(super) fn take(
    kind: Kind,
    wanted: &Wanted,
    entry: &Entry<'_>,
    into: &mut Gathered,
    ranged: &mut Vec<Ranged>,
) -> Result<Option<Owner>, BerError> {
    let builder = &mut into.builder;
    let Ok(dn) = std::str::from_utf8(entry.dn) else {
        builder.gap_with("not_utf8", || format!("a DN that is not UTF-8: {}", String::from_utf8_lossy(entry.dn)));
        return Ok(None);
    };
    match expiry(wanted, entry, into.now)? {
        Expiry::Good => {}
        Expiry::Over => return Ok(None),
        Expiry::Unreadable => {
            builder.gap_with("unreadable_expiry", || format!("{dn}: until when it may be used is no time"))
        }
    }
    let singles = Singles::pick(wanted, entry)?;
    let Some(owner) = singles.add(kind, dn, builder) else { return Ok(None) };
    match (primary_group(kind, wanted, entry)?, owner) {
        (PrimaryGroup::Named(number), Owner::Person(person)) => builder.primary_group(person, &number),
        (PrimaryGroup::Named(number), Owner::Group(group)) => builder.group_number(group, &number),
        (PrimaryGroup::None, _) => {}
        (PrimaryGroup::Unreadable(what), _) => builder.gap_with("primary_group", || format!("{dn}: {what}")),
    }
    let mut shared: Option<Arc<str>> = None;
    for attribute in entry.attributes() {
        let attribute = attribute?;
        let description = Description::parse(attribute.description);
        for role in wanted.roles(description.name).filter(|role| role.list()) {
            if description.subtype {
                into.builder.gap_with("attribute_option", || {
                    let name = String::from_utf8_lossy(attribute.description);
                    format!("{dn}: {name} has an option that is not understood")
                });
                continue;
            }
            let count = take_values(owner, role, &attribute, dn, into)?;
            let Some(range) = description.range else { continue };
            if range.low != 0 || !range.fits(count) {
                into.builder.gap_with("ranged_attribute", || {
                    let name = String::from_utf8_lossy(attribute.description);
                    format!("{dn}: {name} came with {count} values")
                });
            } else if let Some(high) = range.high {
                let attribute = String::from_utf8_lossy(description.name).into_owned();
                let dn = Arc::clone(shared.get_or_insert_with(|| Arc::from(dn)));
                ranged.push(Ranged { owner, role, dn, attribute, next: high + 1 });
            }
        }
    }
    Ok(Some(owner))
}

/// Takes in the values of a list; says how many there were, unreadable ones included.
pub(super) fn take_values(
    owner: Owner,
    role: Role,
    attribute: &Attribute<'_>,
    dn: &str,
    into: &mut Gathered,
) -> Result<u64, BerError> {
    let Gathered { builder, named, .. } = into;
    let mut count = 0;
    for value in attribute.values() {
        let value = value?;
        count += 1;
        let Ok(value) = std::str::from_utf8(value) else {
            builder.gap_with("not_utf8", || {
                let name = String::from_utf8_lossy(attribute.description);
                format!("{dn}: a value of {name} that is not UTF-8")
            });
            continue;
        };
        if let (Role::MemberOf, Some(named)) = (role, &mut *named) {
            named.push(value.to_owned());
        }
        match (owner, role) {
            // It could be anybody who ever had that DN, and a search by the DN does not find it.
            (Owner::Group(_), Role::Members) if has_uid(value) => {
                builder.gap_with("member_uid", || {
                    format!("{dn}: the member {value} is named with a unique identifier; write its DN alone")
                });
            }
            (Owner::Group(group), Role::Members) => builder.member_dn(group, value),
            (Owner::Group(group), Role::MemberLogins) => builder.member_login(group, value),
            (Owner::Group(group), Role::MemberOf) => builder.group_member_of(group, value),
            (Owner::Person(person), Role::MemberOf) => builder.person_member_of(person, value),
            _ => {}
        }
    }
    Ok(count)
}

/// `uniqueMember` values may end in `#'0101'B` (RFC 4517 §3.3.21), which tells entries apart that
/// had one DN one after the other. A DN cannot end so: its last value would hold quotes.
fn has_uid(value: &str) -> bool {
    value.strip_suffix("'B").is_some_and(|rest| rest.trim_end_matches(['0', '1']).ends_with("#'"))
}

/// Attributes of which one value is wanted. Of several the smallest counts: servers keep no order.
#[derive(Default)]
struct Singles<'a> {
    id: Option<(&'a [u8], &'a [u8])>,
    ids: usize,
    login: Option<&'a [u8]>,
    name: Option<&'a [u8]>,
    email: Option<&'a [u8]>,
    /// `None` where none are wanted.
    claims: Option<Attributes>,
    missing: Vec<Missing>,
}

impl<'a> Singles<'a> {
    fn pick(wanted: &Wanted, entry: &Entry<'a>) -> Result<Self, BerError> {
        let claims = (!wanted.claims.is_empty()).then(Attributes::default);
        let mut found = Self { claims, ..Self::default() };
        for attribute in entry.attributes() {
            let attribute = attribute?;
            let description = Description::parse(attribute.description);
            if description.subtype {
                continue;
            }
            for role in wanted.roles(description.name).filter(|role| !role.list()) {
                let claim = if let Role::Claim(at) = role { wanted.claims.get(at) } else { None };
                if let (Some(name), Some(_)) = (claim, description.range) {
                    found.lacks(("ranged_attribute", format!("only a part of the values of {name} came")));
                }
                for value in attribute.values() {
                    match (claim, &mut found.claims) {
                        (Some(name), Some(claims)) => {
                            if let Err(missing) = claims.put(name, value?) {
                                found.lacks(missing);
                            }
                        }
                        _ => found.offer(role, description.name, value?),
                    }
                }
            }
        }
        Ok(found)
    }

    /// Said once, however many values it is about.
    fn lacks(&mut self, missing: Missing) {
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }

    fn offer(&mut self, role: Role, name: &'a [u8], value: &'a [u8]) {
        let slot = match role {
            Role::Id => {
                self.ids += 1;
                self.id = Some((name, value));
                return;
            }
            Role::Login => &mut self.login,
            Role::Name => &mut self.name,
            Role::Email => &mut self.email,
            Role::Members
            | Role::MemberLogins
            | Role::MemberOf
            | Role::Expires
            | Role::GroupNumber
            | Role::Sid
            | Role::Claim(_) => return,
        };
        if !value.is_empty() && slot.is_none_or(|known| value < known) {
            *slot = Some(value);
        }
    }

    /// `None`, with a gap, when the entry cannot be told from others.
    fn add(self, kind: Kind, dn: &str, builder: &mut SnapshotBuilder) -> Option<Owner> {
        for (code, what) in self.missing {
            builder.gap(code, format!("{dn}: {what}"));
        }
        if self.ids > 1 {
            builder
                .gap("ambiguous_id", format!("{dn}: the attribute that should never change has {} values", self.ids));
            return None;
        }
        let subject = self.id.map(|(name, value)| id_text(name, value)).unwrap_or_default();
        let mut text = |what: &str, value: Option<&'a [u8]>| match value.map(std::str::from_utf8) {
            Some(Ok(text)) => Some(text),
            Some(Err(_)) => {
                builder.gap("not_utf8", format!("{dn}: the {what} is not UTF-8"));
                None
            }
            None => None,
        };
        let name = text("name", self.name);
        match kind {
            Kind::People => {
                let (login, email) = (text("login", self.login), text("e-mail address", self.email));
                let claims = self.claims.map(|claims| claims::text([("attributes", claims.into_map())]));
                let claims = claims.as_deref();
                let fields = PersonFields { subject: &subject, dn: Some(dn), login, name, email, claims };
                builder.person(fields).map(Owner::Person)
            }
            Kind::Groups => {
                let name = match name {
                    Some(name) => Cow::Borrowed(name),
                    None => Cow::Owned(dn::first_rdn_value(dn).unwrap_or_default()),
                };
                builder.group(GroupFields { subject: &subject, dn: Some(dn), name: &name }).map(Owner::Group)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_members_uid_is_seen() {
        for with in ["cn=a,dc=x#'0101'B", "cn=a,dc=x#''B"] {
            assert!(has_uid(with), "{with}");
        }
        for without in ["cn=a,dc=x", "cn=a#'0102'B", "cn=a'B", "'B", ""] {
            assert!(!has_uid(without), "{without}");
        }
    }
}
