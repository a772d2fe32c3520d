//! Attribute descriptions (RFC 4512 §2.5): names without case, OIDs, options; and which attribute
//! means what to us.

use rosterd_core::text::{hex, unhex};

/// What an attribute is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Id,
    Login,
    Name,
    Email,
    /// Members by DN.
    Members,
    /// Members by login.
    MemberLogins,
    /// The groups that the entry is in, by DN.
    MemberOf,
    /// Until when an account may be used.
    Expires,
    /// The number of a group, or of a person's own.
    GroupNumber,
    /// The security identifier, which ends in such a number.
    Sid,
    /// A claim: its place in [`Wanted::claims`].
    Claim(usize),
}

impl Role {
    /// Whether it says who is in what.
    pub(super) fn list(self) -> bool {
        matches!(self, Self::Members | Self::MemberLogins | Self::MemberOf)
    }
}

/// Which attributes are wanted, and as what. One attribute can be several things.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// (all its names, its role)
    roles: Vec<(Vec<String>, Role)>,
    /// Attributes that are claims, under the names of the configuration.
    pub(super) claims: Vec<String>,
    /// What is asked for, each once, in the order of the configuration.
    pub(super) request: Vec<String>,
}

/// Names that servers use for one attribute. A server may answer under another of its names
/// than it was asked by.
const SAME: [&[&str]; 13] = [
    &["member", "2.5.4.31"],
    &["uniqueMember", "2.5.4.50"],
    &["memberUid", "1.3.6.1.1.1.1.12"],
    &["memberOf", "1.2.840.113556.1.2.102"],
    &["cn", "commonName", "2.5.4.3"],
    &["sn", "surname", "2.5.4.4"],
    &["uid", "userid", "0.9.2342.19200300.100.1.1"],
    &["mail", "rfc822Mailbox", "0.9.2342.19200300.100.1.3"],
    &["entryUUID", "1.3.6.1.1.16.4"],
    &["displayName", "2.16.840.1.113730.3.1.241"],
    &["objectGUID", "1.2.840.113556.1.4.2"],
    &["sAMAccountName", "1.2.840.113556.1.4.221"],
    &["userPrincipalName", "1.2.840.113556.1.4.656"],
];

impl Wanted {
    pub(super) fn new<'a>(roles: impl IntoIterator<Item = (Role, &'a str)>) -> Self {
        let mut wanted = Self { roles: Vec::new(), claims: Vec::new(), request: Vec::new() };
        for (role, name) in roles {
            if let Role::Claim(_) = role {
                wanted.claims.push(name.to_owned());
            }
            let names = SAME.iter().find(|names| names.iter().any(|other| other.eq_ignore_ascii_case(name)));
            let names =
                names.map_or_else(|| vec![name.to_owned()], |names| names.iter().map(|&n| n.to_owned()).collect());
            wanted.roles.push((names, role));
            if !wanted.request.iter().any(|other| other.eq_ignore_ascii_case(name)) {
                wanted.request.push(name.to_owned());
            }
        }
        wanted
    }

    /// Whether any attribute is that to us.
    pub(super) fn has(&self, role: Role) -> bool {
        self.roles.iter().any(|(_, other)| *other == role)
    }

    /// What the attribute of that name is to us.
    pub(super) fn roles<'s>(&'s self, name: &'s [u8]) -> impl Iterator<Item = Role> + 's {
        self.roles
            .iter()
            .filter(|(names, _)| names.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name)))
            .map(|(_, role)| *role)
    }
}

/// `member;range=0-1499`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Description<'a> {
    pub(super) name: &'a [u8],
    pub(super) range: Option<Range>,
    /// An option other than `binary` and `range`, such as a language: a subtype, with values that
    /// are not the attribute's own.
    pub(super) subtype: bool,
}

/// Which of the values were sent ([MS-ADTS] 3.1.1.3.1.3.3), from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: u64,
    /// `None` when the last is among them.
    pub(super) high: Option<u64>,
}

impl<'a> Description<'a> {
    /// A range that cannot be read makes a subtype: its values are not taken for all.
    pub(super) fn parse(text: &'a [u8]) -> Self {
        let mut parts = text.split(|byte| *byte == b';');
        let mut parsed = Self { name: parts.next().unwrap_or_default(), range: None, subtype: false };
        for option in parts {
            match option.split_at_checked(6) {
                Some((key, range)) if key.eq_ignore_ascii_case(b"range=") => match Range::parse(range) {
                    Some(range) if parsed.range.is_none() => parsed.range = Some(range),
                    _ => parsed.subtype = true,
                },
                Some((key, b"")) if key.eq_ignore_ascii_case(b"binary") => {}
                _ => parsed.subtype = true,
            }
        }
        parsed
    }
}

impl Range {
    fn parse(text: &[u8]) -> Option<Self> {
        let (low, high) = std::str::from_utf8(text).ok()?.split_once('-')?;
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
        Some(Self { low: number(low)?, high: if high == "*" { None } else { Some(number(high)?) } })
    }

