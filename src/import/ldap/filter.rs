//! Search filters: Grafana looks one person up, rosterd lists everybody.

/// The filter that lists what `filter` looks up: each `attribute=%s` becomes `attribute=*`.
pub(super) fn listing(filter: &str) -> String {
    let mut out = filter.replace("%s", "*").replace("%[1]s", "*");
    while out.contains("**") {
        out = out.replace("**", "*");
    }
    // An extensible match has no presence: (member:1.2.840.113556.1.4.1941:=*) is (member=*).
    while let Some(end) = out.find(":=*") {
        let start = out.get(..end).and_then(|before| before.rfind('(')).map_or(0, |at| at + 1);
        let attribute = out.get(start..end).and_then(|inner| inner.split(':').next()).unwrap_or_default().to_owned();
        out.replace_range(start..end + 3, &format!("{attribute}=*"));
    }
    out
}

/// The attribute that is compared with the login, if there is one.
pub(super) fn attribute(filter: &str) -> Option<&str> {
    let end = filter.find("=%s")?;
    let before = filter.get(..end)?;
    let start = before.rfind('(').map_or(0, |at| at + 1);
    before.get(start..)?.split(':').next().filter(|name| !name.is_empty())
}

/// Whether a filter or an attribute is Active Directory's.
pub(super) fn is_active_directory(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["samaccountname", "userprincipalname", "objectguid", "1.2.840.113556"].iter().any(|sign| text.contains(sign))
}

/// The part of a DN that names the whole directory: its `dc=` (or else its last) components.
pub(super) fn root(base: &str) -> &str {
    let mut start = base.len();
    let mut rest = base;
    while let Some(at) = rest.rfind(',') {
        let component = rest.get(at + 1..).unwrap_or_default().trim_start();
        if !component.to_ascii_lowercase().starts_with("dc=") {
            break;
        }
        start = at + 1;
        rest = rest.get(..at).unwrap_or_default();
    }
    if rest.trim_start().to_ascii_lowercase().starts_with("dc=") && !rest.contains(',') {
        start = 0;
    }
    base.get(start..).map(str::trim).filter(|root| !root.is_empty()).unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_becomes_a_list() {
        for (filter, all) in [
            ("(cn=%s)", "(cn=*)"),
            ("(|(uid=%s)(mail=%s))", "(|(uid=*)(mail=*))"),
            ("(&(objectClass=posixGroup)(memberUid=%s))", "(&(objectClass=posixGroup)(memberUid=*))"),
            ("(member:1.2.840.113556.1.4.1941:=%s)", "(member=*)"),
            ("(&(a=b)(member:1.2.840.113556.1.4.1941:=%s))", "(&(a=b)(member=*))"),
            ("(uid=%s*)", "(uid=*)"),
        ] {
            assert_eq!(listing(filter), all, "{filter}");
        }
    }

    #[test]
    fn the_attribute_that_is_compared() {
        assert_eq!(attribute("(&(objectClass=x)(memberUid=%s))"), Some("memberUid"));
        assert_eq!(attribute("(member:1.2.840.113556.1.4.1941:=%s)"), Some("member"));
        assert_eq!(attribute("(objectClass=x)"), None);
    }

    #[test]
    fn the_root_of_a_directory() {
        assert_eq!(root("ou=people,dc=corp,dc=example"), "dc=corp,dc=example");
        assert_eq!(root("dc=corp,dc=example"), "dc=corp,dc=example");
        assert_eq!(root("ou=people,o=acme"), "ou=people,o=acme");
        assert_eq!(root(""), "");
    }
}
