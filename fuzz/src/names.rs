//! A DN's text, which entries and their members are known by: equal names have one form, and that form is
//! its own.

use crate::measure::within;
use rosterd_core::dn::{escape_value, first_rdn_value, normalize_into};

pub(crate) fn target(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // A letter of three bytes can become eighteen letters, and there are several copies on the way.
    let most = 1024 + 256 * text.len();
    if let Ok(normal) = within(most, || normal(&text)) {
        assert_eq!(self::normal(&normal).as_ref(), Ok(&normal), "the form of {text:?} has another");
        let mut behind = "before".to_owned();
        assert_eq!(normalize_into(&text, &mut behind), Ok(()));
        assert_eq!(behind.strip_prefix("before"), Some(normal.as_str()));
        let around = format!(" {} ", text.trim_matches(' '));
        if !text.trim_matches(' ').is_empty() && !text.ends_with('\\') && !text.trim_end_matches(' ').ends_with('\\') {
            assert_eq!(self::normal(&around).as_ref(), Ok(&normal), "blanks around {text:?} count");
        }
    }
    within(most, || first_rdn_value(&text));

    let dn = format!("cn={},dc=x", escape_value(&text));
    assert_eq!(first_rdn_value(&dn).as_deref(), Some(&*text), "{dn:?}");
    let whole = normal(&dn).expect("a value that is escaped can be in a DN");
    assert!(whole.starts_with("cn=") && whole.ends_with(",dc=x"), "{whole:?}");
}

fn normal(dn: &str) -> Result<String, rosterd_core::dn::BadDn> {
    let mut out = String::new();
    normalize_into(dn, &mut out).map(|()| out)
}
