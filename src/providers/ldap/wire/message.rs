//! What a server sends, as views into the bytes it came in. Only the outline is checked when a
//! message is decoded; attributes and values are checked as they are walked.

use super::ber::{BOOLEAN, BerError, ENUMERATED, INTEGER, OCTET_STRING, Reader, SEQUENCE, SET};

/// `LDAPMessage` (RFC 4511 §4.1.1).
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Of the request that it answers; 0 when the server speaks unasked.
    pub id: i32,
    pub response: Response<'a>,
    pub controls: Controls<'a>,
}

/// What a server can say.
#[derive(Debug, Clone, Copy)]
pub enum Response<'a> {
    /// §4.2.2, with the server's token for SASL.
    Bind(LdapResult<'a>, Option<&'a [u8]>),
    Entry(Entry<'a>),
    /// The rest is at another server (§4.5.3): the first of its URLs.
    Reference(&'a [u8]),
    Done(LdapResult<'a>),
    /// With the response's OID, where it has one.
    Extended(LdapResult<'a>, Option<&'a [u8]>),
    /// §4.13: its OID and its value.
    Intermediate(Option<&'a [u8]>, Option<&'a [u8]>),
}

/// `LDAPResult` (§4.1.9), without its referral.
#[derive(Debug, Clone, Copy)]
pub struct LdapResult<'a> {
    pub code: i32,
    pub matched_dn: &'a [u8],
    /// For people; not always UTF-8.
    pub text: &'a [u8],
}

/// `SearchResultEntry` (§4.5.2).
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub dn: &'a [u8],
    attributes: &'a [u8],
}

/// A copy of an entry, which can wait until others have come.
#[derive(Debug, Clone)]
pub struct KeptEntry {
    dn: Vec<u8>,
    attributes: Vec<u8>,
}

/// The attributes of an entry. Ends after the first error.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a>(Reader<'a>);

/// `PartialAttribute` (§4.1.7).
#[derive(Debug, Clone, Copy)]
pub struct Attribute<'a> {
    /// Name and options, such as `member;range=0-1499`.
    pub description: &'a [u8],
    values: &'a [u8],
}

/// The values of an attribute. Ends after the first error.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a>(Reader<'a>);

/// The controls of a message (§4.1.11).
#[derive(Debug, Clone, Copy)]
pub struct Controls<'a>(Reader<'a>);

/// Reads one message, which must be all of `bytes`.
pub fn decode(bytes: &[u8]) -> Result<Message<'_>, BerError> {
    let mut outer = Reader::new(bytes);
    let mut message = Reader::new(outer.expect(SEQUENCE)?);
    outer.end()?;
    let id = message.number(INTEGER)?;
    if id < 0 {
        return Err(BerError::Number);
    }
    let (tag, content) = message.element()?;
    let mut operation = Reader::new(content);
    let response = match tag {
        0x61 => {
            let result = result(&mut operation)?;
            let token = operation.optional(0x87)?;
            operation.end_of_extensible()?;
            Response::Bind(result, token)
        }
        0x64 => {
            let dn = operation.expect(OCTET_STRING)?;
            let attributes = operation.expect(SEQUENCE)?;
            operation.end()?;
            Response::Entry(Entry { dn, attributes })
        }
        0x65 => {
            let result = result(&mut operation)?;
            operation.end_of_extensible()?;
            Response::Done(result)
        }
        0x73 => Response::Reference(operation.expect(OCTET_STRING)?),
        0x78 => {
            let result = result(&mut operation)?;
            let name = operation.optional(0x8a)?;
            operation.end_of_extensible()?;
            Response::Extended(result, name)
        }
        0x79 => {
            let (name, value) = (operation.optional(0x80)?, operation.optional(0x81)?);
            operation.end()?;
            Response::Intermediate(name, value)
        }
        other => return Err(BerError::UnknownOperation(other)),
    };
    let controls = message.optional(0xa0)?.unwrap_or_default();
    message.end_of_extensible()?;
    Ok(Message { id, response, controls: Controls(Reader::new(controls)) })
}

fn result<'a>(operation: &mut Reader<'a>) -> Result<LdapResult<'a>, BerError> {
    let code = operation.number(ENUMERATED)?;
    let matched_dn = operation.expect(OCTET_STRING)?;
    let text = operation.expect(OCTET_STRING)?;
    operation.optional(0xa3)?;
    Ok(LdapResult { code, matched_dn, text })
}

impl<'a> Entry<'a> {
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes(Reader::new(self.attributes))
    }

    #[must_use]
    pub fn keep(&self) -> KeptEntry {
        KeptEntry { dn: self.dn.to_owned(), attributes: self.attributes.to_owned() }
    }
}

impl KeptEntry {
    #[must_use]
    pub fn entry(&self) -> Entry<'_> {
        Entry { dn: &self.dn, attributes: &self.attributes }
    }

    /// In bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.dn.len() + self.attributes.len()
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, BerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let attribute = (|| {
            let mut reader = Reader::new(self.0.expect(SEQUENCE)?);
            let description = reader.expect(OCTET_STRING)?;
            let values = reader.expect(SET)?;
            reader.end()?;
            Ok(Attribute { description, values })
        })();
        if attribute.is_err() {
            self.0 = Reader::new(&[]);
        }
        Some(attribute)
    }
}

