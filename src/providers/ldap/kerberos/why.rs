//! Why the helper could not do as wished, and how that is said to a person.

use super::super::failure::Failure;
use super::{Account, Wish, principal_of};
use crate::providers::ProviderErrorKind;
use serde::{Deserialize, Serialize};

/// What went wrong, in the helper's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusal {
    pub(super) why: Why,
    /// What the library said.
    pub(super) said: String,
}

/// What kinds of it there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Why {
    NoTicket,
    Expired,
    UnknownAccount,
    Revoked,
    PasswordExpired,
    WrongKey,
    NoKeytab,
    UnknownService,
    UnknownRealm,
    Settings,
    Unreachable,
    Skew,
    /// What the server answered is not right.
    Answer,
    Other,
}

impl Refusal {
    /// The same for whoever runs rosterd.
    pub(super) fn failure(&self, server: &str, account: &Account, wish: &Wish) -> Failure {
        use ProviderErrorKind::{Configuration, Credentials, Protocol, Unreachable};
        let has_keytab = account.keytab.is_some();
        let keytab = account.keytab.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        let (kind, hint) = match self.why {
            Why::NoTicket | Why::NoKeytab if has_keytab => {
                (Credentials, format!("the keytab {keytab} has no key of the account: `klist -k` lists what it has"))
            }
            // Nothing was shown to anybody, so no account is locked by trying again; kinit is somebody else's task.
            Why::NoTicket | Why::NoKeytab => (
                Unreachable,
                "there is no Kerberos ticket: get one with kinit into the cache that KRB5CCNAME names, or set \
                 ldap.bind.keytab_file"
                    .to_owned(),
            ),
            Why::Expired => (
                Unreachable,
                "the Kerberos ticket has expired: get a new one with kinit, or set ldap.bind.keytab_file, from which \
                 rosterd gets them itself"
                    .to_owned(),
            ),
            Why::UnknownAccount => {
                (Credentials, "Kerberos knows no such account: see ldap.bind.principal and the keytab".to_owned())
            }
            Why::Revoked => (Credentials, "the account is disabled, locked or expired".to_owned()),
            Why::PasswordExpired => (Credentials, "the account's password has expired".to_owned()),
            Why::WrongKey => (
                Credentials,
                format!("the key in {keytab} is not the account's, or not any more: make the keytab anew"),
            ),
            Why::UnknownService => (Configuration, unknown_service(wish)),
            Why::UnknownRealm => {
                (Configuration, "the realm, or where its servers are, is not known here: see krb5.conf".to_owned())
            }
            Why::Settings => (Configuration, "Kerberos is not set up here: see krb5.conf".to_owned()),
            Why::Unreachable => {
                (Unreachable, "no Kerberos server (KDC) of the realm answers: see krb5.conf and port 88".to_owned())
            }
            Why::Skew => {
                (Unreachable, "this machine's clock and the directory's are too far apart: set both".to_owned())
            }
            Why::Answer => (Protocol, "the server's part of signing in is not right".to_owned()),
            Why::Other => (Protocol, "Kerberos failed".to_owned()),
        };
        let who = account.who();
        let message = format!("{server}: signing in as {who} failed: {hint}; Kerberos said {:?}", self.said);
        Failure::new("bind", kind, message)
    }
}

fn unknown_service(wish: &Wish) -> String {
    let service = principal_of(&wish.service);
    let host = wish.service.rsplit('@').next().unwrap_or_default();
    let address = host.parse::<std::net::IpAddr>().is_ok();
    match address {
        true => format!(
            "Kerberos knows no service {service}: an address is no name. Write the server's full name into the URL, \
             or set ldap.bind.service_host"
        ),
        false => format!(
            "Kerberos knows no service {service}: the URL (or ldap.bind.service_host) must have the server's full \
             name, under which it is registered (setspn -L)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_is_named() {
        let account = Account { principal: None, keytab: None, host: None };
        let said = "Server not found in Kerberos database".to_owned();
        let refusal = Refusal { why: Why::UnknownService, said };
        for (host, hint) in [("10.0.0.9", "an address is no name"), ("dc1.example.org", "setspn")] {
            let service = format!("ldap@{host}");
            let wish = Wish { service, principal: None, keytab: None, binding: None };
            let failure = refusal.failure("ldap://dc1", &account, &wish);
            assert_eq!(failure.kind, ProviderErrorKind::Configuration);
            assert!(failure.message.contains(&format!("ldap/{host}")), "{failure}");
            assert!(failure.message.contains(hint), "{failure}");
        }
    }
}
