//! Distinguished names, compared as a directory compares them.
//!
//! Grammar of RFC 4514, with the blanks around `,` `+` `=` that RFC 2253 §4 wants accepted.
//! Values compare as caseIgnoreMatch does (RFC 4518): letters without case after Unicode NFKC,
//! runs of blanks as one, blanks at the ends as none. RFC 4518's "mapped to nothing" is left out
//! on purpose: OpenLDAP keeps such letters apart, and two entries of one name would be worse
//! than one name in two spellings.
//!
//! Nothing here knows a schema. An attribute that a directory compares with case (a DN hardly
//! ever has one) compares without it.

mod parse;
mod types;

pub use parse::first_rdn_value;

/// Not a distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name")]
pub struct BadDn;

/// Appends the form of `dn` that equal names share to `out`; the name of no components is the
/// empty text. On an error `out` may have grown.
///
/// # Errors
/// [`BadDn`] when it does not follow RFC 4514.
pub fn normalize_into(dn: &str, out: &mut String) -> Result<(), BadDn> {
    if is_tidy(dn.as_bytes()) {
        let start = out.len();
        out.push_str(dn);
        if let Some(added) = out.get_mut(start..) {
            added.make_ascii_lowercase();
        }
        return Ok(());
    }
    parse::normalize_into(dn, out)
}

