//! The logins of service accounts. No person's: no provider's login is made here.

/// The longest name of a service account.
const LONGEST_NAME: usize = 60;

/// The login of a service account: `service:ORG:NAME`, in lower case and without spaces. `org` is a number: names
/// change, and logins must not. `None` where the name is none.
#[must_use]
pub fn service_login(org: u32, name: &str) -> Option<String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let begins = name.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (begins && name.len() <= LONGEST_NAME && name.chars().all(good)).then(|| format!("service:{org}:{name}"))
}

/// The organization's number in such a login.
#[must_use]
pub fn service_org(login: &str) -> Option<u32> {
    login.strip_prefix("service:")?.split_once(':')?.0.parse().ok()
}

/// Whether no person is given this login: it is how a service account is called, or how somebody's number is said
/// (`#7`) where either may stand. Who chooses their own login at a provider must not choose whom they are taken for.
#[must_use]
pub fn reserved(login: &str) -> bool {
    login.starts_with("service:")
        || login.strip_prefix('#').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_somebody_else_is_no_persons_login() {
        for login in ["#1", "#", "service:", "service:1:ci"] {
            assert!(reserved(login), "{login}");
        }
        for login in ["ana", "#ana", "1", "services", "a#1"] {
            assert!(!reserved(login), "{login}");
        }
    }

    #[test]
    fn a_login_of_a_service_account_cannot_be_confused() {
        assert_eq!(service_login(7, "build-1.x_y").as_deref(), Some("service:7:build-1.x_y"));
        assert_eq!(service_org("service:7:build"), Some(7));
        assert_eq!(service_org("ann"), None);
        for bad in ["", "-a", "A", "a b", "a:b", "ä", "a\u{0}", &"a".repeat(61)] {
            assert_eq!(service_login(7, bad), None, "{bad:?}");
        }
    }
}
