//! LDIF (RFC 2849): entries, not changes.
//!
//! Strict where a mistake could look like fewer people: every line must be understood, and a file
//! that ends in the middle of a line is not complete. References to other files (`:<`) are
//! refused: nothing but the file itself is read.

use super::Refused;
use super::base64;
use super::entry::Entry;
use super::lines::Lines;
use crate::providers::Progress;
use rosterd_core::snapshot::SnapshotBuilder;
use std::borrow::Cow;
use std::path::Path;

/// Reads all entries of `file`; `path` is for texts only. `attributes` of people are claims.
///
/// # Errors
/// The first line that breaks the format, or that there are no entries.
pub(super) fn read(
    file: &[u8],
    path: &Path,
    attributes: &[String],
    builder: &mut SnapshotBuilder,
    progress: &Progress,
) -> Result<(), Refused> {
    let file = text_of(file)?;
    let whole = whole_records(file);
    let mut reader = Reader { path, attributes, builder, progress, record: Record::None, entries: 0, version: false };
    for line in Lines::new(whole) {
        let line = line?;
        if line.bytes.is_empty() {
            reader.end_of_record()?;
        } else if line.bytes.first() == Some(&b'#') {
            reader.comment(line.number, &line.bytes);
        } else {
            reader.line(line.number, &line.bytes)?;
        }
    }
    reader.end_of_record()?;
    let cut = whole.len() < file.len();
    if reader.entries == 0 {
        let why = if cut { "the file is cut off in its first entry" } else { "there is no entry in it" };
        return Err(Refused::file(why));
    }
    if cut {
        reader
            .builder
            .gap("truncated", format!("{}: the last line has no line end, so its record was left out", path.display()));
    }
    Ok(())
}

/// The file without a byte order mark, if it can be text.
fn text_of(file: &[u8]) -> Result<&[u8], Refused> {
    if file.starts_with(&[0xff, 0xfe]) || file.starts_with(&[0xfe, 0xff]) {
        return Err(Refused::file("UTF-16; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)"));
    }
    if file.is_empty() {
        return Err(Refused::file("the file is empty"));
    }
    Ok(file.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(file))
}

/// The file without a last record whose last line has no end: nobody knows what is missing of it.
fn whole_records(file: &[u8]) -> &[u8] {
    if file.ends_with(b"\n") {
        return file;
    }
    let mut end = file.len();
    while let Some(at) = file.get(..end).and_then(|part| part.iter().rposition(|b| *b == b'\n')) {
        let before = file.get(..at).unwrap_or_default();
        let line = before.strip_suffix(b"\r").unwrap_or(before);
        if line.is_empty() || line.ends_with(b"\n") {
            return file.get(..=at).unwrap_or_default();
        }
        end = at;
    }
    &[]
}

/// The record that is being read.
#[derive(Debug)]
enum Record {
    None,
    /// Its DN could not be read; the gap is noted.
    Skipped,
    Entry(u64, Box<Entry>),
}

struct Reader<'a> {
    path: &'a Path,
    attributes: &'a [String],
    builder: &'a mut SnapshotBuilder,
    progress: &'a Progress,
    record: Record,
    entries: u64,
    version: bool,
}

