//! One LDIF entry: which of its attributes count, and whether it is a person, a group or neither.
//!
//! Attribute names compare as a directory compares them: without case, an OID for its name, an
//! option such as `;binary` apart from the name (RFC 4512 section 2.5).

use crate::providers::Progress;
use crate::providers::claims::{self, Attributes, Missing};
use rosterd_core::dn;
use rosterd_core::snapshot::{GroupFields, PersonFields, SnapshotBuilder};

/// Attributes that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    ObjectClass,
    /// Index into [`IDS`].
    Id(usize),
    Uid,
    SamAccountName,
    DisplayName,
    Cn,
    Mail,
    Member,
    MemberUid,
    MemberOf,
}

/// Immutable ids, the ones that count first in front. One entry may carry several (FreeIPA does),
/// and always the same one must be chosen.
const IDS: [&str; 4] = ["entryUUID", "objectGUID", "nsUniqueId", "ipaUniqueID"];

/// Names, other names and OIDs (RFC 4519, RFC 4524, RFC 2307, RFC 4530, RFC 2798).
const NAMES: [(&str, Attribute); 26] = [
    ("objectClass", Attribute::ObjectClass),
    ("2.5.4.0", Attribute::ObjectClass),
    (IDS[0], Attribute::Id(0)),
    ("1.3.6.1.1.16.4", Attribute::Id(0)),
    (IDS[1], Attribute::Id(1)),
    (IDS[2], Attribute::Id(2)),
    (IDS[3], Attribute::Id(3)),
    ("uid", Attribute::Uid),
    ("userid", Attribute::Uid),
    ("0.9.2342.19200300.100.1.1", Attribute::Uid),
    ("sAMAccountName", Attribute::SamAccountName),
    ("displayName", Attribute::DisplayName),
    ("2.16.840.1.113730.3.1.241", Attribute::DisplayName),
    ("cn", Attribute::Cn),
    ("commonName", Attribute::Cn),
    ("2.5.4.3", Attribute::Cn),
    ("mail", Attribute::Mail),
    ("rfc822Mailbox", Attribute::Mail),
    ("0.9.2342.19200300.100.1.3", Attribute::Mail),
    ("member", Attribute::Member),
    ("2.5.4.31", Attribute::Member),
    ("uniqueMember", Attribute::Member),
    ("2.5.4.50", Attribute::Member),
    ("memberUid", Attribute::MemberUid),
    ("1.3.6.1.1.1.1.12", Attribute::MemberUid),
    ("memberOf", Attribute::MemberOf),
];

const PEOPLE: [&str; 5] = ["person", "organizationalPerson", "inetOrgPerson", "posixAccount", "user"];
const GROUPS: [&str; 4] = ["groupOfNames", "groupOfUniqueNames", "posixGroup", "group"];

/// A single value: the first one without options, else the first one.
#[derive(Debug, Default)]
struct Single {
    text: String,
    plain: bool,
}

impl Single {
    fn put(&mut self, text: &str, plain: bool) {
        if !text.is_empty() && (self.text.is_empty() || (plain && !self.plain)) {
            text.clone_into(&mut self.text);
            self.plain = plain;
        }
    }

    fn get(&self) -> Option<&str> {
        (!self.text.is_empty()).then_some(&self.text)
    }
}

/// What was read of one entry so far.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) dn: String,
    classes: Vec<String>,
    ids: [String; 4],
    uid: Single,
    sam_account_name: Single,
    display_name: Single,
    cn: Single,
    mail: Single,
    members: Vec<String>,
    member_uids: Vec<String>,
    member_of: Vec<String>,
    /// `None` where none are wanted.
    claims: Option<Attributes>,
}

impl Entry {
    pub(super) fn new(dn: String, with_claims: bool) -> Self {
        Self { dn, claims: with_claims.then(Attributes::default), ..Self::default() }
    }

