//! What kinds of events there are (CAEP 1.0 §3, RISC 1.0 §2, SSF 1.0 §8.1.4 and §8.1.5).

const SPACE: &str = "https://schemas.openid.net/secevent/";

macro_rules! signals {
    ($($(#[$about:meta])* $name:ident = $text:literal, $profiles:pat, $event:literal;)*) => {
        /// A kind of event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Signal {
            $($(#[$about])* $name,)*
            /// One that is not known here.
            Unknown,
        }

        impl Signal {
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$name,)* Self::Unknown];

            /// By the URI that names it.
            pub(super) fn of(uri: &str) -> Self {
                let parts = uri.strip_prefix(SPACE).and_then(|rest| rest.split_once("/event-type/"));
                match parts {
                    $(Some(($profiles, $event)) => Self::$name,)*
                    _ => Self::Unknown,
                }
            }

            /// A word of ours, for logs and the table of deliveries.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Unknown => "unknown",
                }
            }
        }
    };
}

signals! {
    SessionRevoked = "session-revoked", "caep", "session-revoked";
    TokenClaimsChange = "token-claims-change", "caep", "token-claims-change";
    CredentialChange = "credential-change", "caep", "credential-change";
    AssuranceLevelChange = "assurance-level-change", "caep", "assurance-level-change";
    DeviceComplianceChange = "device-compliance-change", "caep", "device-compliance-change";
    RiskLevelChange = "risk-level-change", "caep", "risk-level-change";
    SessionEstablished = "session-established", "caep", "session-established";
    SessionPresented = "session-presented", "caep", "session-presented";
    /// Deprecated by RISC for the one of CAEP, and still sent.
    SessionsRevoked = "sessions-revoked", "risc", "sessions-revoked";
    CredentialChangeRequired = "account-credential-change-required", "risc", "account-credential-change-required";
    AccountPurged = "account-purged", "risc", "account-purged";
    AccountDisabled = "account-disabled", "risc", "account-disabled";
    AccountEnabled = "account-enabled", "risc", "account-enabled";
    IdentifierChanged = "identifier-changed", "risc", "identifier-changed";
    IdentifierRecycled = "identifier-recycled", "risc", "identifier-recycled";
    CredentialCompromise = "credential-compromise", "risc", "credential-compromise";
    RecoveryActivated = "recovery-activated", "risc", "recovery-activated";
    RecoveryInformationChanged =
        "recovery-information-changed", "risc", "recovery-information-changed";
    OptIn = "opt-in", "risc", "opt-in";
    OptOutInitiated = "opt-out-initiated", "risc", "opt-out-initiated";
    OptOutCancelled = "opt-out-cancelled", "risc", "opt-out-cancelled";
    OptOutEffective = "opt-out-effective", "risc", "opt-out-effective";
    /// The transmitter shows that the stream works. It was of other profiles before SSF 1.0.
    Verification = "verification", "ssf" | "sse" | "risc", "verification";
    StreamUpdated = "stream-updated", "ssf" | "sse", "stream-updated";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_a_kind_of_event_or_none() {
        let of = |rest: &str| Signal::of(&format!("{SPACE}{rest}"));
        for signal in Signal::ALL.iter().filter(|signal| **signal != Signal::Unknown) {
            let found = ["caep", "risc", "ssf"].map(|profile| of(&format!("{profile}/event-type/{}", signal.name())));
            assert_eq!(
                found.iter().filter(|found| *found == signal).count(),
                usize::from(*signal == Signal::Verification) + 1
            );
        }
        for other in ["caep/event-type/account-disabled", "risc/event-type/session-revoked", "caep/event-type/", "caep"]
        {
            assert_eq!(of(other), Signal::Unknown, "{other}");
        }
        assert_eq!(Signal::of("https://evil.example/secevent/risc/event-type/account-disabled"), Signal::Unknown);
        assert_eq!(Signal::of(&format!("{SPACE}risc/event-type/account-disabled/")), Signal::Unknown);
    }
}