impl Reader<'_> {
    /// `ldapsearch -LLL` says only in a comment that a part of the answer lies on another server.
    fn comment(&mut self, number: u64, comment: &[u8]) {
        let said = comment.strip_prefix(b"#").unwrap_or(comment).trim_ascii_start();
        let to = said.strip_prefix(b"ref:").or(said.strip_prefix(b"ref")).unwrap_or_default().trim_ascii_start();
        if to.starts_with(b"ldap://") || to.starts_with(b"ldaps://") {
            let (path, to) = (self.path.display(), String::from_utf8_lossy(to));
            self.builder
                .gap("referral", format!("{path}:{number}: a part of the answer is on another server: {to:.200}"));
        }
    }

    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Refused> {
        let (description, value) = split(number, line)?;
        if let Record::None = self.record {
            return self.first_line(number, description, &value);
        }
        let is = |name: &str| description.eq_ignore_ascii_case(name);
        if is("changetype") || is("control") {
            return Err(Refused::line(number, "a change record; only an export of whole entries can be read"));
        }
        if is("dn") {
            return Err(Refused::line(number, "a second dn in one record; a blank line must be before it"));
        }
        let Record::Entry(_, entry) = &mut self.record else { return Ok(()) };
        let missing = [entry.add(description, &value), entry.add_claim(self.attributes, description, &value)];
        for (code, detail) in missing.into_iter().filter_map(Result::err) {
            let detail = format!("{}:{number}: {detail} (of {:.200})", self.path.display(), entry.dn);
            self.builder.gap(code, detail);
        }
        Ok(())
    }

    /// A record begins with its DN, the file may begin with its version.
    fn first_line(&mut self, number: u64, description: &str, value: &[u8]) -> Result<(), Refused> {
        if description.eq_ignore_ascii_case("version") && self.entries == 0 && !self.version {
            self.version = true;
            return match value {
                b"1" => Ok(()),
                _ => Err(Refused::line(number, "only version 1 of LDIF is known")),
            };
        }
        if !description.eq_ignore_ascii_case("dn") {
            let what = "a record must begin with its dn (write it with ldapsearch -LLL, slapcat or the like)";
            return Err(Refused::line(number, what));
        }
        self.entries += 1;
        self.record = match std::str::from_utf8(value) {
            Ok(dn) => Record::Entry(number, Box::new(Entry::new(dn.to_owned(), !self.attributes.is_empty()))),
            Err(_) => {
                let path = self.path.display();
                self.builder.gap("not_utf8", format!("{path}:{number}: a dn is not UTF-8; its entry was left out"));
                Record::Skipped
            }
        };
        Ok(())
    }

    fn end_of_record(&mut self) -> Result<(), Refused> {
        let Record::Entry(number, entry) = std::mem::replace(&mut self.record, Record::None) else { return Ok(()) };
        if !entry.has_class() {
            let what = "an entry without objectClass; export that too, or nobody knows what the entry is";
            return Err(Refused::line(number, what));
        }
        if entry.is_referral() {
            let path = self.path.display();
            self.builder.gap("referral", format!("{path}:{number}: {:.200} refers to another server", entry.dn));
        }
        entry.put_into(self.builder, self.progress);
        Ok(())
    }
}