    /// Takes one value of the attribute with that description (a name and options).
    ///
    /// # Errors
    /// What is missing from the entry now.
    pub(super) fn add(&mut self, description: &str, value: &[u8]) -> Result<(), Missing> {
        let (name, options) = description.split_once(';').unwrap_or((description, ""));
        let Some((_, attribute)) = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            return Ok(());
        };
        if options.to_ascii_lowercase().split(';').any(|option| option.starts_with("range=")) {
            return Err((
                "ranged_attribute",
                format!("{description} is only a part of its values; export all of them"),
            ));
        }
        let guid =
            if let (Attribute::Id(1), Ok(bytes)) = (attribute, value.try_into()) { guid(bytes) } else { String::new() };
        let text = if guid.is_empty() {
            std::str::from_utf8(value).map_err(|_| ("not_utf8", format!("a value of {description} is not UTF-8")))?
        } else {
            &guid
        };
        let plain = options.is_empty();
        match attribute {
            Attribute::ObjectClass => self.classes.push(text.to_owned()),
            Attribute::Id(at) => return self.add_id(*at, text),
            Attribute::Uid => self.uid.put(text, plain),
            Attribute::SamAccountName => self.sam_account_name.put(text, plain),
            Attribute::DisplayName => self.display_name.put(text, plain),
            Attribute::Cn => self.cn.put(text, plain),
            Attribute::Mail => self.mail.put(text, plain),
            Attribute::Member => self.members.push(without_uid(text).to_owned()),
            Attribute::MemberUid => self.member_uids.push(text.to_owned()),
            Attribute::MemberOf => self.member_of.push(text.to_owned()),
        }
        Ok(())
    }

    /// Takes the value as a claim if it is one of `wanted`. What has an option such as a language is
    /// another attribute.
    ///
    /// # Errors
    /// What is missing from the entry now.
    pub(super) fn add_claim(&mut self, wanted: &[String], description: &str, value: &[u8]) -> Result<(), Missing> {
        let Some(claims) = &mut self.claims else { return Ok(()) };
        let (name, options) = description.split_once(';').unwrap_or((description, ""));
        let Some(name) = wanted.iter().find(|wanted| wanted.eq_ignore_ascii_case(name)) else { return Ok(()) };
        match options.to_ascii_lowercase().as_str() {
            "" | "binary" => claims.put(name, value),
            range if range.starts_with("range=") => {
                Err(("ranged_attribute", format!("{description} is only a part of its values; export all of them")))
            }
            _ => Ok(()),
        }
    }

    /// UUIDs compare without case (RFC 4530 section 2.3), so they are kept in one.
    fn add_id(&mut self, at: usize, text: &str) -> Result<(), Missing> {
        let text = text.trim().to_ascii_lowercase();
        match self.ids.get_mut(at) {
            Some(id) if id.is_empty() => *id = text,
            Some(id) if *id == text => {}
            _ => return Err(("ambiguous_id", format!("two values of {}", IDS.get(at).unwrap_or(&"the id")))),
        }
        Ok(())
    }

    /// Whether the entry says what it is.
    pub(super) fn has_class(&self) -> bool {
        !self.classes.is_empty()
    }

    /// Whether it stands for entries elsewhere (RFC 3296).
    pub(super) fn is_referral(&self) -> bool {
        self.is(&["referral"])
    }

    fn is(&self, classes: &[&str]) -> bool {
        self.classes.iter().any(|class| classes.iter().any(|known| known.eq_ignore_ascii_case(class)))
    }

    /// Hands the entry on. One that is neither a person nor a group is left out; a machine account
    /// of Active Directory is a `user` too, and no person.
    pub(super) fn put_into(mut self, builder: &mut SnapshotBuilder, progress: &Progress) {
        if self.is(&PEOPLE) && !self.is(&["computer"]) {
            self.put_person(builder);
            progress.add_people(1);
        } else if self.is(&GROUPS) {
            self.put_group(builder);
            progress.add_groups(1);
        }
    }

    fn put_person(&mut self, builder: &mut SnapshotBuilder) {
        let claims = self.claims.take().map(|claims| claims::text([("attributes", claims.into_map())]));
        let person = builder.person(PersonFields {
            subject: &self.subject(),
            dn: Some(&self.dn),
            login: self.uid.get().or(self.sam_account_name.get()),
            name: self.display_name.get().or(self.cn.get()),
            email: self.mail.get(),
            claims: claims.as_deref(),
        });
        let Some(person) = person else { return };
        for group in &self.member_of {
            builder.person_member_of(person, group);
        }
    }

    fn put_group(&self, builder: &mut SnapshotBuilder) {
        let name = self.cn.get().unwrap_or(&self.dn);
        let Some(group) = builder.group(GroupFields { subject: &self.subject(), dn: Some(&self.dn), name }) else {
            return;
        };
        for member in &self.members {
            builder.member_dn(group, member);
        }
        for login in &self.member_uids {
            builder.member_login(group, login);
        }
        for parent in &self.member_of {
            builder.group_member_of(group, parent);
        }
    }

    /// The immutable id, or the DN's normal form for a file that has none.
    fn subject(&self) -> String {
        if let Some(id) = self.ids.iter().find(|id| !id.is_empty()) {
            return id.clone();
        }
        let mut normal = String::with_capacity(self.dn.len());
        match dn::normalize_into(&self.dn, &mut normal) {
            Ok(()) => normal,
            // The builder refuses the DN as well, and says so.
            Err(_) => self.dn.clone(),
        }
    }
}

