//! What can go wrong on a connection, in words that say what to do.

use super::wire::LdapResult;
use super::wire::ber::BerError;
use crate::providers::{ProviderError, ProviderErrorKind};

/// Why a connection, or a step on it, failed. Never holds a secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    /// The gap's code, where something was read before.
    pub(super) code: &'static str,
    pub(super) kind: ProviderErrorKind,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        Self { code, kind, message: message.into() }
    }

    pub(super) fn configuration(message: impl Into<String>) -> Self {
        Self::new("configuration", ProviderErrorKind::Configuration, message)
    }

    pub(super) fn unreachable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, ProviderErrorKind::Unreachable, message)
    }

    pub(super) fn protocol(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, ProviderErrorKind::Protocol, message)
    }

    /// Bytes that are no LDAP.
    pub(super) fn ber(server: &str, error: BerError) -> Self {
        Self::protocol("ber", format!("{server} sent something that is not LDAP: {error}"))
    }

    /// The same, about one server more.
    pub(super) fn and(mut self, earlier: Option<Self>) -> Self {
        if let Some(earlier) = earlier {
            self.message = format!("{}; {}", earlier.message, self.message);
        }
        self
    }
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        Self { kind: failure.kind, message: failure.message }
    }
}

/// What a server said, for a person: `noSuchObject (32): "no such base"`.
pub(super) fn say(result: &LdapResult<'_>) -> String {
    let text = String::from_utf8_lossy(result.text);
    let text = text.trim().trim_end_matches('\0');
    match text.is_empty() {
        true => format!("{} ({})", name(result.code), result.code),
        false => format!("{} ({}): {:?}", name(result.code), result.code, text.chars().take(300).collect::<String>()),
    }
}

/// SEC_E_BAD_BINDINGS: Active Directory saw another channel binding than was sent.
const BAD_BINDINGS: &[u8] = b"80090346";

/// Why a bind failed, and what to do about it.
pub(super) fn bind_failure(server: &str, who: &str, result: &LdapResult<'_>) -> Failure {
    use ProviderErrorKind::{Credentials, Protocol, Unreachable};
    let (kind, hint) = match result.code {
        49 if result.text.starts_with(BAD_BINDINGS) => {
            let hint =
                "something between rosterd and the server ends TLS: Kerberos is tied to the server's certificate";
            (Credentials, hint)
        }
        49 => (Credentials, active_directory(result.text).unwrap_or("the name or the password is wrong")),
        // The server does not let anybody in by this method, or wants TLS first.
        8 => (Credentials, "the server wants a stronger way to sign in: use ldaps:// or start_tls"),
        13 => (Credentials, "the server wants TLS before a password: use ldaps:// or start_tls"),
        48 => (Credentials, "the server does not allow this way to sign in for this account"),
        7 => (Credentials, "the server does not know this way to sign in"),
        32 => (Credentials, "there is no entry of that DN"),
        34 => (Credentials, "bind.dn is not a DN that this server understands"),
        50 => (Credentials, "this account may not sign in"),
        53 => (Credentials, "the server is not willing: it may want TLS first, or the account is locked"),
        14 => (Protocol, "the server wants a further step, which this method does not have"),
        51 | 52 => (Unreachable, "the server has no time now"),
        _ => (Protocol, "the server did not accept it"),
    };
    Failure::new("bind", kind, format!("{server}: signing in as {who} failed: {hint}; it said {}", say(result)))
}

/// The same for a ticket, of which no name and no password can be wrong.
#[cfg(feature = "gssapi")]
pub(super) fn ticket_failure(server: &str, who: &str, result: &LdapResult<'_>) -> Failure {
    if result.code != 49 || result.text.starts_with(BAD_BINDINGS) || active_directory(result.text).is_some() {
        return bind_failure(server, who, result);
    }
    let hint = "the server does not accept the ticket: its own key may be another by now, or something between ends \
                TLS, to whose certificate the ticket is tied";
    let message = format!("{server}: signing in as {who} failed: {hint}; it said {}", say(result));
    Failure::new("bind", ProviderErrorKind::Credentials, message)
}

/// Active Directory hides the real reason of 49 in its text: `…, data 52e, v3839`.
fn active_directory(text: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(text).ok()?;
    let (_, rest) = text.split_once("data ")?;
    let code = rest.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    Some(match code {
        "525" => "there is no such account",
        "52e" => "the name or the password is wrong",
        "530" => "the account may not sign in at this time of day",
        "531" => "the account may not sign in from this computer",
        "532" => "the account's password has expired",
        "533" => "the account is disabled",
        "701" => "the account has expired",
        "773" => "the account's password must be changed first",
        "775" => "the account is locked",
        _ => return None,
    })
}

/// RFC 4511 appendix A, and what OpenLDAP adds.
fn name(code: i32) -> &'static str {
    match code {
        0 => "success",
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        14 => "saslBindInProgress",
        16 => "noSuchAttribute",
        18 => "inappropriateMatching",
        32 => "noSuchObject",
        34 => "invalidDNSyntax",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        80 => "other",
        118 => "cancelled",
        _ => "unknown code",
    }
}

/// What to do about a search that failed, where that is known.
pub(super) fn search_hint(code: i32) -> &'static str {
    match code {
        3 | 11 => "; ask for less at once (page_size), or have the server's limits raised for this account",
        4 => "; have the server's size limit raised for this account, or set page_size below it",
        12 => "; the server cannot page: set page_size = 0",
        32 => "; the base is not there, or this account may not see it",
        50 => "; this account may not read there",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: i32, text: &[u8]) -> Failure {
        bind_failure("s", "cn=svc", &LdapResult { code, matched_dn: b"", text })
    }

    #[test]
    fn active_directory_says_why() {
        let text = b"80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data 775, v4563\0";
        let failure = said(49, text);
        assert_eq!(failure.kind, ProviderErrorKind::Credentials);
        assert!(failure.message.contains("locked"), "{failure}");
        assert!(said(49, b"").message.contains("name or the password"));
        assert!(said(49, b"data zzz").message.contains("name or the password"));
    }

    #[test]
    fn a_busy_server_is_no_wrong_password() {
        assert_eq!(said(51, b"").kind, ProviderErrorKind::Unreachable);
        assert_eq!(said(52, b"\xff").kind, ProviderErrorKind::Unreachable);
        assert_eq!(said(4711, b"").kind, ProviderErrorKind::Protocol);
    }
}