    /// Whether it can hold so many values.
    pub(super) fn fits(self, values: u64) -> bool {
        self.high.is_none_or(|high| high.checked_sub(self.low).and_then(|n| n.checked_add(1)) == Some(values))
    }
}

/// An immutable id as text: Active Directory's GUIDs as Microsoft writes them, text as it is, and
/// other bytes in hexadecimal.
pub(super) fn id_text(name: &[u8], value: &[u8]) -> String {
    if is_guid(name) {
        if let [a, b, c, d, e, f, g, h, i, j, last @ ..] = value
            && last.len() == 6
        {
            // [MS-DTYP] 2.3.4: the first three numbers are little-endian.
            let parts = [&[*d, *c, *b, *a][..], &[*f, *e], &[*h, *g], &[*i, *j], last];
            return parts.map(hex).join("-");
        }
        return hex(value);
    }
    match std::str::from_utf8(value) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => hex(value),
    }
}

/// The bytes that [`id_text`] may have made into `text`. More than one where text that is its own
/// also looks like hexadecimal digits.
pub(super) fn id_bytes(name: &str, text: &str) -> Vec<Vec<u8>> {
    if is_guid(name.as_bytes()) {
        let plain: String = text.chars().filter(|c| *c != '-').collect();
        return match unhex(&plain) {
            Some(mut guid) if guid.len() == 16 && text.len() == 36 => {
                guid[..4].reverse();
                guid[4..6].reverse();
                guid[6..8].reverse();
                vec![guid]
            }
            Some(bytes) => vec![bytes],
            None => Vec::new(),
        };
    }
    let mut all = vec![text.as_bytes().to_owned()];
    all.extend(unhex(text));
    all
}

fn is_guid(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"objectGUID") || name == b"1.2.840.113556.1.4.2"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(wanted: &Wanted, name: &str) -> Vec<Role> {
        wanted.roles(name.as_bytes()).collect()
    }

    #[test]
    fn l11_names_in_any_case_and_as_oid() {
        let wanted = Wanted::new([(Role::Members, "member"), (Role::Members, "uniqueMember"), (Role::Name, "cn")]);
        for name in ["member", "Member", "MEMBER", "2.5.4.31", "uniquemember", "2.5.4.50"] {
            assert_eq!(roles(&wanted, name), [Role::Members], "{name}");
        }
        assert_eq!(roles(&wanted, "commonName"), [Role::Name]);
        assert_eq!(roles(&wanted, "memberUid"), []);
        assert_eq!(wanted.request, ["member", "uniqueMember", "cn"]);
    }

    #[test]
    fn one_attribute_can_be_several_things() {
        let wanted = Wanted::new([(Role::Id, "uid"), (Role::Login, "UID")]);
        assert_eq!(roles(&wanted, "uid"), [Role::Id, Role::Login]);
        assert_eq!(wanted.request, ["uid"]);
    }

    #[test]
    fn l10_l11_options() {
        let parse = |text: &'static str| Description::parse(text.as_bytes());
        let plain = Description { name: b"member", range: None, subtype: false };
        assert_eq!(parse("member"), plain);
        assert_eq!(parse("member;BINARY"), plain);
        assert_eq!(parse("member;Range=0-1499").range, Some(Range { low: 0, high: Some(1499) }));
        assert_eq!(parse("member;range=1500-*").range, Some(Range { low: 1500, high: None }));
        for odd in
            ["member;lang-de", "member;range=", "member;range=a-b", "member;range=+1-2", "member;range=0-1;range=0-2"]
        {
            assert!(parse(odd).subtype, "{odd}");
        }
        assert!(Range { low: 0, high: Some(1499) }.fits(1500));
        assert!(!Range { low: 5, high: Some(3) }.fits(0));
        assert!(!Range { low: 0, high: Some(u64::MAX) }.fits(0));
    }

    #[test]
    fn l12_ids_become_text() {
        let guid: Vec<u8> = (0..16).collect();
        assert_eq!(id_text(b"objectGUID", &guid), "03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert_eq!(id_text(b"objectguid", b"short"), "73686f7274");
        assert_eq!(id_text(b"entryUUID", b"ab-cd"), "ab-cd");
        assert_eq!(id_text(b"objectSid", &[1, 0xff]), "01ff");
    }

    #[test]
    fn l12_and_back_to_what_is_looked_for() {
        let guid: Vec<u8> = (0..16).collect();
        for (name, bytes) in
            [("objectGUID", &guid[..]), ("objectguid", b"short"), ("entryUUID", b"ab-cd"), ("objectSid", &[1, 0xff])]
        {
            let back = id_bytes(name, &id_text(name.as_bytes(), bytes));
            assert!(back.iter().any(|other| other == bytes), "{name}: {back:?}");
        }
        assert_eq!(id_bytes("uid", "ab"), [b"ab".to_vec(), vec![0xab]]);
        assert_eq!(id_bytes("objectGUID", "no guid"), Vec::<Vec<u8>>::new());
    }
}