/// A `uniqueMember` may end in `#'0101'B` (RFC 4517 section 3.3.21), which names no other entry.
fn without_uid(text: &str) -> &str {
    match text.rfind("#'") {
        Some(at) if text.ends_with("'B") && text[at..].len() >= 4 => text.get(..at).unwrap_or(text),
        _ => text,
    }
}

/// An `objectGUID` as Active Directory shows it: the first three fields are little-endian.
fn guid(b: [u8; 16]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(36);
    for (at, from) in [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{:02x}", b.get(from).copied().unwrap_or(0));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_guid_is_shown_as_active_directory_shows_it() {
        let bytes = [0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6];
        assert_eq!(guid(bytes), "ae4f1df8-ec7d-d011-a765-00a0c91e6bf6");
    }

    #[test]
    fn only_a_unique_members_bit_string_is_cut() {
        for (text, dn) in [
            ("uid=ana,dc=x#'0101'B", "uid=ana,dc=x"),
            ("uid=ana,dc=x#''B", "uid=ana,dc=x"),
            ("cn=a#'B", "cn=a#'B"),
            ("cn=c#,dc=x", "cn=c#,dc=x"),
            ("cn=é#'0'B", "cn=é"),
        ] {
            assert_eq!(without_uid(text), dn);
        }
    }

    #[test]
    fn l11_names_compare_without_case_and_oids_stand_for_names() {
        let mut entry = Entry::new("cn=a,dc=x".to_owned(), false);
        for (name, value) in [("MEMBER", "uid=1,dc=x"), ("member;binary", "uid=2,dc=x"), ("2.5.4.31", "uid=3,dc=x")] {
            assert_eq!(entry.add(name, value.as_bytes()), Ok(()));
        }
        assert_eq!(entry.members, ["uid=1,dc=x", "uid=2,dc=x", "uid=3,dc=x"]);
        assert_eq!(entry.add("cn;lang-de", "Gruppe".as_bytes()), Ok(()));
        assert_eq!(entry.add("CN", "group".as_bytes()), Ok(()));
        assert_eq!(entry.add("cn", "second".as_bytes()), Ok(()));
        assert_eq!(entry.cn.get(), Some("group"));
    }

    #[test]
    fn l10_a_ranged_attribute_is_missing_values() {
        let mut entry = Entry::new("cn=a,dc=x".to_owned(), false);
        let missing = entry.add("member;Range=0-1499", b"uid=1,dc=x");
        assert_eq!(missing.map_err(|(code, _)| code), Err("ranged_attribute"));
        assert_eq!(entry.add("jpegPhoto", &[0xff, 0xd8]), Ok(()));
        assert_eq!(entry.add("member", &[0xff]).map_err(|(code, _)| code), Err("not_utf8"));
    }
}