impl<'a> Attribute<'a> {
    #[must_use]
    pub fn values(&self) -> Values<'a> {
        Values(Reader::new(self.values))
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Result<&'a [u8], BerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let value = self.0.expect(OCTET_STRING);
        if value.is_err() {
            self.0 = Reader::new(&[]);
        }
        Some(value)
    }
}

impl<'a> Controls<'a> {
    /// The value of the control of that OID; `Some(&[])` when it has none.
    pub fn find(mut self, oid: &str) -> Result<Option<&'a [u8]>, BerError> {
        let mut found = None;
        while !self.0.is_empty() {
            let mut control = Reader::new(self.0.expect(SEQUENCE)?);
            let name = control.expect(OCTET_STRING)?;
            control.optional(BOOLEAN)?;
            let value = control.optional(OCTET_STRING)?.unwrap_or_default();
            control.end()?;
            if name == oid.as_bytes() {
                found = Some(value);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::super::ber::{put, put_number, put_with};
    use super::*;
    use proptest::prelude::*;

    fn entry(id: i32) -> Vec<u8> {
        let mut out = Vec::new();
        put_with(&mut out, SEQUENCE, |out| {
            put_number(out, INTEGER, id);
            put_with(out, 0x64, |out| {
                put(out, OCTET_STRING, b"cn=a");
                put_with(out, SEQUENCE, |out| {
                    put_with(out, SEQUENCE, |out| {
                        put(out, OCTET_STRING, b"member");
                        put_with(out, SET, |out| {
                            put(out, OCTET_STRING, b"cn=b");
                            put(out, OCTET_STRING, b"cn=c");
                        });
                    });
                });
            });
        });
        out
    }

    /// Walks everything that can be walked.
    fn walk(bytes: &[u8]) -> Result<usize, BerError> {
        let message = decode(bytes)?;
        message.controls.find("1")?;
        let mut seen = 0;
        if let Response::Entry(entry) = message.response {
            for attribute in entry.attributes() {
                for value in attribute?.values() {
                    seen += value?.len() + 1;
                }
            }
        }
        Ok(seen)
    }

    #[test]
    fn an_entry_is_read_in_place() {
        let bytes = entry(7);
        let message = decode(&bytes).unwrap();
        assert_eq!(message.id, 7);
        let Response::Entry(entry) = message.response else { unreachable!("an entry was sent") };
        assert_eq!(entry.dn, b"cn=a");
        let attribute = entry.attributes().next().unwrap().unwrap();
        assert_eq!(attribute.description, b"member");
        assert_eq!(attribute.values().collect::<Result<Vec<_>, _>>().unwrap(), [b"cn=b", b"cn=c"]);
    }

    #[test]
    fn l13_shapes_that_are_refused() {
        let mut trailing = entry(7);
        trailing.push(0);
        assert_eq!(walk(&trailing), Err(BerError::Trailing));
        assert!(walk(&entry(-1)).is_err(), "a negative id");
        assert!(walk(&[0x30, 0x00]).is_err(), "an empty sequence");
        assert_eq!(walk(&[0x30, 5, 2, 1, 1, 0x6f, 0]).unwrap_err(), BerError::UnknownOperation(0x6f));
        // An OCTET STRING behind the operation is no element to ignore.
        assert_eq!(walk(&[0x30, 0x0e, 2, 1, 1, 0x65, 7, 0x0a, 1, 0, 4, 0, 4, 0, 4, 0]), Err(BerError::Trailing));
        for cut in 0..entry(7).len() {
            assert!(walk(&entry(7)[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn l13_depth_is_not_followed() {
        let mut nested = Vec::new();
        for _ in 0..100_000 {
            nested.splice(0..0, [0x30, 0x84, 0, 0, 0, 0]);
        }
        for at in (0..100_000).rev() {
            let len = ((100_000 - at - 1) * 6) as u32;
            nested[at * 6 + 2..at * 6 + 6].copy_from_slice(&len.to_be_bytes());
        }
        assert!(walk(&nested).is_err());
    }

    #[test]
    fn active_directory_puts_an_oid_behind_its_notice() {
        let mut out = Vec::new();
        put_with(&mut out, SEQUENCE, |out| {
            put_number(out, INTEGER, 0);
            put_with(out, 0x78, |out| {
                put_number(out, ENUMERATED, 52);
                put(out, OCTET_STRING, b"");
                put(out, OCTET_STRING, b"bye");
            });
            put(out, 0x8a, b"1.3.6.1.4.1.1466.20036");
        });
        assert!(matches!(decode(&out).unwrap().response, Response::Extended(LdapResult { code: 52, .. }, None)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn l13_random_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = walk(&bytes);
        }

        // What comes out is never more than what went in: a view cannot be larger than its bytes.
        #[test]
        fn l13_mutated_messages_are_read_or_refused(changes in proptest::collection::vec((0usize..40, any::<u8>()), 1..6)) {
            let mut bytes = entry(7);
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            if let Ok(seen) = walk(&bytes) {
                prop_assert!(seen <= bytes.len());
            }
        }
    }
}