/// `value` as it is written in a DN (RFC 4514 §2.4), whatever it holds.
#[must_use]
pub fn escape_value(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    let last = value.len().wrapping_sub(1);
    for (at, c) in value.char_indices() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => out.extend(['\\', c]),
            '#' if at == 0 => out.push_str("\\#"),
            ' ' if at == 0 || at == last => out.push_str("\\ "),
            c if c.is_ascii_control() => out.push_str(&format!("\\{:02X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

const PLAIN: u8 = 0;
const BLANK: u8 = 1;
const COMMA: u8 = 2;
const OTHER: u8 = 3;

/// What each byte of a value means to [`is_tidy`].
const CLASS: [u8; 256] = {
    let mut class = [OTHER; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        class[byte] = match byte as u8 {
            b'"' | b'+' | b';' | b'<' | b'>' | b'\\' => OTHER,
            b',' => COMMA,
            _ => PLAIN,
        };
        byte += 1;
    }
    class[b' ' as usize] = BLANK;
    class
};

/// Whether only capitals keep `dn` from being in its normal form already. Nearly every DN that a
/// directory sends is so, and a read has a million of them.
fn is_tidy(dn: &[u8]) -> bool {
    let mut rest = dn;
    loop {
        let Some(equals) = rest.iter().take(types::SHORT_MAX + 1).position(|byte| *byte == b'=') else {
            return false;
        };
        if !types::is_short(&rest[..equals]) {
            return false;
        }
        let value = &rest[equals + 1..];
        if value.first() == Some(&b'#') {
            return false;
        }
        let mut previous = b' ';
        let mut comma = None;
        for (at, byte) in value.iter().enumerate() {
            match CLASS[usize::from(*byte)] {
                PLAIN => {}
                BLANK if previous != b' ' => {}
                COMMA => {
                    comma = Some(at);
                    break;
                }
                _ => return false,
            }
            previous = *byte;
        }
        if previous == b' ' {
            return false;
        }
        match comma {
            Some(at) => rest = &value[at + 1..],
            None => return true,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(dn: &str) -> String {
        let mut out = String::new();
        assert_eq!(normalize_into(dn, &mut out), Ok(()), "{dn}");
        out
    }

    #[test]
    fn l04_equal_names_share_one_form() {
        for (one, other) in [
            ("cn=devs,ou=groups,dc=example,dc=org", "CN=Devs, OU=Groups ,DC=Example,dc=ORG"),
            (r"cn=Doe\, John,dc=x", r"cn=doe\2C john,DC=x"),
            (r"cn=a\+b,dc=x", r"cn=a\2bb,dc=x"),
            ("cn=a+uid=b,dc=x", "UID=B + CN=A,dc=x"),
            ("cn=a  b,dc=x", "cn = A b ,dc=x"),
            (r"cn=\20a\20,dc=x", "cn=a,dc=x"),
            ("2.5.4.3=a,0.9.2342.19200300.100.1.25=x", "cn=a,dc=x"),
            ("OID.2.5.4.11=a,dc=x", "organizationalUnitName=A,domainComponent=X"),
            ("cn=#0403466f6f,dc=x", "cn=foo,dc=x"),
            ("e=a@x.org,dc=x", "mail=A@X.org,dc=x"),
            ("cn=Zoë,dc=x", "CN=ZOE\u{308},dc=x"),
            (r"cn=Zo\C3\AB,dc=x", "cn=zoë,dc=x"),
            ("cn=ＡＢ,dc=x", "cn=ab,dc=x"),
            ("cn=a\u{a0}b,dc=x", "cn=a b,dc=x"),
        ] {
            assert_eq!(normal(one), normal(other), "{one} | {other}");
        }
    }

    #[test]
    fn l04_different_names_differ() {
        for (one, other) in [
            (r"cn=a\,dc=x", "cn=a,dc=x"),
            ("cn=ab,dc=x", "cn=a b,dc=x"),
            ("cn=a,cn=b", "cn=a+cn=b"),
            ("cn=a,dc=x", "ou=a,dc=x"),
            (r"cn=\#0403666f6f,dc=x", "cn=#0403666f6f,dc=x"),
            (r"cn=a\+uid\=b", "cn=a+uid=b"),
            ("cn=#020101", r"cn=\#020101"),
            ("", "cn="),
        ] {
            assert_ne!(normal(one), normal(other), "{one} | {other}");
        }
    }

    #[test]
    fn l03_what_is_no_name_is_refused() {
        for dn in [
            "cn",
            "=a",
            "cn=a,",
            ",cn=a",
            "cn=a,,dc=x",
            "cn=a+",
            "cn=a\\",
            "cn=a\\2",
            "cn=a\\zz",
            "cn=\"a\"",
            "cn=a;dc=x",
            "cn=a<b",
            "c n=a",
            "1.=a",
            "1..2=a",
            "cn=#",
            "cn=#1",
            "cn=#0403666f",
            "cn=#zz",
            "cn=\0",
            r"cn=\ff",
            " ",
            "-a=b",
        ] {
            assert_eq!(normalize_into(dn, &mut String::new()), Err(BadDn), "{dn:?}");
        }
    }

    #[test]
    fn appends() {
        let mut out = "x".to_owned();
        normalize_into("CN=A", &mut out).unwrap();
        normalize_into("CN = B", &mut out).unwrap();
        assert_eq!(out, "xcn=acn=b");
    }

    #[test]
    fn first_value_is_unescaped() {
        assert_eq!(first_rdn_value(r"cn=Doe\, John+uid=j,dc=x").as_deref(), Some("Doe, John"));
        assert_eq!(first_rdn_value("nonsense"), None);
        assert_eq!(first_rdn_value(""), None);
    }

    proptest! {
        #[test]
        fn l03_an_escaped_value_stays_one_value(value in ".{1,30}") {
            let dn = format!("cn={},dc=x", escape_value(&value));
            prop_assert_eq!(first_rdn_value(&dn), Some(value));
            prop_assert!(normal(&dn).ends_with(",dc=x"));
        }

        #[test]
        fn a_normal_form_is_its_own(value in ".{0,20}", other in "[a-zA-Z ,+#=\\\\]{0,10}") {
            let dn = format!("CN={}+uid={}, DC=X", escape_value(&value), escape_value(&other));
            let once = normal(&dn);
            prop_assert_eq!(normal(&once), once);
        }

        #[test]
        fn l04_the_short_way_and_the_long_way_agree(
            dn in "(CN|ou|Dc|uid|mail)=[a-zA-Z0-9#= .@-]{1,9}(,(cn|OU|l)=[a-z A-Z]{1,5}){0,3}",
        ) {
            let (mut short, mut long) = (String::new(), String::new());
            prop_assert_eq!(normalize_into(&dn, &mut short), parse::normalize_into(&dn, &mut long));
            prop_assert_eq!(short, long);
        }

        #[test]
        fn l04_case_blanks_and_escapes_do_not_count(values in proptest::collection::vec("[a-z0-9,+. #-]{1,8}", 1..4)) {
            let plain: Vec<_> = values.iter().map(|v| format!("cn={}", escape_value(v))).collect();
            let odd: Vec<_> = values
                .iter()
                .map(|v| {
                    let hex: String = v.to_uppercase().bytes().map(|b| format!("\\{b:02x}")).collect();
                    format!(" 2.5.4.3 = {hex} ")
                })
                .collect();
            prop_assert_eq!(normal(&plain.join(",")), normal(&odd.join(" , ")));
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = normalize_into(&text, &mut String::new());
            let _ = first_rdn_value(&text);
        }
    }
}
