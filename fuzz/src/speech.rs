//! What a directory says that answers well: somebody, a group that lists them, and until where its
//! changes are. For the cursor that changes are asked for from, and to see that a target sees what it is
//! about.

use rosterd::providers::ldap::wire::PAGED_RESULTS;
use rosterd::providers::ldap::wire::ber::{
    ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, SET, put, put_number, put_with,
};

/// A reading in pages, on the connection of people and that of groups. `marked`: where changes stand is
/// asked first.
pub(crate) fn reading(marked: bool) -> [Vec<u8>; 2] {
    let mut people = result(1, 0x61);
    let mut id = 1;
    if marked {
        let newest = [("contextCSN", "20260101000000.000000Z#000000#000#000000")];
        for (dn, said) in [("", [("namingContexts", "dc=x")]), ("dc=x", newest), ("dc=x", newest)] {
            id += 1;
            people.extend(entry(id, dn, &said));
            people.extend(result(id, 0x65));
        }
    }
    people.extend(entry(id + 1, "uid=ana,ou=people,dc=x", &[("entryUUID", "id-ana"), ("uid", "ana"), ("title", "Dr")]));
    people.extend(last_page(id + 1));
    let mut groups = result(1, 0x61);
    let of = [("entryUUID", "g-all"), ("cn", "all"), ("member", "uid=ana,ou=people,dc=x")];
    groups.extend(entry(2, "cn=all,ou=groups,dc=x", &of));
    groups.extend(last_page(2));
    [people, groups]
}

fn message(id: i32, fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    put_with(&mut out, SEQUENCE, |out| {
        put_number(out, INTEGER, id);
        fill(out);
    });
    out
}

/// A success.
fn result(id: i32, tag: u8) -> Vec<u8> {
    message(id, |out| put_success(out, tag))
}

fn put_success(out: &mut Vec<u8>, tag: u8) {
    put_with(out, tag, |out| {
        put_number(out, ENUMERATED, 0);
        put(out, OCTET_STRING, b"");
        put(out, OCTET_STRING, b"");
    });
}

fn last_page(id: i32) -> Vec<u8> {
    message(id, |out| {
        put_success(out, 0x65);
        put_with(out, 0xa0, |out| {
            put_with(out, SEQUENCE, |out| {
                put(out, OCTET_STRING, PAGED_RESULTS.as_bytes());
                put(out, OCTET_STRING, b"\x30\x05\x02\x01\x00\x04\x00");
            });
        });
    })
}

fn entry(id: i32, dn: &str, attributes: &[(&str, &str)]) -> Vec<u8> {
    message(id, |out| {
        put_with(out, 0x64, |out| {
            put(out, OCTET_STRING, dn.as_bytes());
            put_with(out, SEQUENCE, |out| {
                for (name, value) in attributes {
                    put_with(out, SEQUENCE, |out| {
                        put(out, OCTET_STRING, name.as_bytes());
                        put_with(out, SET, |out| put(out, OCTET_STRING, value.as_bytes()));
                    });
                }
            });
        });
    })
}
