//! Whether an entry of some DN is below the bases that are read.

use super::search::Question;
use rosterd_core::dn;

/// The form in which equal DNs are equal; `None` for what is no DN.
pub(super) fn normal(dn: &str) -> Option<String> {
    let mut normal = String::new();
    dn::normalize_into(dn, &mut normal).ok().map(|()| normal)
}

/// Whether a search of this question can come upon the entry of that DN, given in its normal form.
pub(super) fn covers(question: &Question, dn: &str) -> bool {
    question.bases.iter().filter_map(|base| normal(base)).any(|base| below(dn, &base, question.scope))
}

/// Whether a search of that scope below `base` can come upon the entry, both in their normal form.
pub(super) fn below(dn: &str, base: &str, scope: i32) -> bool {
    if dn == base {
        return scope != 1;
    }
    let above = match base {
        "" => Some(dn),
        base => dn.strip_suffix(base).and_then(|rest| rest.strip_suffix(',')).filter(|rest| !escapes(rest)),
    };
    match (above, scope) {
        (None, _) | (_, 0) => false,
        (Some(relative), 1) => !relative.match_indices(',').any(|(at, _)| !escapes(&relative[..at])),
        (Some(_), _) => true,
    }
}

/// Whether what follows `text` is escaped by it.
fn escapes(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l03_a_comma_in_a_value_is_no_end_of_it() {
        let scopes = |dn: &str, base: &str| {
            let (dn, base) = (normal(dn).unwrap_or_default(), normal(base).unwrap_or_default());
            [0, 1, 2].map(|scope| below(&dn, &base, scope))
        };
        let (itself, child, deeper, elsewhere) =
            ([true, false, true], [false, true, true], [false, false, true], [false; 3]);
        assert_eq!(scopes("OU=People, DC=x", "ou=people,dc=X"), itself);
        assert_eq!(scopes("uid=a,ou=people,dc=x", "ou=people,dc=x"), child);
        assert_eq!(scopes(r"cn=Doe\, J,ou=people,dc=x", "ou=people,dc=x"), child);
        assert_eq!(scopes(r"cn=a\\,ou=people,dc=x", "ou=people,dc=x"), child);
        assert_eq!(scopes("uid=a,ou=b,ou=people,dc=x", "ou=people,dc=x"), deeper);
        assert_eq!(scopes("uid=a", ""), child);
        assert_eq!(scopes(r"cn=a\,dc=x", "dc=x"), elsewhere);
        assert_eq!(scopes("ou=more people,dc=x", "ou=people,dc=x"), elsewhere);
        assert_eq!(scopes("dc=x", "ou=people,dc=x"), elsewhere);
    }
}