/// An attribute's description and value.
fn split(number: u64, line: &[u8]) -> Result<(&str, Cow<'_, [u8]>), Refused> {
    let refused = |what: &str| Refused::line(number, what);
    if line == b"-" {
        return Err(refused("a change record; only an export of whole entries can be read"));
    }
    let mut parts = line.splitn(2, |b| *b == b':');
    let (Some(description), Some(value)) = (parts.next(), parts.next()) else {
        return Err(refused("neither `name: value`, nor a comment, nor a continued line"));
    };
    let known = |b: &u8| b.is_ascii_alphanumeric() || b"-_.;=*".contains(b);
    let description = match std::str::from_utf8(description) {
        Ok(text) if !text.is_empty() && text.bytes().all(|b| known(&b)) => text,
        _ => return Err(refused("what is before the colon is no attribute name")),
    };
    match value.first() {
        Some(b':') => match base64::decode(value.get(1..).unwrap_or_default()) {
            Some(bytes) => Ok((description, Cow::Owned(bytes))),
            None => Err(refused("not base64, though `::` says so")),
        },
        Some(b'<') => Err(refused("a value from another file or URL (`:<`) is not read; put it in here with `::`")),
        // A file system that lost power leaves zeros where the text was.
        _ if value.contains(&0) => Err(refused("a NUL byte; write it as base64, or see whether the file is damaged")),
        _ => {
            let blanks = value.iter().take_while(|b| **b == b' ').count();
            Ok((description, Cow::Borrowed(value.get(blanks..).unwrap_or_default())))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::super::testing::{claims, ldif, ldif_with, refusal, show};
    use proptest::prelude::*;

    const COMPANY: &str = "\
version: 1
# everybody
dn: uid=ana.silva,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
entryUUID: 7F3C0000-0000-4000-8000-000000000001
uid: ana.silva
cn:: QW5hIFNpbHbDo28=
mail: ana@exam
 ple.org

dn: cn=jo,ou=people,dc=example,dc=org
objectClass: user
sAMAccountName: jo
displayName: Jo Moe
cn: jo
entryUUID: 7f3c0000-0000-4000-8000-000000000002


dn: cn=sre,ou=groups,dc=example,dc=org
objectClass: groupOfNames
entryUUID: g-1
cn: sre
member: UID=Ana.Silva, OU=people, DC=example, DC=org
member: cn=gone,dc=example,dc=org

dn: cn=eng,ou=groups,dc=example,dc=org
objectClass: posixGroup
entryUUID: g-2
cn: eng
memberUid: jo
member: cn=sre,ou=groups,dc=example,dc=org

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: cn=pc,dc=example,dc=org
objectClass: user
objectClass: computer
cn: pc
";

    const SHOWN: &str = "\
7f3c0000-0000-4000-8000-000000000001 ana.silva Ana Silvão ana@example.org: sre
7f3c0000-0000-4000-8000-000000000002 jo Jo Moe : eng
sre < eng";

    #[test]
    fn reads_people_groups_and_members() {
        let reading = ldif(COMPANY.as_bytes()).unwrap();
        assert_eq!(show(&reading), SHOWN);
        assert_eq!(reading.snapshot().strangers, 1);
        assert_eq!(show(&ldif(COMPANY.replace('\n', "\r\n").as_bytes()).unwrap()), SHOWN);
        let marked = [&[0xef, 0xbb, 0xbf], COMPANY.as_bytes()].concat();
        assert_eq!(show(&ldif(&marked).unwrap()), SHOWN);
    }

    #[test]
    fn member_of_says_the_same_as_member() {
        let file = "dn: uid=a,dc=x\nobjectClass: person\nuid: a\nentryUUID: 1\nmemberOf: CN=sre,DC=x\n\n\
                    dn: cn=sre,dc=x\nobjectClass: group\ncn: sre\nentryUUID: 2\nmemberOf: cn=all,dc=x\n\n\
                    dn: cn=all,dc=x\nobjectClass: group\ncn: all\nentryUUID: 3\n";
        assert_eq!(show(&ldif(file.as_bytes()).unwrap()), "1 a  : sre\nsre < all");
    }

    #[test]
    fn attributes_are_claims_where_they_are_asked_for() {
        let file = "dn: uid=a,dc=x\nobjectClass: person\nuid: a\ndepartment: Sales\nDEPARTMENT: Ops\n\
                    title;lang-de: Chef\ntitle: Boss\nmanager: uid=b,dc=x\n\n\
                    dn: uid=b,dc=x\nobjectClass: person\nuid: b\n";
        let read = |attributes: &[&str]| {
            ldif_with(file.as_bytes(), &attributes.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap()
        };
        assert_eq!(claims(&read(&[])), "\n");
        let shown = "{\"attributes\":{\"Department\":[\"Ops\",\"Sales\"],\"title\":[\"Boss\"],\"uid\":[\"a\"]}}\n\
                     {\"attributes\":{\"uid\":[\"b\"]}}";
        assert_eq!(claims(&read(&["Department", "title", "uid"])), shown);
        let bad = file.replace("title: Boss", "title:: /9g=\nphoto;range=0-1: x\ndepartment:: AGE=");
        let reading = ldif_with(bad.as_bytes(), &["title", "photo", "department"].map(str::to_owned)).unwrap();
        let codes: Vec<_> = reading.gaps().iter().map(|gap| gap.code).collect();
        assert_eq!(codes, ["bad_text", "not_utf8", "ranged_attribute"]);
    }

    #[test]
    fn without_an_id_the_dn_is_the_id() {
        let file = "dn: UID=A, dc=X\nobjectClass: person\nuid: a\n";
        assert_eq!(show(&ldif(file.as_bytes()).unwrap()), "uid=a,dc=x a  : ");
    }

    #[test]
    fn what_breaks_the_format_is_refused_with_its_line() {
        let good = "dn: uid=a,dc=x\nobjectClass: person\nuid: a\n";
        for (more, at, says) in [
            ("changetype: add\n", 4, "change record"),
            ("-\n", 4, "change record"),
            ("uid\n", 4, "neither"),
            ("u id: a\n", 4, "no attribute name"),
            (": a\n", 4, "no attribute name"),
            ("cn:: QQ=\n", 4, "not base64"),
            ("jpegPhoto:< file:///etc/passwd\n", 4, "from another file"),
            ("cn: a\0b\n", 4, "NUL"),
            ("dn: uid=b,dc=x\n", 4, "second dn"),
            ("\nuid: b\n", 5, "begin with its dn"),
            ("\nversion: 1\n", 5, "begin with its dn"),
            ("\n\n x\n", 6, "continues no line"),
            ("\ndn: uid=b,dc=x\nuid: b\n", 5, "without objectClass"),
            ("\nsearch: 2\nresult: 4 Size limit exceeded\n", 5, "ldapsearch -LLL"),
        ] {
            let message = refusal(ldif(format!("{good}{more}").as_bytes()));
            assert!(message.starts_with(&format!("f:{at}: ")) && message.contains(says), "{more:?}: {message}");
        }
        for (file, says) in [
            (&b""[..], "empty"),
            (b"\n# nothing\n", "no entry"),
            (b"version: 2\n", "f:1: only version 1"),
            (b"\xff\xfed\0n\0", "UTF-16"),
            (b"dn: uid=a,dc=x\nobjectClass: per", "cut off in its first entry"),
        ] {
            assert!(refusal(ldif(file)).contains(says), "{says}");
        }
    }

    #[test]
    fn a_last_line_without_an_end_is_truncated_and_its_record_is_not_believed() {
        for ends in ["\n", "\r\n"] {
            let file = COMPANY.replace('\n', ends);
            let cut = file.find("member: cn=sre").unwrap() + 10;
            let shown = show(&ldif(&file.as_bytes()[..cut]).unwrap());
            assert_eq!(shown, SHOWN.replace(": eng", ": ").replace("sre < eng", "! truncated"));
        }
    }

    #[test]
    fn l12_what_is_not_utf8_is_missing() {
        let file = "dn: cn=sre,dc=x\nobjectClass: group\ncn: sre\nentryUUID: 2\nmember:: dWlkPf8s\njpegPhoto:: /9g=\n";
        assert_eq!(show(&ldif(file.as_bytes()).unwrap()), "! not_utf8");
        let no_photo = file.replace("member:: dWlkPf8s\n", "");
        assert_eq!(show(&ldif(no_photo.as_bytes()).unwrap()), "");
        let dn = "dn:: dWlkPf8s\nobjectClass: person\n";
        assert_eq!(show(&ldif(dn.as_bytes()).unwrap()), "! not_utf8");
    }

    #[test]
    fn l10_l07_what_is_elsewhere_is_missing() {
        let file = "dn: cn=sre,dc=x\nobjectClass: group\ncn: sre\nentryUUID: 2\nmember;range=0-1: uid=a,dc=x\n\n\
                    dn: ou=far,dc=x\nobjectClass: referral\nref: ldap://far/ou=far,dc=x\n";
        assert_eq!(show(&ldif(file.as_bytes()).unwrap()), "! ranged_attribute\n! referral");
        for (comment, gaps) in
            [("# refldap://far/dc=y??sub", "! referral"), ("#ref: ldaps://far", "! referral"), ("# reference", "")]
        {
            let file = format!("dn: cn=sre,dc=x\nobjectClass: group\ncn: sre\nentryUUID: 2\n\n{comment}\n");
            assert_eq!(show(&ldif(file.as_bytes()).unwrap()), gaps, "{comment}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_entries_does_not_show(records in Just(COMPANY[11..].split("\n\n").collect::<Vec<_>>()).prop_shuffle()) {
            let mut file = records.join("\n\n");
            file.push('\n');
            prop_assert_eq!(show(&ldif(file.as_bytes()).unwrap()), SHOWN);
        }

        #[test]
        fn l13_no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ldif(&bytes);
        }

        #[test]
        fn l13_no_cut_or_changed_file_panics_or_is_complete_when_cut(
            cut in 0..COMPANY.len(), at in 0..COMPANY.len(), byte in any::<u8>()
        ) {
            let mut file = COMPANY.as_bytes().to_vec();
            file[at] = byte;
            let _ = ldif(&file);
            let line_end = COMPANY[..cut].ends_with('\n');
            if let Ok(reading) = ldif(&COMPANY.as_bytes()[..cut]) {
                prop_assert!(line_end || !reading.gaps().is_empty());
            }
        }
    }
}
