//! Changes what a real LDAP server says on its way to the client: answers that slapd cannot be
//! made to give, in the middle of an otherwise true directory.
//!
//! Knows just enough of RFC 4511 to find messages, entries, results and controls.

/// What becomes of the messages of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tamper {
    /// After so many entries the search ends with this result code.
    ResultAfter { entries: usize, code: u32 },
    /// After so many entries these bytes come, and then the rest.
    BytesAfter { entries: usize, bytes: Vec<u8> },
    /// Results come without their controls: the client cannot know whether there is another page.
    NoControls,
    /// Each page comes with the cookie of the first.
    SameCookie,
    /// Of more than five members only five come, called `member;range=0-4`, as Active Directory
    /// does it. There is no answer to the question for the next ones.
    Ranged,
    /// The first member of each group is no UTF-8.
    MemberNotUtf8,
}

const ENTRY: u8 = 0x64;
const RESULT: u8 = 0x65;
const SEQUENCE: u8 = 0x30;
const OCTETS: u8 = 0x04;

/// The state of one connection.
#[derive(Debug, Default)]
pub struct Tampering {
    buffer: Vec<u8>,
    entries: usize,
    /// The search was ended by us; what the server says of it is swallowed.
    ended: bool,
    first_controls: Option<Vec<u8>>,
}

impl Tampering {
    /// Takes bytes from the server; returns those for the client.
    pub fn feed(&mut self, bytes: &[u8], how: &Tamper) -> Vec<u8> {
        self.buffer.extend_from_slice(bytes);
        let mut out = Vec::new();
        while let Some((_, start, end)) = header(&self.buffer) {
            if self.buffer.len() < end {
                break;
            }
            let message: Vec<u8> = self.buffer.drain(..end).collect();
            self.message(&message, &message[start..], how, &mut out);
        }
        out
    }

    fn message(&mut self, message: &[u8], content: &[u8], how: &Tamper, out: &mut Vec<u8>) {
        let parts = elements(content);
        let [(_, id), (op, body), controls @ ..] = parts.as_slice() else { return out.extend(message) };
        let answer = |parts: &[Vec<u8>]| element(SEQUENCE, &[&[element(0x02, id)], parts].concat().concat());
        match (*op, how) {
            (ENTRY, Tamper::ResultAfter { entries, code }) => {
                self.entries += 1;
                if self.entries <= *entries {
                    out.extend(message);
                } else if !self.ended {
                    self.ended = true;
                    let code = if *code < 128 { vec![*code as u8] } else { code.to_be_bytes()[2..].to_vec() };
                    let result = [element(0x0a, &code), element(OCTETS, b""), element(OCTETS, b"made up")].concat();
                    out.extend(answer(&[element(RESULT, &result)]));
                }
            }
            (RESULT, Tamper::ResultAfter { .. }) if self.ended => {}
            (ENTRY, Tamper::BytesAfter { entries, bytes }) => {
                if self.entries == *entries {
                    out.extend(bytes);
                }
                self.entries += 1;
                out.extend(message);
            }
            (RESULT, Tamper::NoControls) => out.extend(answer(&[element(RESULT, body)])),
            (RESULT, Tamper::SameCookie) if !controls.is_empty() => {
                let now: Vec<u8> = controls.iter().flat_map(|(tag, content)| element(*tag, content)).collect();
                let first = self.first_controls.get_or_insert(now).clone();
                out.extend(answer(&[element(RESULT, body), first]));
            }
            (ENTRY, Tamper::Ranged | Tamper::MemberNotUtf8) => {
                let entry = match elements(body).as_slice() {
                    [(_, dn), (_, attributes)] => {
                        let attributes: Vec<u8> =
                            elements(attributes).iter().flat_map(|(_, a)| attribute(a, how)).collect();
                        [element(OCTETS, dn), element(SEQUENCE, &attributes)].concat()
                    }
                    _ => body.to_vec(),
                };
                out.extend(answer(&[element(ENTRY, &entry)]));
            }
            _ => out.extend(message),
        }
    }
}

/// One attribute of an entry, changed if it lists members.
fn attribute(content: &[u8], how: &Tamper) -> Vec<u8> {
    let parts = elements(content);
    let [(_, name), (set, values)] = parts.as_slice() else { return element(SEQUENCE, content) };
    let mut values: Vec<Vec<u8>> = elements(values).iter().map(|(_, value)| value.to_vec()).collect();
    let mut name = name.to_vec();
    if name == b"member" && *how == Tamper::MemberNotUtf8 {
        values[0][1] = 0xff;
    }
    if name == b"member" && *how == Tamper::Ranged && values.len() > 5 {
        name.extend(b";range=0-4");
        values.truncate(5);
    }
    let values: Vec<u8> = values.iter().flat_map(|value| element(OCTETS, value)).collect();
    element(SEQUENCE, &[element(OCTETS, &name), element(*set, &values)].concat())
}

/// Tag, where the content begins, and where it ends; `None` while the header is not all there.
fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (tag, first) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    if first < 128 {
        return Some((tag, 2, 2 + first));
    }
    let length = bytes.get(2..2 + (first - 128))?.iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
    let start = 2 + (first - 128);
    Some((tag, start, start + length))
}

/// The elements of a constructed one: (tag, content).
fn elements(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let Some((tag, start, end)) = header(bytes) {
        found.push((tag, &bytes[start..end]));
        bytes = &bytes[end..];
    }
    found
}

/// An element with a length in the long form.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag, 0x84];
    out.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
    out.extend(content);
    out
}
